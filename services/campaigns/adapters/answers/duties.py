"""The pages behind the links under items of programmes: shown with GET, recorded once with POST."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.campaigns.application.duty_answers import AskedDuty, DutyAnswers, Stated
from shared.auth.tokens import Principal
from shared.contracts.envelope import Metadata
from shared.contracts.event import banners
from shared.contracts.vocabulary import Role
from shared.http.requests import request_context
from shared.kernel.errors import Refusal, Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.pages.date_boxes import day_in_boxes, in_boxes
from shared.pages.forms import Fields, sent
from shared.pages.link_pages import AnswerPages
from shared.rules.programme.owed import Act
from shared.signed_links.duty_links import DutyAnswer, DutyLink

MOST_WORDS, MOST_DOCUMENT = 2000, 200
FIELDS_OF_FORM: Mapping[str, str] = MappingProxyType(
    {"happened_on": "day", "due_on": "until", "note": "words", "reason": "words"}
)
FURTHEST = timedelta(days=366)
HEADINGS: Mapping[DutyAnswer, Text] = MappingProxyType(
    {
        DutyAnswer.DONE: Text("Cập nhật kết quả", "Enter the result"),
        DutyAnswer.MORE_TIME: Text("Đề nghị gia hạn", "Ask for more time"),
        DutyAnswer.OBSTACLE: Text("Phản ánh khó khăn, vướng mắc", "Report what stands in the way"),
        DutyAnswer.REFUSE: Text("Không gia hạn", "Refuse more time"),
    }
)
BUTTONS: Mapping[Act, Text] = MappingProxyType(
    {
        Act.CARRY_OUT: Text("Ghi nhận: đã thực hiện", "Record: done"),
        Act.ACCEPT: Text("Ghi nhận: chấp nhận kết quả", "Record: accepted"),
        Act.CORRECT: Text("Ghi nhận: đã khắc phục", "Record: corrected"),
        Act.DECIDE: Text("Ghi nhận: đã giải quyết", "Record: decided"),
        Act.EXTEND: Text("Gia hạn đến ngày trên", "Give time until this day"),
        Act.REPORT: Text("Ghi nhận: đã gửi báo cáo", "Record: report sent"),
        Act.RECEIVE: Text("Ghi nhận: đã tiếp nhận", "Record: received"),
    }
)
RECORDED = Text("Đã ghi nhận", "Recorded")
NEXT: Mapping[DutyAnswer, Text] = MappingProxyType(
    {
        DutyAnswer.DONE: Text(
            "Trân trọng cảm ơn. Thư sau không nhắc việc này nữa; nếu kết quả cần được chấp nhận, cơ quan giao việc sẽ xem xét.",
            "Thank you. The next mail does not remind of it; where the result has to be accepted, who assigned it looks at it.",
        ),
        DutyAnswer.MORE_TIME: Text(
            "Đề nghị đã được gửi đến {asked_by}. Thời hạn hiện tại còn hiệu lực cho đến khi có quyết định; đơn vị được thông báo kết quả qua thư.",
            "The request went to {asked_by}. The present day holds until it is decided; the unit is mailed the outcome.",
        ),
        DutyAnswer.OBSTACLE: Text(
            "Khó khăn, vướng mắc đã được gửi đến {asked_by}; đơn vị được thông báo từng bước giải quyết qua thư.",
            "It went to {asked_by}; the unit is mailed each step that is taken.",
        ),
    }
)
ANSWERED = Text(
    "Quyết định đã được ghi nhận; đơn vị đề nghị được thông báo bằng thư.",
    "The decision is recorded; the unit that asked is mailed.",
)
TO_EXTEND = Text("Quyết định về đề nghị gia hạn", "Decide about more time")
DECIDES = Text("cơ quan có thẩm quyền", "the body in charge")
NOT_LATER = Text(
    "Đề nghị chọn ngày sau thời hạn hiện tại và sau hôm nay.",
    "Please choose a day after the present one and after today.",
)


class DutyLinkIsOver(Refusal):
    """A link that was used, withdrawn or has ended; the next mail about the item has others."""

    code = "link-is-over"
    kind = "gone"

    def __init__(self) -> None:
        super().__init__(
            "Liên kết này đã được sử dụng, đã thu hồi hoặc hết hiệu lực. Đề nghị dùng liên kết trong thư mới nhất, hoặc cập nhật trên hệ thống.",
            "This link was used, withdrawn or has ended. Please use the links of the newest mail, or enter the result in the system.",
        )


@dataclass(frozen=True, slots=True)
class HeldDuty:
    """A verified link under an item of a programme."""

    link: DutyLink

    @property
    def principal(self) -> Principal:
        """Who acts: an official of the unit, by the opaque id of the mailbox."""
        return Principal(str(self.link.recipient_id), Role.UNIT, self.link.unit_code)

    def metadata(self, request: Request, clock: Clock) -> Metadata:
        of_request = request_context.metadata(request, self.principal)
        return replace(of_request, idempotency_key=str(self.link.link_id), time=clock())


@dataclass(frozen=True, slots=True)
class DutyHandler:
    answers: DutyAnswers
    pages: AnswerPages
    now: Clock

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    async def look(self, held: HeldDuty) -> HTMLResponse:
        asked = await self.answers.asked(held.link, self.today)
        if asked.recorded:
            raise DutyLinkIsOver
        wanted = asked.request.due_on if asked.request else None
        return self._form(asked, Fields(in_boxes("until", wanted)) if wanted else Fields())

    async def answer(self, request: Request, held: HeldDuty) -> HTMLResponse:
        asked = await self.answers.asked(held.link, self.today)
        if asked.recorded:
            return self._done(asked)
        form = await sent(request)
        stated = self._read(form, asked)
        if stated is None or form.errors:
            return self._form(asked, form, 422)
        try:
            await self.answers.record(asked, stated, self.today, held.metadata(request, self.now))
        except Refusal as refusal:
            named = str(refusal.facts.get("field", ""))
            field = FIELDS_OF_FORM.get(named, named)
            if field not in {"day", "until", "words", "document"}:
                raise
            form.errors[field] = refusal.message
            return self._form(asked, form, 422)
        return self._done(asked)

    def _read(self, form: Fields, asked: AskedDuty) -> Stated | None:
        answer = asked.link.answer
        words = form.words("words", MOST_WORDS, required=answer is not DutyAnswer.DONE)
        if answer in {DutyAnswer.OBSTACLE, DutyAnswer.REFUSE}:
            return Stated(day=self.today, words=words)
        if answer is DutyAnswer.MORE_TIME or asked.request is not None:
            until = day_in_boxes(form, "until", latest=self.today + FURTHEST)
            if until is not None and until <= max(self.today, asked.due_on or self.today):
                form.errors["until"] = NOT_LATER
            document = form.words("document", MOST_DOCUMENT, required=False) if asked.request else None
            return Stated(day=self.today, words=words, until=until, document=document)
        earliest = {"earliest": asked.earliest} if asked.earliest else {}
        day = day_in_boxes(form, "day", latest=self.today, **earliest)
        document = form.words("document", MOST_DOCUMENT, required=False)
        return Stated(day=day, words=words, document=document) if day else None

    def _form(self, asked: AskedDuty, form: Fields, status: int = 200) -> HTMLResponse:
        return self.pages.page(
            "duty.html",
            status,
            asked=asked,
            form=form,
            answer=asked.link.answer.value,
            heading=TO_EXTEND if asked.request else HEADINGS[asked.link.answer],
            button=BUTTONS[asked.link.act],
            banners=banners([asked.dataset]),
            today=self.today,
        )

    def _done(self, asked: AskedDuty) -> HTMLResponse:
        own = asked.link.asked_by == asked.link.unit_code
        by = DECIDES if own else Text(asked.asked_by_name, asked.asked_by_name)
        following = ANSWERED if asked.request else NEXT[asked.link.answer]
        next_ = Text(following.vi.format(asked_by=by.vi), following.en.format(asked_by=by.en))
        what = Text(f"“{asked.title}”", f"“{asked.title}”")
        return self.pages.page("recorded.html", heading=RECORDED, what=what, next=next_)
