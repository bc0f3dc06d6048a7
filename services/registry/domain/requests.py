"""Requests of units for what would lower their own duty: raised, decided, withdrawn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, get_type_hints
from uuid import UUID, uuid5

from pydantic import TypeAdapter
from pydantic_core import to_json, to_jsonable_python

from services.registry.domain import draft_commands as drafts
from services.registry.domain import errors
from services.registry.domain.draft_commands import (
    AnswerRequest,
    DecideRequest,
    ForwardRequest,
    Given,
    OnDraft,
    RequestTransfer,
    WithdrawRequest,
)
from services.registry.domain.draft_state import Draft, Request
from shared.contracts.event import LOA_NAMESPACE
from shared.contracts.registry import (
    DraftEvent,
    DraftRequestAnswered,
    DraftRequestDecided,
    DraftRequestForwarded,
    DraftRequestRaised,
    Wanted,
)
from shared.contracts.vocabulary import RequestDecision, RequestKind
from shared.kernel.errors import Refusal

NOT_STORED = frozenset({"by", "today", "oversight", "related", "was"})
"""Who gives a command and when is the decider's; what a command refers to is read again at the approval."""
COMMANDS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "exempt": drafts.Exempt,
        "correct_exemption": drafts.CorrectExemption,
        "assess_scope": drafts.AssessScope,
        "remove_policy": drafts.RemovePolicy,
        "enter_stage": drafts.EnterStage,
        "resume": drafts.Resume,
        "correct_stage": drafts.CorrectStage,
        "cancel_stage": drafts.CancelStage,
        "decide_procedure": drafts.DecideProcedure,
        "amend": drafts.Amend,
        "transfer": drafts.Transfer,
    }
)
NAMES: Mapping[type[Any], str] = MappingProxyType({command: name for name, command in COMMANDS.items()})


def wanted_of(command: Any) -> Wanted:
    """Give the fields of a command as JSON, without those that are empty."""
    names = (field.name for field in fields(command) if field.name not in NOT_STORED)
    given = {name: to_jsonable_python(getattr(command, name)) for name in names}
    return {name: value for name, value in given.items() if value not in (None, {}, [])}


def command_of(raised: DraftRequestRaised, given: Given, more: Mapping[str, Any] | None = None) -> Any:
    """Make the command that a request asks for, with `more` fields that its decider gives."""
    kind, adapters = COMMANDS[raised.command], _adapters(raised.command)
    values = {name: value for name, value in {**raised.wanted, **(more or {})}.items() if name in adapters}
    try:
        read = {name: adapters[name].validate_python(value) for name, value in values.items()}
        if kind in (drafts.CorrectStage, drafts.CancelStage):
            read["was"] = None
        return kind(**read, **given)
    except TypeError as error:
        raise errors.RequestIncomplete(raised.kind, _missing(adapters, values)) from error


@lru_cache(len(COMMANDS))
def _adapters(name: str) -> Mapping[str, TypeAdapter[Any]]:
    hints = get_type_hints(COMMANDS[name])
    return {field: TypeAdapter(hint) for field, hint in hints.items() if field not in NOT_STORED}


