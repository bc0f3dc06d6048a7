"""The pages behind the links of a mail, and their texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, assert_never

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.notifier.adapters.rendering.page_templates import PAGES
from services.notifier.application.answers import Answers, Asked, Renewals
from services.notifier.domain.errors import AnswerContradicts
from services.notifier.domain.gaps.gap_alert import latest_planned_day
from shared.auth.admission import stands_for
from shared.contracts.event import alert_id
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
    AnswerEvent,
)
from shared.contracts.vocabulary import AlertAnswer, Channel
from shared.http.overload.client_address import client_of
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.pages.date_boxes import day_in_boxes
from shared.pages.forms import Fields, sent
from shared.pages.link_pages import AnswerPages, Held, LinkGuard, routes
from shared.rules.answers import confirmation
from shared.rules.rights.actions import Action
from shared.rules.words.wording import CHANNELS
from shared.signed_links.links import LinkIsUsed
from shared.signed_links.resolved import LinkSource

RECORDED = Text("Đã ghi nhận trả lời", "Your answer is recorded")
ASKED = Text("Đã nhận yêu cầu", "Your request is received")
MAILED = Text(
    "Liên kết mới được gửi vào địa chỉ đã nhận thư trước, nếu địa chỉ đó còn trong danh sách và nội dung còn phải "
    "trả lời.",
    "New links go to the address that got the first mail, if it still stands on the list and an answer is still due.",
)
MAILED_NEXT = Text(
    "Thư thường đến trong vài phút; với mỗi nội dung, mỗi ngày gửi lại nhiều nhất một thư.",
    "The mail usually comes within minutes; for each matter at most one a day is sent again.",
)


def recorded(answer: AnswerEvent) -> Text:
    """Say in a sentence what was answered, or asked for."""
    match answer:
        case AlertAcknowledged(planned_on=day):
            return Text(
                f"Đã ghi nhận: đơn vị sẽ truyền thông dự thảo vào ngày {day:%d/%m/%Y}.",
                f"Recorded: the unit will communicate the draft on {day:%d/%m/%Y}.",
            )
        case AlertTransferRequested(to_unit=unit):
            return Text(
                f"Đã ghi nhận đề nghị chuyển dự thảo{f' đến {unit}' if unit else ''}.",
                f"Recorded: the request to transfer the draft{f' to {unit}' if unit else ''}.",
            )
        case AlertExemptionRequested(document=document, decided_on=day):
            return Text(
                f"Đã ghi nhận đề nghị miễn truyền thông theo {document} ngày {day:%d/%m/%Y}.",
                f"Recorded: the request for an exemption by {document} of {day:%d/%m/%Y}.",
            )
        case AlertObstacleReported():
            return Text(
                "Đã ghi nhận khó khăn, vướng mắc của đơn vị.", "Recorded: the obstacle that the unit met."
            )
        case _:
            assert_never(answer)


STILL_WAITS = Text(
    "Đề nghị đã gửi vẫn chờ cơ quan theo dõi quyết định cho đến khi đơn vị rút lại.",
    "What was asked for still waits for its decision until the unit withdraws it.",
)


def contradiction_words(changed: Sequence[AnswerEvent], answer: AnswerEvent) -> Text:
    """Say what stands, and what takes its place if the change is confirmed."""
    before = [recorded(each) for each in changed]
    new = recorded(answer)
    if any(isinstance(each, Decided) for each in changed):
        before.append(STILL_WAITS)
    return Text(
        f"Trước đó: {' '.join(each.vi for each in before)} Nếu xác nhận, hệ thống ghi nhận trả lời mới thay cho nội dung "
        f"đó: {new.vi} Chưa có gì thay đổi cho đến khi quý cơ quan đánh dấu xác nhận và gửi lại.",
        f"On record: {' '.join(each.en for each in before)} If you confirm, this takes its place: {new.en} "
        "Nothing changes until you tick the confirmation and send again.",
    )


_DECIDES = Text(
    "Cơ quan theo dõi xem xét, quyết định. Trong thời gian đó, nội dung vẫn được theo dõi và thời hạn không thay đổi.",
    "The supervising body decides. Until then the matter is still followed, and its due day stays.",
)
NEXT: Mapping[type[AnswerEvent], Text] = MappingProxyType(
    {
        AlertAcknowledged: Text(
            "Hoạt động được đưa vào kế hoạch truyền thông của dự thảo; việc nhắc và báo cáo cấp trên tạm dừng một lần, "
            "đến hết ngày đó. Sau khi thực hiện, đề nghị ghi nhận kết quả bằng nút “Đã thực hiện” trong thư.",
            "The activity stands in the plan of the draft; reminders and reports upwards rest once, until the end of "
            "that day. Once it is done, please record it with the button “Done” of the mail.",
        ),
        AlertTransferRequested: _DECIDES,
        AlertExemptionRequested: _DECIDES,
        AlertObstacleReported: Text(
            "Nội dung được chuyển đến cơ quan tư pháp để tổng hợp, hướng dẫn tháo gỡ. Thời hạn truyền thông không thay đổi.",
            "It goes to the justice body, which gives guidance. The due day stays.",
        ),
    }
)
PUT_OFF = Text(
    "Ngày mới được đưa vào kế hoạch truyền thông của dự thảo. Việc nhắc chỉ tạm dừng một lần, đến hết ngày đã báo trước đó; "
    "việc tạm dừng thêm do cơ quan theo dõi xem xét, quyết định.",
    "The new day stands in the plan of the draft. Reminders rest only once, until the end of the day that was named before; "
    "it is for the supervising body to grant more.",
)
OWN = (AlertAnswer.PLANNED, AlertAnswer.NOT_OURS, AlertAnswer.EXEMPT, AlertAnswer.OBSTACLE)
CONFIRMED = "confirm"
MOST_NAME = 200
MOST_WORDS = 1500
Decided = AlertTransferRequested | AlertExemptionRequested
"""What lowers the unit's duty, so that the supervising body decides it."""
Read = Callable[[Fields, Mapping[str, Any], date, Asked], AnswerEvent | None]


