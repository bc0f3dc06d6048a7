"""How the registry shows requests of units: in lists, on a draft, and in the answer to what became one."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from services.registry.application.commands import WAITING, Commands
from services.registry.application.request_columns import ANSWERED, FORWARDED, SETTLED, columns_of
from services.registry.domain import requests
from services.registry.domain.draft import holds_at_once
from services.registry.domain.draft_state import Draft, Request, State
from shared.contracts.registry import DraftRequestRaised
from shared.contracts.vocabulary import RequestKind, Stage
from shared.eventstore.handle import Handled
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.answer_periods import Forwarding, answer_by, answer_period
from shared.rules.words.wording import REQUESTS

RequestState = Literal["waiting", "approved", "refused", "withdrawn"]


class RequestView(BaseModel):
    """What a unit asked for. `decider_code` decides today; after `answer_by` it goes one step up.

    `reply` is the last answer without a decision, `forwarded_to` the body that it was passed on to last.
    """

    request_id: UUID
    kind: RequestKind
    state: RequestState
    unit_code: str
    raised_on: date
    decider_code: str | None
    answer_by: date
    document: str | None
    reason: str | None
    command: str
    wanted: dict[str, Any]
    gap_id: UUID | None
    stage: Stage | None
    settled_on: date | None
    settled_by: str | None
    settlement_document: str | None
    settlement_reason: str | None
    reply: str | None = None
    replied_on: date | None = None
    replied_by: str | None = None
    forwarded_to: str | None = None
    forwarded_on: date | None = None
    forwarded_by: str | None = None
    forwarding_reason: str | None = None


class RequestItem(RequestView):
    draft_code: str
    unit_name: str
    decider_name: str | None


class Messages(BaseModel):
    vi: str
    en: str


class WaitingRequest(RequestView):
    """A fact that lowers the unit's own duty was asked for; nothing is recorded of it until it is approved."""

    messages: Messages


async def request_view(commands: Commands, request: Request) -> RequestView:
    return RequestView.model_validate(await _values(commands, request))


async def _values(commands: Commands, request: Request) -> Mapping[str, Any]:
    raised, settled = request.raised, request.settled
    day = settled.on if settled else commands.today
    passed_on = request.forwarded
    forwarded = Forwarding(passed_on.to_unit_code, passed_on.on) if passed_on else None
    decider = await commands.deciders.of(raised.unit_code, raised.raised_on, day, forwarded)
    return {
        **raised.model_dump(),
        "decider_code": decider or raised.decider_code,
        "answer_by": answer_by(raised.raised_on, commands.rulebook.calendar),
        "state": settled.decision if settled else WAITING,
        **columns_of(SETTLED, settled),
        **columns_of(ANSWERED, request.answered),
        **columns_of(FORWARDED, passed_on),
    }


async def waiting_request(commands: Commands, handled: Handled[State], command: Any) -> WaitingRequest | None:
    """Show the request that a command became, or for which the same one waits already; None if it holds."""
    raised = next((e.data for e in handled.events if isinstance(e.data, DraftRequestRaised)), None)
    if not isinstance(handled.state, Draft):
        return None
    request = handled.state.request(raised.request_id) if raised else None
    if request is None and not handled.events and not holds_at_once(handled.state, command):
        request = requests.waiting_for(handled.state, command)
    if request is None:
        return None
    values = dict(await _values(commands, request))
    code = values["decider_code"]
    name = await commands.deciders.name(code, commands.today) if code else None
    text = waiting_text(request.raised.kind, name, values["answer_by"], request.raised.raised_on)
    return WaitingRequest.model_validate(values | {"messages": {"vi": text.vi, "en": text.en}})


def waiting_text(kind: RequestKind, decider: str | None, by: date, raised_on: date) -> Text:
    """Say who decides, within what time, and that the duty stands until then."""
    what, days = REQUESTS[kind], answer_period(raised_on).working_days
    return Text(
        f"Đã ghi nhận đề nghị {what.vi}. {decider or 'Cơ quan theo dõi'} xem xét, quyết định trong {days:02} ngày làm "
        f"việc (đến hết ngày {by:%d/%m/%Y}). Trong thời gian chờ quyết định, dự thảo còn thiếu truyền thông vẫn được theo dõi và "
        "thời hạn không thay đổi.",
        f"The request for {what.en} is recorded. {decider or 'The supervising body'} decides within {counted(days, 'working day')} "
        f"(by the end of {by:%d/%m/%Y}). Until then the gap stays open and its due day does not change.",
    )
