"""The page on which a supervising body chooses units and gets the letters that urge them, one DOCX for each: to download or to send."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import Annotated, Any
from zipfile import ZIP_DEFLATED, ZipFile

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.notifier.adapters.alerts.read_model import AlertState, SqlReadModel
from services.notifier.adapters.delivery.message import header
from services.notifier.adapters.rendering.letter_rows import Row, Terms
from services.notifier.application.urging import UrgingMails
from services.notifier.domain.errors import MailIsHeld
from services.notifier.domain.urging import Letter, LetterState, UrgingNote
from shared.auth.admission import UnitsByDay, may
from shared.auth.tokens import Principal
from shared.contracts.event import banners
from shared.contracts.vocabulary import Dataset, Instrument, Stage
from shared.directory.folds import UnitsOn
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.pages.date_boxes import date_in_boxes, in_boxes
from shared.pages.entry import EntryPages, Link, Step, refused, step_of
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.rulebook.rulebook import Calendar
from shared.rules.words.wording import INSTRUMENTS, STAGES

PATH = "/entry/urging"
SEND = f"{PATH}/send"
REVIEW = Text("Xem lại trước khi gửi", "Look at it before it is sent")
SENT = Text("Kết quả gửi công văn đôn đốc", "Letters sent")
HEADING = Text("Soạn công văn đôn đốc", "Write urging letters")
LABELS: Mapping[str, Text] = {
    "units": Text("Đơn vị", "Units"),
    "deadline": Text("Đề nghị hoàn thành trước ngày", "To be done before"),
    "contact": Text("Thông tin liên hệ của cơ quan (nếu có)", "Contact of the office (if any)"),
    "basis": Text(
        "Văn bản làm căn cứ của cơ quan (nếu có)", "Document of your own that it rests on (if any)"
    ),
}
HELP = Help(
    "urging",
    HEADING,
    Text(
        "Soạn dự thảo công văn đôn đốc (Nghị định số 30/2020/NĐ-CP) cho các đơn vị còn nội dung quá hạn, mỗi đơn vị một tệp.",
        "Writes draft letters (Decree 30/2020/NĐ-CP) to units with something overdue, one file for each.",
    ),
    LABELS,
    Text(
        "Tải về thì cơ quan tự hoàn thiện số, ký hiệu, chữ ký; hệ thống không ghi nhận. Gửi thì mỗi đơn vị nhận công văn kèm thư ngay, "
        "mỗi ngày nhiều nhất một lần; trước khi gửi có trang xem lại.",
        "Downloaded letters are the office's to number and sign, and nothing is recorded. Sent ones go to each unit by mail at once, at "
        "most once a day; a page to look at comes first.",
    ),
)
NO_UNIT = Text("Đề nghị chọn ít nhất một đơn vị.", "Please choose at least one unit.")
PAST = Text("Đề nghị ghi một ngày sau hôm nay.", "Please give a day after today.")
NOT_UPDATED = "Chưa cập nhật kết quả"
AT_ONCE, DAYS_LEFT, MOST_WORDS = 1000, 3, 300
ZIP = "application/zip"
STATES: Mapping[LetterState, Text] = {
    LetterState.READY: Text("sẽ được gửi", "will be sent"),
    LetterState.SENT: Text("hôm nay đã gửi, không gửi lại", "sent today already"),
    LetterState.SILENCED: Text("đang tạm dừng nhắc việc, không gửi", "reminders are paused: not sent"),
    LetterState.NO_RECIPIENT: Text(
        "chưa có người nhận thư, không gửi được; đề nghị tải về", "no recipient: please download it"
    ),
}
NOTHING_TO_SEND = Text(
    "Không có công văn nào gửi được hôm nay.", "There is no letter that can be sent today."
)


@dataclass(frozen=True, slots=True)
class Urged:
    """A unit with what is overdue, the longest first."""

    unit_code: str
    unit: str
    rows: Sequence[Mapping[str, Any]]


Chosen = Mapping[str, Urged]


@dataclass(frozen=True, slots=True)
class Issuer:
    """The body that urges, and the one above it."""

    name: str
    above: str | None = None


@dataclass(frozen=True, slots=True)
class UrgingPages:
    alerts: SqlReadModel
    units: UnitsByDay
    calendar: Calendar
    now: Clock
    pages: EntryPages
    mails: UrgingMails

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    def router(self) -> APIRouter:
        routes = self.pages.router("letters")

        @routes.get(PATH, response_class=HTMLResponse, summary="Choose units to urge (a page for people)")
        async def opened(
            request: Request, principal: Annotated[Principal, may(Action.PREVIEW_MAIL)]
        ) -> HTMLResponse:
            deadline = self.calendar.add_working_days(self.today, DAYS_LEFT)
            urged = await self._urged(principal, await self.units.on(self.today))
            return self._shown(request, Fields(in_boxes("deadline", deadline)), urged)

        @routes.post(
            PATH,
            summary="The letters to the chosen units, in a zip (from the form)",
            response_class=HTMLResponse,
            responses={200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}},
        )
        async def letters(
            request: Request, principal: Annotated[Principal, may(Action.PREVIEW_MAIL)]
        ) -> Response:
            form = await sent(request)
            step, units = step_of(form), await self.units.on(self.today)
            urged = await self._urged(principal, units)
            if step not in {Step.REVIEW, Step.RECORD}:
                return self._shown(request, form, urged)
            chosen, terms = self._read(form, urged)
            if terms is None or form.errors:
                return self._shown(request, form, urged, 422)
            if step is Step.REVIEW:
                page = self._review(request, form, chosen, terms)
                return await self._unless_held(request, form, urged, page)
            issuer = _issuer(principal.unit, units)
            content = await asyncio.to_thread(self._zipped, chosen, issuer, terms)
            named = {"Content-Disposition": f'attachment; filename="cong-van-don-doc-{self.today}.zip"'}
            return Response(content, media_type=ZIP, headers={**named, "Cache-Control": "private, no-store"})

        @routes.post(
            SEND,
            summary="Send the letters to the chosen units by mail (from the page before)",
            response_class=HTMLResponse,
        )
        async def send(
            request: Request, principal: Annotated[Principal, may(Action.URGE_UNIT)]
        ) -> HTMLResponse:
            form = await sent(request)
            step, units = step_of(form), await self.units.on(self.today)
            urged = await self._urged(principal, units)
            if step is not Step.RECORD:
                return self._shown(request, form, urged)
            chosen, terms = self._read(form, urged)
            if terms is None or form.errors:
                return self._shown(request, form, urged, 422)
            page = self._sent(request, chosen, terms, _issuer(principal.unit, units))
            return await self._unless_held(request, form, urged, page)

        return routes

    def _read(self, form: Fields, urged: Iterable[Urged]) -> tuple[Chosen, Terms | None]:
        chosen = {each.unit_code: each for each in urged if each.unit_code in form.chosen("units")}
        terms = self._terms(form)
        if not chosen:
            form.errors["units"] = NO_UNIT
        return chosen, terms

    async def _unless_held(
        self, request: Request, form: Fields, urged: Iterable[Urged], page: Awaitable[HTMLResponse]
    ) -> HTMLResponse:
        try:
            return await page
        except MailIsHeld as refusal:
            return self._shown(request, form, urged, refused(form, refusal))

    async def _review(self, request: Request, form: Fields, chosen: Chosen, terms: Terms) -> HTMLResponse:
        """Show to whom the letters would go; nothing is sent by it. Raises `MailIsHeld`."""
        letters = await self.mails.looked_at(_rows_of(chosen))
        ready = [letter for letter in letters if letter.state is LetterState.READY]
        return self.pages.page(
            request,
            "urging_review.html",
            heading=REVIEW,
            form=form,
            terms=terms,
            letters=_words_of(letters, chosen),
            ready=len(ready),
            nothing=NOTHING_TO_SEND,
            send=SEND.removeprefix("/"),
            back=PATH.removeprefix("/"),
        )

    async def _sent(
        self,
        request: Request,
        chosen: Chosen,
        terms: Terms,
        issuer: Issuer,
    ) -> HTMLResponse:
        """Send the letters, and say what became of each. Raises `MailIsHeld`."""

        def written(letter: Letter) -> Iterator[UrgingNote]:
            urged = replace(chosen[letter.unit_code], rows=letter.rows)
            content = self._letter(urged, issuer, terms)
            for recipient in letter.recipients:
                yield UrgingNote(
                    recipient=recipient,
                    day=self.today,
                    unit_code=letter.unit_code,
                    unit=urged.unit,
                    issuer=issuer.name,
                    count=len(letter.rows),
                    deadline=terms.deadline,
                    contact=terms.contact,
                    content=content,
                    datasets=frozenset(Dataset(row["dataset"]) for row in letter.rows),
                )

        letters = await self.mails.send(_rows_of(chosen), written, request.state.correlation_id)
        number = sum(letter.state is LetterState.READY for letter in letters)
        what = Text(f"Đã gửi {number:02} công văn đôn đốc.", f"Letters sent: {number}.")
        return self.pages.page(
            request,
            "entry_done.html",
            heading=SENT,
            what=what,
            consequences=[
                Text(f"{urged.unit}: {words.vi}.", f"{words.en}.")
                for urged, words in _words_of(letters, chosen, sent=True)
            ],
            links=[
                Link(f"{self.pages.at(request)['notifier']}{PATH.removeprefix('/')}", HEADING),
            ],
        )

    def _shown(
        self, request: Request, form: Fields, urged: Iterable[Urged], status: int = 200
    ) -> HTMLResponse:
        options = {each.unit_code: _option(each, self.today, self.calendar) for each in urged}
        return self.pages.page(
            request,
            "urging.html",
            status,
            heading=HEADING,
            help=HELP,
            form=form,
            labels=LABELS,
            options=options,
        )

    def _terms(self, form: Fields) -> Terms | None:
        """Read the fields; an office's telephone number may stand in a letter, which goes into no log."""
        dated = date_in_boxes(form, "deadline", whole=True)
        if dated and dated[0] <= self.today:
            form.errors["deadline"] = PAST
        contact, basis = (header(form.text(name))[:MOST_WORDS].strip(" .") for name in ("contact", "basis"))
        return Terms(dated[0], contact or None, basis or None) if dated else None

    async def _urged(self, principal: Principal, units: UnitsOn) -> list[Urged]:
        by_unit: dict[str, list[dict[str, Any]]] = defaultdict(list)
        after = None
        while rows := await self.alerts.alerts(AlertState.RAISED, None, self.today, AT_ONCE, after):
            after = str(rows[-1]["alert_id"])
            for row in rows:
                own = row["unit_code"] == principal.unit
                is_late = row["is_current"] and row["due_on"] < self.today
                if units.is_practice(row["unit_code"], row["dataset"]):
                    continue
                if is_late and not own and principal.acting.may_act_for(row["unit_code"]):
                    by_unit[row["unit_code"]].append(row)
        urged = [
            Urged(code, units.name(code), sorted(rows, key=lambda row: (row["due_on"], row["draft_code"])))
            for code, rows in by_unit.items()
        ]
        return sorted(urged, key=lambda each: (each.rows[0]["due_on"], each.unit))

    def _zipped(self, chosen: Chosen, issuer: Issuer, terms: Terms) -> bytes:
        content = BytesIO()
        with ZipFile(content, "w", ZIP_DEFLATED) as archive:
            for unit_code, urged in chosen.items():
                archive.writestr(f"{unit_code}.docx", self._letter(urged, issuer, terms))
        return content.getvalue()

    def _letter(self, urged: Urged, issuer: Issuer, terms: Terms) -> bytes:
        from services.notifier.adapters.rendering.reminder_letter import (  # noqa: PLC0415  python-docx: 7 MiB
            urging_letter,
        )

        rows = [self._row(urged, row) for row in urged.rows]
        notes = [note.vi for note in banners({Dataset(row["dataset"]) for row in urged.rows})]
        return urging_letter(header(issuer.name), issuer.above, self.today, rows, notes, terms)

    def _row(self, urged: Urged, row: Mapping[str, Any]) -> Row:
        kind, stage = INSTRUMENTS[Instrument(row["instrument"])], STAGES[Stage(row["stage"])]
        return Row(
            unit=header(urged.unit),
            subject=f"Truyền thông dự thảo {kind.vi} “{header(row['title'])}”, giai đoạn {stage.vi.lower()}",
            due_on=f"{row['due_on']:%d/%m/%Y}",
            overdue_days=self.calendar.working_days_between(row["due_on"], self.today),
            reason=NOT_UPDATED,
        )


