"""The form behind "Đã thực hiện" in a mail: shown with GET, recorded once with POST."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from services.campaigns.adapters.answers.duties import DutyHandler, DutyLinkIsOver, HeldDuty
from services.campaigns.adapters.evidence.api import received
from services.campaigns.application.answers import DOCUMENT, Answers, Asked, Stated, communication_of
from services.campaigns.application.duty_answers import DutyAnswers
from services.campaigns.application.evidence import Received
from services.campaigns.domain.communication import MOST_PEOPLE
from services.campaigns.domain.communication_commands import Record
from services.campaigns.domain.draft import Given
from services.campaigns.domain.errors import FileKindRefused, FileTooLarge, QuotaExceeded
from shared.contracts.envelope import Metadata
from shared.contracts.vocabulary import AlertAnswer, Channel
from shared.http.overload.client_address import client_of
from shared.kernel.errors import Refusal, Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.pages.date_boxes import day_in_boxes
from shared.pages.forms import Fields, sent_with_files
from shared.pages.gap_summary import GapSummary
from shared.pages.layout import environment
from shared.pages.link_pages import AnswerPages, Held, hold, routes
from shared.rules.answers import confirmation as confirmation_of
from shared.rules.answers import kind_of
from shared.rules.words.wording import CHANNELS
from shared.signed_links.duty_links import duty_link
from shared.signed_links.links import LinkIsUsed
from shared.signed_links.resolved import LinkSource
from shared.signed_links.short_links import Purpose

TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT = environment(TEMPLATES)
MOST_TITLE = 300
MOST_PLACE = 200
MOST_ADDRESS = 2000
MOST_DOCUMENT = 200
MOST_FILE = 10 << 20  # bytes: no account stands behind a link, so it takes less than the API
NO_POLICY = Text("Đề nghị chọn ít nhất một chính sách.", "Please choose at least one policy.")
TOO_LARGE = Text("Tệp lớn hơn 10 MiB; đề nghị chọn tệp nhỏ hơn.", "The file is larger than 10 MiB.")
CHOOSE_AGAIN = Text(
    "Trình duyệt không giữ tệp đã chọn; đề nghị chọn lại tệp này.",
    "The browser does not keep the file; please choose it again.",
)
CONFIRMED = "confirm"
CONTRADICTS = Text(
    "Đơn vị đã có trả lời khác trước đó (nêu dưới đây). Nếu xác nhận, kết quả này được ghi nhận và trả lời đó không còn giữ "
    "nguyên; đề nghị đã gửi cơ quan theo dõi vẫn chờ quyết định cho đến khi đơn vị rút lại. Chưa có gì thay đổi cho đến khi đánh dấu xác nhận và gửi lại.",
    "The unit gave another answer before (see below). If you confirm, this is recorded and that answer holds no more; "
    "what was asked of the supervising body still waits for its decision until the unit withdraws it. Nothing changes until you tick the confirmation and send again.",
)
WORDS_OF: Mapping[AlertAnswer, Text] = {
    AlertAnswer.NOT_OURS: Text(
        "Đã đề nghị chuyển dự thảo: không thuộc đơn vị.", "A transfer was asked for: not the unit's draft."
    ),
    AlertAnswer.EXEMPT: Text("Đã đề nghị miễn truyền thông.", "An exemption was asked for."),
}
RECORDED = Text("Đã ghi nhận kết quả truyền thông", "The communication is recorded")
NEXT = Text(
    "Trân trọng cảm ơn. Khi mọi chính sách nêu trong thư đã được truyền thông, nội dung này được coi là hoàn thành "
    "và hệ thống không nhắc nữa.",
    "Thank you. Once every policy named in the mail is communicated, the matter is done and no reminder follows.",
)


@dataclass(frozen=True, slots=True)
class DoneHandler:
    answers: Answers
    pages: AnswerPages
    now: Clock

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    async def look(self, held: Held) -> HTMLResponse:
        asked = await self.answers.open(held.link, self.today)
        if asked.recorded is not None:
            raise LinkIsUsed(confirmation(asked.recorded))
        return self._form(asked, Fields())

    async def answer(self, request: Request, held: Held) -> HTMLResponse:
        asked = await self.answers.asked(held.link, self.today)
        if asked.recorded is not None:
            return self._done(asked.recorded)
        async with sent_with_files(request) as (form, chosen), AsyncExitStack() as opened:
            given = await self.answers.given(held.link, self.today)
            command = _read(form, held, asked.gap, given)
            file = await _file(form, chosen.get("file"), opened)
            return await self._recorded(asked, form, command, file, held.metadata(request, self.now()))

    async def _recorded(
        self, asked: Asked, form: Fields, command: Record | None, file: Received | None, metadata: Metadata
    ) -> HTMLResponse:
        if command is None or form.errors:
            return self._again(asked, form, file)
        if asked.contradicted and form.text(CONFIRMED) != confirmation_of(asked.contradicted):
            form.errors[CONFIRMED] = CONTRADICTS
            return self._again(asked, form, file, status=409)
        try:
            stated = await self.answers.record(asked, command, file, metadata)
        except QuotaExceeded as refusal:
            form.errors["file"] = refusal.message
            return self._form(asked, form, status=409)
        return self._done(stated)

    def _again(self, asked: Asked, form: Fields, file: Received | None, status: int = 422) -> HTMLResponse:
        if file is not None:
            form.errors["file"] = CHOOSE_AGAIN
        return self._form(asked, form, status)

    def _form(self, asked: Asked, form: Fields, status: int = 200) -> HTMLResponse:
        chosen = form.chosen("policies") if form.given else [str(n) for n in asked.gap.policies]
        return self.pages.form(
            "done.html",
            asked.gap,
            form,
            status,
            channels=CHANNELS,
            communications=[
                row | {"channel": CHANNELS[Channel(row["channel"])]} for row in asked.communications
            ],
            chosen=set(chosen),
            planned=asked.planned,
            today=self.today,
            keeps_files=self.answers.evidence.takes_files,
            standing=[WORDS_OF[kind_of(answer)] for answer in asked.contradicted],
            confirmation=confirmation_of(asked.contradicted),
        )

    def _done(self, stated: Stated) -> HTMLResponse:
        return self.pages.page("recorded.html", heading=RECORDED, what=confirmation(stated), next=NEXT)


@dataclass(frozen=True, slots=True)
class Handlers:
    """Gives a request to what its link is for: a gap, or an item of a programme."""

    gaps: DoneHandler
    duties: DutyHandler

    async def look(self, held: Held | HeldDuty) -> HTMLResponse:
        return await (self.gaps.look(held) if isinstance(held, Held) else self.duties.look(held))

    async def answer(self, request: Request, held: Held | HeldDuty) -> HTMLResponse:
        if isinstance(held, Held):
            return await self.gaps.answer(request, held)
        return await self.duties.answer(request, held)


def router(answers: Answers, duties: DutyAnswers, source: LinkSource, renew_at: str, now: Clock) -> APIRouter:
    pages = AnswerPages(_ENVIRONMENT, renew_at)
    handlers = Handlers(DoneHandler(answers, pages, now), DutyHandler(duties, pages, now))

    return routes(pages, handlers, Depends(partial(_hold, source, now)))


async def _hold(source: LinkSource, now: Clock, request: Request, token: str) -> Held | HeldDuty:
    """Take the link of an alert, or that of a reminder of a programme."""
    resolved = await source.resolve(token, client_of(request))
    if resolved.link.purpose is not Purpose.DUTY:
        return hold(frozenset({AlertAnswer.DONE}), resolved, token, now())
    try:
        resolved.require_usable(now())
    except Refusal as refusal:
        raise DutyLinkIsOver from refusal
    return HeldDuty(duty_link(resolved.link))


def confirmation(stated: Stated) -> Text:
    """Return a sentence that confirms what was recorded."""
    channel = CHANNELS[stated.channel]
    return Text(
        f"Đã ghi nhận: “{stated.title}” ({channel.vi}), ngày {stated.held_on:%d/%m/%Y}.",
        f"Recorded: “{stated.title}” ({channel.en}), held on {stated.held_on:%d/%m/%Y}.",
    )


def _read(form: Fields, held: Held, gap: GapSummary, given: Given) -> Record | None:
    """Read the form; a communication from before the draft entered the stage does not count for it."""
    day = day_in_boxes(form, "held_on", earliest=gap.since, latest=given["today"])
    channel = form.one_of("channel", Channel)
    title = form.words("title", MOST_TITLE)
    optional: dict[str, Any] = {
        "place": form.words("place", MOST_PLACE, required=False),
        "attendance": form.count("attendance", MOST_PEOPLE),
        "url": form.address("url", MOST_ADDRESS),
    }
    document = form.words("document", MOST_DOCUMENT, required=False)
    policies = _policies(form, gap)
    if not (day and channel and title):
        return None
    return Record(
        communication_id=communication_of(held.link),
        held_on=day,
        channel=channel,
        title=title,
        policies=policies,
        dataset=gap.dataset,
        notes={DOCUMENT: document} if document else {},
        **optional,
        **given,
    )


async def _file(form: Fields, file: UploadFile | None, opened: AsyncExitStack) -> Received | None:
    """Read the chosen file; what is no evidence by its content is refused beside its field."""
    if file is None:
        return None
    try:
        return await opened.enter_async_context(received(file, MOST_FILE))
    except FileTooLarge:
        form.errors["file"] = TOO_LARGE
    except FileKindRefused as refusal:
        form.errors["file"] = refusal.message
    return None


def _policies(form: Fields, gap: GapSummary) -> tuple[int, ...]:
    """Read which policies were communicated; where the whole draft is owed there is nothing to choose."""
    if not any(gap.policies):
        return ()
    numbers = {str(number): number for number in (*gap.policies, *gap.policy_titles)}
    chosen = tuple(sorted({numbers[value] for value in form.chosen("policies") if value in numbers}))
    if not chosen:
        form.errors["policies"] = NO_POLICY
    return chosen
