"""Operator routes of every service: which log the rows come from, what a replaced log has lost, and the decision to go on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.eventstore.log_reader import REASONS, Match
from shared.http.requests.request_context import Body, example
from shared.kernel import runtime
from shared.kernel.errors import Text
from shared.persistence.owned_state import Settle
from shared.projections.log_fence import LogFence
from shared.projections.projector import Runner
from shared.rules.rights.actions import Action

LISTED = 100  # lost events that an answer lists


class InTwoLanguages(BaseModel):
    vi: str
    en: str


class RowsEnd(BaseModel):
    """Where the rows end: the event there, and the creation time of the log that they were made from."""

    position: int
    event_id: str | None
    stream_created: datetime | None


class LogEnd(BaseModel):
    """The present log; no `created`: there is none."""

    position: int
    created: datetime | None


class LogFenceState(BaseModel):
    """`state`: open, closed, or accepted (an operator accepted the log, the rebuild is under way).

    `others` are the services that have seen another log, each with what it saw.
    """

    service: str
    state: str
    kind: Match | None = None
    detail: str | None = None
    meaning: InTwoLanguages | None = None
    since: datetime | None = None
    rows: RowsEnd
    log: LogEnd
    others: dict[str, str]


class LostEvent(BaseModel):
    position: int
    subject: str
    recorded_at: datetime
    draft_code: str | None
    unit_code: str | None
    actor: str | None
    correlation_id: str | None


class Lost(BaseModel):
    """The events that this service has seen and the log does not have, each an acknowledged command or its consequence.

    Log and rows are the same up to `common_position`. `events` counts the listed events: a service lists the newest ones that it
    projected; `at_least_from` is the first position that it can tell of.
    """

    service: str
    common_position: int
    at_least_from: int
    events: int
    first: int | None
    last: int | None
    by_type: dict[str, int]
    drafts: list[str]
    units: list[str]
    newest: list[LostEvent]


class Decision(Body):
    """Accept the present log as it is: the rows are rebuilt from it. Decision, person and reason are kept."""

    model_config = example(reason="Đĩa của NATS hỏng, bản sao lúc 02:00 là bản mới nhất còn lại.")

    reason: str = Field(min_length=1, max_length=2000)


class Decided(BaseModel):
    service: str
    state: str
    rebuilding: bool


def router(service: str, fence: LogFence, runner: Runner, settle: Settle) -> APIRouter:
    """`settle` repairs work that was under way by the lost log: as after a restore, no mail goes out by itself."""
    routes = APIRouter(prefix="/log", tags=["operation"])

    @routes.get("", summary="Which log the rows come from, and whether it is the present one")
    async def state(_: Annotated[Principal, may(Action.READ_PROJECTION)]) -> LogFenceState:
        checkpoint = await runner.rows.read()
        own, view = fence.own, fence.view
        return LogFenceState(
            service=service,
            state=state_of(fence),
            kind=own.kind if own else None,
            detail=own.detail if own else None,
            meaning=_meaning(REASONS[own.kind]) if own else None,
            since=own.raised_at if own else None,
            rows=RowsEnd(
                position=checkpoint.position,
                event_id=checkpoint.event_id,
                stream_created=checkpoint.stream_created,
            ),
            log=LogEnd(position=view.last, created=view.created),
            others=dict(fence.others),
        )

    @routes.get("/lost", summary="What the present log does not have of what this service has seen")
    async def lost(_: Annotated[Principal, may(Action.READ_LOST_EVENTS)]) -> Lost:
        await fence.compare()
        common = await fence.common_position() if fence.own else fence.view.last
        events = await fence.lost_after(common) if fence.own else []
        first, _last = await fence.listed()
        return _lost(service, common, first, events)

    @routes.post("/decision", status_code=202, summary="Accept the present log, and rebuild the rows from it")
    async def decide(principal: Annotated[Principal, may(Action.ACCEPT_LOG)], body: Decision) -> Decided:
        await fence.compare()
        rebuilding = fence.own is not None
        if rebuilding:
            async with runner.rows.engine.begin() as connection:
                await settle(connection, runtime.now())
        await fence.decide(by=principal.actor, reason=body.reason)
        if rebuilding:
            await fence.compare()
            await runner.rebuild()
        return Decided(service=service, state=state_of(fence), rebuilding=rebuilding)

    return routes


def state_of(fence: LogFence) -> str:
    if fence.own is None:
        return "closed" if fence.others else "open"
    return "closed" if fence.own.is_active else "accepted"


def _meaning(text: Text) -> InTwoLanguages:
    return InTwoLanguages(vi=text.vi, en=text.en)


def _lost(service: str, common: int, first: int, events: Sequence[Mapping[str, Any]]) -> Lost:
    names = Counter(".".join(event["subject"].split(".")[1::2]) for event in events)
    return Lost(
        service=service,
        common_position=common,
        at_least_from=first,
        events=len(events),
        first=events[0]["position"] if events else None,
        last=events[-1]["position"] if events else None,
        by_type=dict(names),
        drafts=_named(events, "draft_code"),
        units=_named(events, "unit_code"),
        newest=[
            LostEvent(**{name: event[name] for name in LostEvent.model_fields}) for event in events[-LISTED:]
        ],
    )


def _named(events: Sequence[Mapping[str, Any]], column: str) -> list[str]:
    return sorted({event[column] for event in events if event[column]})