@dataclass(frozen=True, slots=True)
class AnswerHandler:
    answers: Answers
    renewals: Renewals
    pages: AnswerPages
    now: Clock

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    async def look(self, held: Held) -> HTMLResponse:
        return self._form(held, await self._unused(held), Fields())

    async def answer(self, request: Request, held: Held) -> HTMLResponse:
        asked = await self.answers.asked(held.link, self.today)
        if asked.recorded is not None:
            return self._done(asked.recorded)
        form = await sent(request)
        answer = _READ[held.link.answer](form, _identity(held), self.today, asked)
        if answer is None or form.errors:
            return self._form(held, asked, form, status=422)
        try:
            self.answers.require_confirmed(asked, answer, form.text(CONFIRMED))
        except AnswerContradicts as contradiction:
            form.errors[CONFIRMED] = contradiction_words(contradiction.changed, answer)
            return self._form(held, asked, form, status=409)
        if isinstance(answer, Decided):
            return await self._ask(held, answer)
        metadata = held.metadata(request, self.now())
        stands = await self.answers.record(asked, answer, metadata)
        return self._done(stands, PUT_OFF if _puts_off(asked, answer) else None)

    async def _ask(self, held: Held, answer: Decided) -> HTMLResponse:
        """Ask for what would lower the unit's duty: the supervising body decides."""
        who_decides = await self.answers.ask(held.link, _request(answer), self.now())
        return self._done(answer, who_decides)

    async def renew(self, request: Request, held: Held) -> HTMLResponse:
        """Answer the same whatever comes of it: the answer must not reveal who is on a list."""
        await self.renewals.renew(held.link, client_of(request), request.state.correlation_id)
        return self.pages.page("recorded.html", heading=ASKED, what=MAILED, next=MAILED_NEXT)

    async def _unused(self, held: Held) -> Asked:
        asked = await self.answers.asked(held.link, self.today)
        if asked.recorded is not None:
            raise LinkIsUsed(recorded(asked.recorded))
        return asked

    def _form(self, held: Held, asked: Asked, form: Fields, status: int = 200) -> HTMLResponse:
        values: dict[str, Any] = {"channels": CHANNELS, "today": self.today}
        values["standing"] = [recorded(answer) for answer in asked.standing]
        values["confirmation"] = confirmation(asked.own) if asked.own else None
        return self.pages.form(f"{held.link.answer}.html", asked.summary, form, status, **values)

    def _done(self, answer: AnswerEvent, following: Text | None = None) -> HTMLResponse:
        heading = ASKED if isinstance(answer, Decided) else RECORDED
        following = following or NEXT[type(answer)]
        return self.pages.page("recorded.html", heading=heading, what=recorded(answer), next=following)