def _missing(adapters: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    return [name for name in ("to_unit_code", "on") if name in adapters and name not in values]


def raised(draft: Draft, command: Any, kind: RequestKind) -> Sequence[DraftRequestRaised]:
    """Ask for what a command would record; what waits already is not asked for again."""
    name, wanted = _asked(command)
    if same(draft, name, wanted) is not None:
        return []
    oversight, asked = command.oversight, command.oversight.asked
    return [
        DraftRequestRaised(
            request_id=_request_id(draft, name, wanted),
            kind=kind,
            command=name,
            wanted=wanted,
            unit_code=draft.lead_on(command.today),
            raised_on=command.today,
            decider_code=oversight.decider_code,
            document=asked.document or getattr(command, "document", None),
            reason=asked.reason or getattr(command, "reason", None),
            gap_id=asked.gap_id,
            stage=asked.stage,
            recipient_id=asked.recipient_id,
        )
    ]


def _asked(command: Any) -> tuple[str, Wanted]:
    if isinstance(command, drafts.Register):
        return NAMES[drafts.AssessScope], {"scope": to_jsonable_python(command.scope)}
    if isinstance(command, RequestTransfer):
        return NAMES[drafts.Transfer], {"to_unit": command.to_unit} if command.to_unit else {}
    return NAMES[type(command)], wanted_of(command)


def waiting_for(draft: Draft, command: Any) -> Request | None:
    """Find the request that waits for what a command would record."""
    if type(command) not in NAMES and not isinstance(command, drafts.Register | RequestTransfer):
        return None
    return same(draft, *_asked(command))


def asked_for(draft: Draft, command: Any) -> bool:
    """Say whether what a command would record was ever asked for, whatever became of it."""
    wanted = _asked(command)
    return any((each.raised.command, each.raised.wanted) == wanted for each in draft.requests)


def same(draft: Draft, name: str, wanted: Wanted) -> Request | None:
    matches = (r for r in draft.requests if (r.raised.command, r.raised.wanted) == (name, wanted))
    return next((request for request in matches if request.is_waiting), None)


def _request_id(draft: Draft, name: str, wanted: Wanted) -> UUID:
    """Name a request by its place among those of the draft, and by what it asks for."""
    content = to_json([len(draft.requests), name, sorted(wanted.items())]).decode()
    return uuid5(LOA_NAMESPACE, f"request:{draft.registered.draft_code}:{content}")


Decide = Callable[[Draft, Any], Sequence[DraftEvent]]


def settle(draft: Draft, command: DecideRequest, decide: Decide) -> Iterator[DraftEvent]:
    """Decide a request; an approval records what was asked for, as the draft stands now."""
    request = _waiting(draft, command.request_id)
    if command.decision is RequestDecision.REFUSED and not command.reason:
        raise errors.ReasonMissing
    yield _settlement(request, command, command.decision)
    if command.decision is not RequestDecision.APPROVED:
        return
    if command.wanted is None:
        raise errors.RequestIncomplete(request.raised.kind, [])
    try:
        yield from decide(draft, replace(command.wanted, by=command.by))
    except Refusal as refusal:
        raise errors.RequestOutdated(refusal) from refusal


def answer(draft: Draft, command: AnswerRequest) -> Sequence[DraftEvent]:
    """Answer without deciding; the same words again, by the same body, change nothing."""
    request = _waiting(draft, command.request_id)
    last = request.answered
    if last is not None and (last.reply, last.by_unit_code) == (command.reply, command.by.unit_code):
        return []
    return [DraftRequestAnswered.of(command, **_step(request, command))]


def forward(draft: Draft, command: ForwardRequest) -> Sequence[DraftEvent]:
    """Pass a request on; to where it was forwarded last it is not forwarded again."""
    request = _waiting(draft, command.request_id)
    if request.forwarded is not None and request.forwarded.to_unit_code == command.to_unit_code:
        return []
    possible = [code for code in command.line if code != command.by.unit_code]
    if command.to_unit_code not in possible:
        raise errors.CannotForward(command.to_unit_code, possible)
    return [DraftRequestForwarded.of(command, **_step(request, command))]


def withdraw(draft: Draft, command: WithdrawRequest) -> Iterator[DraftEvent]:
    request = _waiting(draft, command.request_id)
    yield _settlement(request, command, RequestDecision.WITHDRAWN)


def _waiting(draft: Draft, request_id: UUID) -> Request:
    request = draft.request(request_id)
    if request is None:
        raise errors.RequestNotFound(request_id)
    if request.settled is not None:
        raise errors.RequestSettled(request.settled.decision, request.settled.on)
    return request


def _settlement(
    request: Request, command: DecideRequest | WithdrawRequest, decision: RequestDecision
) -> DraftRequestDecided:
    return DraftRequestDecided.of(command, decision=decision, **_step(request, command))


def _step(request: Request, command: OnDraft) -> dict[str, Any]:
    """Give what a command does not say of a step of a request: what was asked for by whom, and who acts when."""
    return {
        "kind": request.raised.kind,
        "on": command.today,
        "unit_code": request.raised.unit_code,
        "by_unit_code": command.by.unit_code,
    }