def _issuer(unit_code: str | None, units: UnitsOn) -> Issuer:
    """Name the body that urges and the one above it; who acts for no unit leaves the name open."""
    if unit_code is None:
        return Issuer("…………")
    superior = next(iter(units.above(unit_code)), None)
    return Issuer(units.name(unit_code), units.name(superior) if superior else None)


def _rows_of(chosen: Chosen) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    return {unit_code: urged.rows for unit_code, urged in chosen.items()}


def _words_of(letters: Iterable[Letter], chosen: Chosen, *, sent: bool = False) -> list[tuple[Urged, Text]]:
    """Say what becomes of the letter to each unit, or became of it."""
    return [
        (replace(chosen[letter.unit_code], rows=letter.rows), _state(letter, sent=sent)) for letter in letters
    ]


def _state(letter: Letter, *, sent: bool) -> Text:
    if letter.state is not LetterState.READY:
        return STATES[letter.state]
    number = len(letter.recipients)
    done = Text("đã gửi", "sent") if sent else STATES[LetterState.READY]
    return Text(f"{done.vi} đến {number:02} hộp thư", f"{done.en} to {counted(number, 'mailbox')}")


def _option(each: Urged, today: date, calendar: Calendar) -> Text:
    days = calendar.working_days_between(each.rows[0]["due_on"], today)
    return Text(
        f"{each.unit}: {len(each.rows):02} nội dung, lâu nhất {days:02} ngày làm việc",
        f"{len(each.rows)} overdue, at most {counted(days, 'working day')}",
    )
