"""The form behind "Đã thực hiện" in a mail: shown with GET, recorded once with POST."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.campaigns.application.answers import DOCUMENT, Answers, Asked, Stated, communication_of
from services.campaigns.domain.communication import MOST_PEOPLE
from services.campaigns.domain.communication_commands import Record
from services.campaigns.domain.draft import Given
from shared.contracts.vocabulary import AlertAnswer, Channel
from shared.kernel.clock import Clock, day_in_vietnam
from shared.kernel.errors import Text
from shared.pages.forms import Fields, sent
from shared.pages.gap_summary import GapSummary
from shared.pages.layout import environment
from shared.pages.link_pages import AnswerPages, Held, LinkGuard, routes
from shared.rules.wording import CHANNELS
from shared.signed_links.links import LinkIsUsed, LinkReader

TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT = environment(TEMPLATES)
MOST_TITLE = 300
MOST_PLACE = 200
MOST_ADDRESS = 2000
MOST_DOCUMENT = 200
MOST_FILE = 10 << 20  # bytes; the file is not kept, its SHA-256 is
NO_POLICY = Text("Đề nghị chọn ít nhất một chính sách.", "Please choose at least one policy.")
TOO_LARGE = Text("Tệp lớn hơn 10 MiB; đề nghị chọn tệp nhỏ hơn.", "The file is larger than 10 MiB.")
CHOOSE_AGAIN = Text(
    "Trình duyệt không giữ tệp đã chọn; đề nghị chọn lại tệp này.",
    "The browser does not keep the file; please choose it again.",
)
RECORDED = Text("Đã ghi nhận kết quả truyền thông", "The communication is recorded")
NEXT = Text(
    "Trân trọng cảm ơn. Khi mọi chính sách nêu trong thư đã được truyền thông, nội dung này được coi là hoàn thành "
    "và hệ thống không nhắc nữa.",
    "Thank you. Once every policy named in the mail is communicated, the matter is done and no reminder follows.",
)


@dataclass(frozen=True, slots=True)
class Desk:
    answers: Answers
    pages: AnswerPages
    now: Clock

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    async def look(self, held: Held) -> HTMLResponse:
        asked = await self.answers.open(held.link, self.today)
        if asked.said is not None:
            raise LinkIsUsed(recorded(asked.said))
        return self._form(asked, Fields())

    async def answer(self, request: Request, held: Held) -> HTMLResponse:
        asked = await self.answers.asked(held.link, self.today)
        if asked.said is not None:
            return self._done(asked.said)
        form = await sent(request)
        given = await self.answers.given(held.link, self.today)
        said = _read(form, held, asked.matter, given)
        if said is None or form.errors:
            if "file" in form.files:
                form.errors.setdefault("file", CHOOSE_AGAIN)
            return self._form(asked, form, status=422)
        metadata = held.metadata(request, self.now())
        file = form.files.get("file")
        return self._done(await self.answers.record(asked, said, file.sha256 if file else None, metadata))

    def _form(self, asked: Asked, form: Fields, status: int = 200) -> HTMLResponse:
        chosen = form.chosen("policies") if form.given else [str(n) for n in asked.matter.policies]
        return self.pages.form(
            "done.html",
            asked.matter,
            form,
            status,
            channels=CHANNELS,
            heard=[one | {"channel": CHANNELS[Channel(one["channel"])]} for one in asked.heard],
            chosen=set(chosen),
            planned=asked.planned,
            today=self.today,
        )

    def _done(self, said: Stated) -> HTMLResponse:
        return self.pages.page("recorded.html", heading=RECORDED, what=recorded(said), next=NEXT)


def router(answers: Answers, reader: LinkReader, renew_at: str, now: Clock) -> APIRouter:
    pages = AnswerPages(_ENVIRONMENT, renew_at)
    desk = Desk(answers, pages, now)
    admitted = LinkGuard(reader, now).admit(AlertAnswer.DONE)
    return routes(pages, desk, admitted)


def recorded(said: Stated) -> Text:
    """Say in a sentence what was recorded."""
    channel = CHANNELS[said.channel]
    return Text(
        f"Đã ghi nhận: “{said.title}” ({channel.vi}), ngày {said.held_on:%d/%m/%Y}.",
        f"Recorded: “{said.title}” ({channel.en}), held on {said.held_on}.",
    )


def _read(form: Fields, held: Held, matter: GapSummary, given: Given) -> Record | None:
    """Read the form; what was done before the draft came into the stage says nothing of this stage."""
    day = form.day("held_on", earliest=matter.since, latest=given["today"])
    channel = form.one_of("channel", Channel)
    title = form.words("title", MOST_TITLE)
    optional: dict[str, Any] = {
        "place": form.words("place", MOST_PLACE, required=False),
        "attendance": form.count("attendance", MOST_PEOPLE),
        "url": form.address("url", MOST_ADDRESS),
    }
    document = form.words("document", MOST_DOCUMENT, required=False)
    if (file := form.files.get("file")) and file.size > MOST_FILE:
        form.errors["file"] = TOO_LARGE
    policies = _policies(form, matter)
    if not (day and channel and title):
        return None
    return Record(
        communication_id=communication_of(held.link),
        held_on=day,
        channel=channel,
        title=title,
        policies=policies,
        dataset=matter.dataset,
        notes={DOCUMENT: document} if document else {},
        **optional,
        **given,
    )


def _policies(form: Fields, matter: GapSummary) -> tuple[int, ...]:
    """Read which policies were spoken of; where the whole draft is owed there is nothing to choose."""
    if not any(matter.policies):
        return ()
    known = {str(number): number for number in (*matter.policies, *matter.policy_titles)}
    chosen = tuple(sorted({known[said] for said in form.chosen("policies") if said in known}))
    if not chosen:
        form.errors["policies"] = NO_POLICY
    return chosen
