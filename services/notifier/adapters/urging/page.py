"""The page on which a supervising body chooses units and gets the letters that urge them, one DOCX for each, in a zip."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any
from zipfile import ZIP_DEFLATED, ZipFile

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.notifier.adapters.alerts.read_model import AlertState, SqlReadModel
from services.notifier.adapters.delivery.message import header
from services.notifier.adapters.rendering.letter_rows import Row, Terms
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
from shared.pages.entry import EntryPages, Step, step_of
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.pages.layout import environment
from shared.rights.actions import Action
from shared.rules.rulebook.rulebook import Calendar
from shared.rules.wording import INSTRUMENTS, STAGES

TEMPLATES = environment(Path(__file__).parent / "templates")
PATH = "/entry/urging"
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
        "Tệp nén được tải về; số, ký hiệu, chữ ký do cơ quan hoàn thiện. Hệ thống không gửi và không ghi nhận công văn.",
        "A zip is downloaded; number, symbol and signature are the office's. Nothing is sent or recorded.",
    ),
)
NO_UNIT = Text("Đề nghị chọn ít nhất một đơn vị.", "Please choose at least one unit.")
PAST = Text("Đề nghị ghi một ngày sau hôm nay.", "Please give a day after today.")
NOT_UPDATED = "Chưa cập nhật kết quả"
AT_ONCE, DAYS_LEFT, MOST_WORDS = 1000, 3, 300
ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class Urged:
    """A unit with what is overdue, the longest first."""

    unit_code: str
    unit: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class UrgingPages:
    alerts: SqlReadModel
    units: UnitsByDay
    calendar: Calendar
    now: Clock
    pages: EntryPages

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
            return await self._shown(request, principal, Fields(in_boxes("deadline", deadline)))

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
            if step_of(form) is not Step.RECORD:
                return await self._shown(request, principal, form)
            units = await self.units.on(self.today)
            urged = await self._urged(principal, units)
            chosen = [each for each in urged if each.unit_code in form.chosen("units")]
            terms = self._terms(form)
            if not chosen:
                form.errors["units"] = NO_UNIT
            if terms is None or form.errors:
                return await self._shown(request, principal, form, 422)
            content = self._zipped(chosen, principal.unit, units, terms)
            named = {"Content-Disposition": f'attachment; filename="cong-van-don-doc-{self.today}.zip"'}
            return Response(content, media_type=ZIP, headers={**named, "Cache-Control": "private, no-store"})

        return routes

    async def _shown(
        self, request: Request, principal: Principal, form: Fields, status: int = 200
    ) -> HTMLResponse:
        urged = await self._urged(principal, await self.units.on(self.today))
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
                if is_late and not own and principal.acting.may_act_for(row["unit_code"]):
                    by_unit[row["unit_code"]].append(row)
        urged = [
            Urged(code, units.name(code), sorted(rows, key=lambda row: (row["due_on"], row["draft_code"])))
            for code, rows in by_unit.items()
        ]
        return sorted(urged, key=lambda each: (each.rows[0]["due_on"], each.unit))

    def _zipped(self, chosen: Iterable[Urged], issuer: str | None, units: UnitsOn, terms: Terms) -> bytes:
        from services.notifier.adapters.rendering.reminder_letter import (  # noqa: PLC0415  python-docx: 7 MiB
            urging_letter,
        )

        superior = next(iter(units.above(issuer)), None) if issuer else None
        name, above = units.name(issuer) if issuer else "…………", units.name(superior) if superior else None
        content = BytesIO()
        with ZipFile(content, "w", ZIP_DEFLATED) as archive:
            for each in chosen:
                rows = [self._row(each, row) for row in each.rows]
                datasets = {Dataset(row["dataset"]) for row in each.rows}
                notes = [note.vi for note in banners(datasets)]
                letter = urging_letter(header(name), above, self.today, rows, notes, terms)
                archive.writestr(f"{each.unit_code}.docx", letter)
        return content.getvalue()

    def _row(self, urged: Urged, row: Mapping[str, Any]) -> Row:
        kind, stage = INSTRUMENTS[Instrument(row["instrument"])], STAGES[Stage(row["stage"])]
        return Row(
            unit=header(urged.unit),
            subject=f"Truyền thông dự thảo {kind.vi} “{header(row['title'])}”, giai đoạn {stage.vi.lower()}",
            due_on=f"{row['due_on']:%d/%m/%Y}",
            overdue_days=self.calendar.working_days_between(row["due_on"], self.today),
            reason=NOT_UPDATED,
        )


def _option(each: Urged, today: date, calendar: Calendar) -> Text:
    days = calendar.working_days_between(each.rows[0]["due_on"], today)
    return Text(
        f"{each.unit}: {len(each.rows):02} nội dung, lâu nhất {days:02} ngày làm việc",
        f"{len(each.rows)} overdue, at most {counted(days, 'working day')}",
    )
