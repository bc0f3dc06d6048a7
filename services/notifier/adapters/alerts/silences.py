"""Routes that hold mail back: silences of alerts, the switch for all sending."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, StrictBool, StringConstraints

from services.notifier.adapters.delivery.ledger import SqlSending
from services.notifier.adapters.planning.snapshot import SqlSilences
from services.notifier.application.ports import Switch
from services.notifier.domain.errors import SilenceAmbiguous, SilenceNotFound, SilenceUnlimited
from services.notifier.domain.gaps.gap_alert import Silence, checked
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Acting, Code
from shared.contracts.vocabulary import Stage
from shared.eventstore.conflicts import HoldsPersonalData
from shared.http.requests.request_context import Body, example
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock, NewId
from shared.observability import signals
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require
from shared.text_checks.days import Day
from shared.text_checks.event_texts import find

logger = signals.get_logger(__name__)

Why = Annotated[str, StringConstraints(min_length=3, max_length=500, strip_whitespace=True)]


class SilenceBody(Body):
    """What is given must all match; both days are within the silence, `first_day` is today if absent.

    A silence over every alert names no unit, draft or stage but `all`, and only an operator may add it. One of a supervising
    body ends within 92 days from today.
    """

    model_config = example(
        unit_code="STP-01", first_day="2026-11-23", last_day="2026-11-27", reason="Chờ ý kiến của Ủy ban"
    )

    last_day: Day
    reason: Why
    first_day: Day | None = None
    unit_code: Code | None = None
    draft_code: Code | None = None
    stage: Stage | None = None
    all: StrictBool = False

    @property
    def filters(self) -> dict[str, str | None]:
        return {"unit_code": self.unit_code, "draft_code": self.draft_code, "stage": self.stage}


class SilenceView(BaseModel):
    silence_id: UUID
    unit_code: str | None
    draft_code: str | None
    stage: Stage | None
    first_day: date
    last_day: date
    reason: str
    created_at: datetime
    created_by: str
    lifted_at: datetime | None
    lifted_by: str | None


class SilencesView(BaseModel):
    silences: list[SilenceView]


class DecisionBody(Body):
    model_config = example(reason="Đã xem trước danh sách thư, đồng ý gửi")

    reason: Why


class SwitchView(BaseModel):
    """`decided` is false after a fresh installation: mail that would leave this machine is held till then."""

    held: bool
    decided: bool
    at: datetime | None
    by: str
    reason: str


def check_extent(body: SilenceBody) -> None:
    """Refuse a silence that names nothing, or `all` next to a filter."""
    filtered = any(body.filters.values())
    if body.all == filtered:
        raise SilenceUnlimited if not filtered else SilenceAmbiguous


def check_acting(by: Acting, unit_code: str | None, lead_unit_code: str | None) -> None:
    """Refuse a silence of alerts outside the caller's area; over no unit and no draft it is for operators.

    `lead_unit_code` leads the draft that it is over: its alerts are that unit's.
    """
    if unit_code is None and lead_unit_code is None:
        require(by, None)
    for code in filter(None, (unit_code, lead_unit_code)):
        require(by, code)


def routers(silences: SqlSilences, sending: SqlSending, now: Clock, new_id: NewId) -> list[APIRouter]:
    return [_silences(silences, now, new_id), _sending(sending, now)]


def _silences(silences: SqlSilences, now: Clock, new_id: NewId) -> APIRouter:
    router = APIRouter(prefix="/silences", tags=["silences"])

    async def shown(*, past: bool) -> SilencesView:
        rows = await silences.listed(day_in_vietnam(now()), past=past)
        return SilencesView.model_validate({"silences": rows})

    async def view_of(silence_id: UUID) -> SilenceView:
        return next(
            silence for silence in (await shown(past=True)).silences if silence.silence_id == silence_id
        )

    @router.get("", summary="What is not spoken of at present, and why")
    async def listed(_: Annotated[Principal, may(Action.READ_SILENCES)], past: bool = False) -> SilencesView:
        return await shown(past=past)

    @router.post("", status_code=201, summary="Keep alerts of a unit, draft or stage quiet for a while")
    async def add(principal: Annotated[Principal, may(Action.ADD_SILENCE)], body: SilenceBody) -> SilenceView:
        today = day_in_vietnam(now())
        if (holds := find(body.reason)) is not None:  # it goes into the log with the alerts that it silences
            raise HoldsPersonalData("reason", holds)
        check_extent(body)
        lead = await silences.lead_of(body.draft_code, today)
        check_acting(principal.acting, body.unit_code, lead)
        given: dict[str, Any] = body.model_dump(exclude={"all"}) | {"first_day": body.first_day or today}
        if principal.acting.limit is not None:  # a transfer takes the draft to a unit outside of the area
            given["unit_code"] = body.unit_code or lead
        silence = checked(
            Silence(silence_id=new_id(), **given), today, by_operator=principal.acting.supervises
        )
        await silences.add(silence, now(), principal.actor)
        logger.info("silence_added", silence_id=str(silence.silence_id), by=principal.actor)
        return await view_of(silence.silence_id)

    @router.delete("/{silence_id}", summary="End a silence at once; it stays on record")
    async def lift(
        principal: Annotated[Principal, may(Action.LIFT_SILENCE)], silence_id: UUID
    ) -> SilenceView:
        silence = await silences.by_id(silence_id)
        if silence is None:
            raise SilenceNotFound
        lead = await silences.lead_of(silence.draft_code, day_in_vietnam(now()))
        check_acting(principal.acting, silence.unit_code, lead)
        if not await silences.lift(silence_id, now(), principal.actor):
            raise SilenceNotFound
        logger.info("silence_lifted", silence_id=str(silence_id), by=principal.actor)
        return await view_of(silence_id)

    return router


def _sending(sending: SqlSending, now: Clock) -> APIRouter:
    router = APIRouter(prefix="/sending", tags=["mail"])

    async def decide(*, held: bool, by: str, reason: str) -> SwitchView:
        await sending.decide(Switch(held=held, at=now(), by=by, reason=reason))
        logger.warning("sending_held" if held else "sending_released", by=by, reason=reason)
        return await shown()

    async def shown() -> SwitchView:
        state = await sending.state()
        return SwitchView(
            held=state.held, decided=state.at is not None, at=state.at, by=state.by, reason=state.reason
        )

    @router.get("", summary="Whether mail goes out, or is held, by whom and why")
    async def state(_: Annotated[Principal, may(Action.READ_SENDING)]) -> SwitchView:
        return await shown()

    @router.post("/hold", summary="Hold all sending; what is due waits and is not dropped")
    async def hold(principal: Annotated[Principal, may(Action.HOLD_MAIL)], body: DecisionBody) -> SwitchView:
        return await decide(held=True, by=principal.actor, reason=body.reason)

    @router.post("/release", summary="Let mail go out, after looking at GET /preview")
    async def release(
        principal: Annotated[Principal, may(Action.RELEASE_MAIL)], body: DecisionBody
    ) -> SwitchView:
        return await decide(held=False, by=principal.actor, reason=body.reason)

    return router