def router(answers: Answers, renewals: Renewals, source: LinkSource, renew_at: str, now: Clock) -> APIRouter:
    pages = AnswerPages(PAGES, renew_at)
    handler = AnswerHandler(answers, renewals, pages, now)
    admitted = LinkGuard(source, now).admit(*OWN)
    any_link = LinkGuard(source, now).admit(*AlertAnswer, over=True)
    router = routes(pages, handler, admitted)

    @router.post("/{token}/renew", dependencies=[stands_for(Action.RENEW_LINK)])
    async def renew(request: Request, held: Held = any_link) -> HTMLResponse:
        return await handler.renew(request, held)

    return router


def _puts_off(asked: Asked, answer: AnswerEvent) -> bool:
    """Say whether the unit has named an earlier day before."""
    if not isinstance(answer, AlertAcknowledged):
        return False
    named = (each.planned_on for each in asked.standing if isinstance(each, AlertAcknowledged))
    return any(day < answer.planned_on for day in named)


def _identity(held: Held) -> dict[str, Any]:
    link = held.link
    return {
        "alert_id": alert_id(link.gap_id, link.unit_code),
        "gap_id": link.gap_id,
        "draft_code": link.draft_code,
        "unit_code": link.unit_code,
        "stage": link.stage,
        "recipient_id": link.recipient_id,
    }


def _planned(form: Fields, of: Mapping[str, Any], today: date, asked: Asked) -> AlertAcknowledged | None:
    latest = latest_planned_day(today, asked.summary.due_on)
    day = day_in_boxes(form, "planned_on", earliest=today, latest=latest)
    channel = form.one_of("channel", Channel, required=False)
    return AlertAcknowledged(**of, planned_on=day, channel=channel) if day else None


def _not_ours(form: Fields, of: Mapping[str, Any], _: date, __: Asked) -> AlertTransferRequested | None:
    to_unit = form.words("to_unit", MOST_NAME, required=False)
    why = form.words("explanation", MOST_WORDS)
    return AlertTransferRequested(**of, to_unit=to_unit, explanation=why) if why else None


def _exempt(form: Fields, of: Mapping[str, Any], today: date, _: Asked) -> AlertExemptionRequested | None:
    document = form.words("document", MOST_NAME)
    authority = form.words("authority", MOST_NAME)
    day = day_in_boxes(form, "decided_on", latest=today)
    if not (document and authority and day):
        return None
    return AlertExemptionRequested(**of, document=document, authority=authority, decided_on=day)


def _request(answer: Decided) -> dict[str, Any]:
    """Give the body of the request to the registry."""
    if isinstance(answer, AlertTransferRequested):
        return {"kind": "transfer", "to_unit": answer.to_unit, "explanation": answer.explanation}
    papers = {"document": answer.document, "authority": answer.authority}
    return {"kind": "exemption", **papers, "decided_on": answer.decided_on.isoformat()}


def _obstacle(form: Fields, of: Mapping[str, Any], _: date, __: Asked) -> AlertObstacleReported | None:
    obstacle = form.words("obstacle", MOST_WORDS)
    return AlertObstacleReported(**of, obstacle=obstacle) if obstacle else None


_READ: Mapping[AlertAnswer, Read] = MappingProxyType(
    {
        AlertAnswer.PLANNED: _planned,
        AlertAnswer.NOT_OURS: _not_ours,
        AlertAnswer.EXEMPT: _exempt,
        AlertAnswer.OBSTACLE: _obstacle,
    }
)
