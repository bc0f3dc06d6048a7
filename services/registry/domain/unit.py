"""The unit aggregate: an organisation unit, never deleted; it is amended, renamed, moved, succeeded or dissolved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property, reduce
from typing import Any, assert_never
from uuid import UUID

from services.registry.domain.errors import AmendsAndClears, UnitDiffers, UnitNotFound
from services.registry.domain.references import unit_checks
from services.registry.domain.references.errors import (
    AlreadyCancelled,
    ChangeExists,
    ChangeNotFound,
    DraftsHandedOver,
    EndsBeforeBegin,
    NotCancelled,
    NotOfChange,
    SuccessorMissing,
)
from services.registry.domain.references.unit_checks import Related
from shared.contracts.event import SUPERVISION, About, Acting, Decider, without_notes
from shared.contracts.registry import (
    UnitAmended,
    UnitChangeCancelled,
    UnitDissolved,
    UnitEvent,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitSupervisionSet,
    UnitTargetSet,
)
from shared.contracts.vocabulary import (
    Dataset,
    SuccessionKind,
    SupervisionKind,
    UnitClearable,
    UnitKind,
    UnitLevel,
)
from shared.directory import folds
from shared.directory.folds import UnitDirectory
from shared.rules.rights.table import OtherUnit, require

Change = (
    UnitAmended | UnitRenamed | UnitMoved | UnitSucceeded | UnitDissolved | UnitTargetSet | UnitSupervisionSet
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnUnit:
    """`by` is for whom the command is given, on the day of the command.

    `related` are the registered units that the command's references lead to.
    """

    unit_code: str
    by: Acting = field(default=SUPERVISION, compare=False)
    related: Related = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(OnUnit):
    unit_name: str
    level: UnitLevel
    kind: UnitKind
    parent_code: str | None = None
    province_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    note: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend(OnUnit):
    """Correct what was registered wrongly.

    None leaves a field as it is; `cleared` names those whose value was wrong and has no replacement.
    """

    level: UnitLevel | None = None
    kind: UnitKind | None = None
    parent_code: str | None = None
    province_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    cleared: tuple[UnitClearable, ...] = ()
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(OnUnit):
    unit_name: str
    on: date
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(OnUnit):
    """Put the unit under another parent (None: under none) from a day on."""

    parent_code: str | None
    on: date
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissolve(OnUnit):
    """End the unit on a day without a successor."""

    on: date
    kind: SuccessionKind = SuccessionKind.DISSOLVE
    legal_basis: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(OnUnit):
    """Let `to_code` carry on what the unit did, from a day on; several successors are several commands."""

    to_code: str
    kind: SuccessionKind
    on: date
    legal_basis: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTarget(OnUnit):
    """Set the unit's own target for a reporting year, in percent (0..100)."""

    year: int
    target_percent: float
    document: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSupervision(OnUnit):
    """Let another unit follow this one as `kind` from a day on; None: nobody is set any more, the default holds."""

    supervisor_code: str | None = None
    kind: SupervisionKind
    on: date
    document: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelChange(OnUnit):
    """Take back a change that was recorded wrongly; `change_id` is the id of its event.

    `handed_over` are the drafts that a successor leads since the unit handed them over to it.
    """

    change_id: UUID
    reason: str
    document: str | None = None
    handed_over: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectChange(OnUnit):
    """Take a change back and record it as it should stand.

    `right` are the fields of its event that were wrong, with their values; the others stay as they are. `handed_over` as of
    `CancelChange`.
    """

    change_id: UUID
    right: Mapping[str, Any]
    reason: str
    handed_over: tuple[str, ...] = field(default=(), compare=False)


Dated = Rename | Move | Dissolve | Succeed | SetTarget | SetSupervision
Command = Register | Amend | Dated | CancelChange | CorrectChange


@dataclass(frozen=True, slots=True)
class Absent:
    """The unit is not registered."""


@dataclass(frozen=True)
class Unit:
    """`registered` is how it was registered, `described` the same with all amendments.

    `changes` are those that hold, `change_ids` the ids of their events (None: not recorded yet); `cancelled` are the others.
    """

    registered: UnitRegistered
    described: UnitRegistered
    changes: tuple[Change, ...] = ()
    change_ids: tuple[UUID | None, ...] = ()
    cancelled: tuple[UnitChangeCancelled, ...] = ()

    @cached_property
    def by_day(self) -> folds.Unit:
        """The unit as the directory has it: its name, its parent and the rest by day; each stage of an import asks for it."""
        return reduce(folds.evolve_unit, self.changes, folds.registered_unit(self.registered))


State = Absent | Unit


def decide(state: State, command: Command) -> Sequence[UnitEvent]:
    if isinstance(command, CancelChange):
        return _cancel(state, command)
    if isinstance(command, CorrectChange):
        return _correct(state, command)
    _check_acting(command)
    if not isinstance(command, Register) and isinstance(state, Unit):
        _check_taken_from(command, state.by_day)
    events = _decide(state, command)
    _check_followed(command, state, events)
    return events


def _cancel(state: State, command: CancelChange) -> Sequence[UnitChangeCancelled]:
    """Cancel a change that holds; the unit must stand soundly in the tree without it."""
    require(command.by, command.unit_code)
    if isinstance(state, Absent):
        raise UnitNotFound(command.unit_code)
    if command.change_id in {each.change_id for each in state.cancelled}:
        return _cancel_again(state, command)
    change = change_of(state, command.change_id)
    if change is None:
        raise ChangeNotFound(command.unit_code)
    if isinstance(change, UnitAmended | UnitTargetSet):
        raise NotCancelled
    cancellation = UnitChangeCancelled.of(
        command, change=folds.CANCELLABLE[type(change)], changed_on=change.on
    )
    after = after_cancelling(state, command.change_id)
    _check_cancelling(command, change, state.by_day, after)
    if isinstance(change, UnitSucceeded) and command.handed_over:
        raise DraftsHandedOver(command.unit_code, change.to_code, change.on, command.handed_over)
    unit_checks.check_rings(after, command.related)
    _check_followed(command, state, [cancellation])
    return [cancellation]


def _cancel_again(state: Unit, command: CancelChange) -> Sequence[UnitChangeCancelled]:
    """Change nothing when it is cancelled by the same words again; by others it stays as it is."""
    first = next(each for each in state.cancelled if each.change_id == command.change_id)
    if (first.reason, first.document) != (command.reason, command.document):
        raise AlreadyCancelled(first.reason)
    return []


def _correct(state: State, command: CorrectChange) -> Sequence[UnitEvent]:
    """Cancel a change and record it as it should stand: both, or neither if one of them is refused."""
    require(command.by, command.unit_code)
    if isinstance(state, Absent):
        raise UnitNotFound(command.unit_code)
    change = change_of(state, command.change_id)
    if change is None:
        return _correct_again(state, command)
    if isinstance(change, UnitAmended | UnitTargetSet):
        raise NotCancelled
    if others := sorted(command.right.keys() - (type(change).model_fields.keys() - {"unit_code", "notes"})):
        raise NotOfChange(folds.CANCELLABLE[type(change)], others)
    now = change.model_copy(update=dict(command.right))
    if now == change:
        return []
    handed_over = command.handed_over if _moves_drafts(command) else ()
    cancel = CancelChange(
        unit_code=command.unit_code,
        change_id=command.change_id,
        reason=command.reason,
        handed_over=handed_over,
        by=command.by,
        related=command.related,
    )
    gone = _cancel(state, cancel)
    without: State = state
    for event in gone:
        without = evolve(without, event)
    right = decide(without, _recording(now, command))
    if not right:
        raise ChangeExists
    return [*gone, *right]


def _moves_drafts(command: CorrectChange) -> bool:
    """Whether the drafts that were handed over would no longer follow the change: its successor or its day is another."""
    return not {"to_code", "on"}.isdisjoint(command.right)


def _correct_again(state: Unit, command: CorrectChange) -> Sequence[UnitEvent]:
    """Change nothing where the change was taken back and one of its kind stands as it should."""
    gone = next((each for each in state.cancelled if each.change_id == command.change_id), None)
    if gone is None:
        raise ChangeNotFound(command.unit_code)
    same = (each for each in state.changes if folds.CANCELLABLE.get(type(each)) is gone.change)
    if any(all(getattr(each, name, None) == value for name, value in command.right.items()) for each in same):
        return []
    raise AlreadyCancelled(gone.reason)


_RECORDING: Mapping[type, type[Rename | Move | Dissolve | Succeed | SetSupervision]] = {
    UnitRenamed: Rename,
    UnitMoved: Move,
    UnitDissolved: Dissolve,
    UnitSucceeded: Succeed,
    UnitSupervisionSet: SetSupervision,
}


def _recording(change: Change, command: CorrectChange) -> Dated:
    """Give the command that records a change."""
    kind = _RECORDING[type(change)]
    names = {each.name for each in fields(kind)}
    given = {
        name: value
        for name, value in dict(change).items()
        if name in names and (name, value) != ("notes", None)
    }
    return kind(**given, by=command.by, related=command.related)


def successor_of(command: Command) -> str | None:
    """Give the unit that a command names as carrying on: it has to be registered."""
    match command:
        case Succeed(to_code=code):
            return code
        case CorrectChange(right={"to_code": str(code)}):
            return code
        case _:
            return None


def change_of(unit: Unit, change_id: UUID) -> Change | None:
    """Find a change that holds by the id of its event."""
    changes = zip(unit.change_ids, unit.changes, strict=True)
    return next((change for number, change in changes if number == change_id), None)


def after_cancelling(unit: Unit, change_id: UUID) -> folds.Unit:
    """Give the unit as the directory has it without one of its changes."""
    return _without(unit, change_id).by_day


def _check_cancelling(
    command: CancelChange, change: folds.DatedChange, before: folds.Unit, after: folds.Unit
) -> None:
    """Refuse what touches units outside the caller's area: whom the change names, and below whom the unit stands then."""
    by = command.by
    named = {
        code
        for code in (getattr(change, "to_code", None), getattr(change, "supervisor_code", None))
        if code is not None
    }
    places = {before.parent_on(change.on), after.parent_on(change.on), after.parent_on(date.max)}
    touched = named | (places - {before.parent_on(date.max)})
    for other in sorted(touched - {by.unit_code}, key=str):
        require(by, other)


def _decide(state: State, command: Register | Amend | Dated) -> Sequence[UnitEvent]:
    if isinstance(command, Register):
        return _register(state, command)
    if isinstance(state, Absent):
        raise UnitNotFound(command.unit_code)
    if isinstance(command, Amend):
        return _amend(state, command)
    change = _change(command)
    if _is_recorded(state, change):
        return []
    _check(state.by_day, command)
    return [change]


def _check_acting(command: Register | Amend | Dated) -> None:
    """Refuse a unit outside the caller's area, and that one comes under, after or by a unit outside of it."""
    by = command.by
    if isinstance(command, Register):
        require(by, command.parent_code)
        return
    require(by, command.unit_code)
    for other in _others(command):
        if other is None or other != by.unit_code:
            require(by, other)


def _others(command: Command) -> Sequence[str | None]:
    """Give the other units on which the place of a unit depends after a command; None is no unit at all."""
    match command:
        case Move():
            return [command.parent_code]
        case Succeed():
            return [command.to_code]
        case SetSupervision(supervisor_code=str(supervisor)):
            return [supervisor]
        case Amend() if command.parent_code or UnitClearable.PARENT_CODE in command.cleared:
            return [command.parent_code]
        case _:
            return []


def _check_taken_from(command: Dated | Amend, unit: folds.Unit) -> None:
    """Refuse a change on a day on which the unit stood elsewhere in the tree: it changes what was somebody else's."""
    by = command.by
    match command:
        case Move() | Succeed() | Dissolve() | SetSupervision() | Rename():
            stood_below = unit.parent_on(command.on)
        case Amend():
            stood_below = unit.parent_code
        case _:
            return
    if stood_below not in (by.unit_code, unit.parent_on(date.max)):
        require(by, stood_below)


def _check_followed(command: Command, state: State, events: Sequence[UnitEvent]) -> None:
    """Refuse to make a unit follow others by default for whom the caller does not decide: it would name its own judge."""
    by = command.by
    if by.supervises or not events:
        return
    after = reduce(evolve, events, state)
    before = _followed_by_default(state, command.related)
    for followed in sorted(_followed_by_default(after, command.related) - before):
        if followed != command.unit_code and not by.may_decide_for(followed):
            raise OtherUnit(followed)


def _followed_by_default(state: State, related: Related) -> frozenset[str]:
    """Give the units whose subtrees a unit follows by its kind, name and place, on any day."""
    if isinstance(state, Absent):
        return frozenset()
    unit = state.by_day
    units = UnitDirectory({**related, unit.unit_code: unit})
    changes = (day for of in units.units.values() for day, _ in (*of.names, *of.parents))
    days = {unit.valid_from or date.min, date.max, *changes}
    return frozenset(
        root for day in days if (root := units.on(day).areas.followed_by_default(unit.unit_code))
    )


def _is_recorded(state: Unit, change: Change) -> bool:
    """Tell whether a change adds nothing: of those that replace each other only the last one counts."""
    same = [without_notes(item) for item in state.changes if _replaced_by(item) == _replaced_by(change)]
    return same[-1:] == [without_notes(change)]


def _replaced_by(change: Change) -> Any:
    """Name what a change says something about: of two with the same name the one recorded last holds."""
    match change:
        case UnitRenamed() | UnitMoved():
            return change.name, change.on
        case UnitSupervisionSet():
            return change.name, change.on, change.kind
        case UnitTargetSet():
            return change.name, change.year
        case _:
            return without_notes(change)  # each stands for itself


def _change(command: Dated) -> Change:
    match command:
        case Rename():
            return UnitRenamed.of(command)
        case Move():
            return UnitMoved.of(command)
        case Dissolve():
            return UnitDissolved.of(command)
        case Succeed():
            return UnitSucceeded.of(command)
        case SetTarget():
            return UnitTargetSet.of(command)
        case SetSupervision():
            return UnitSupervisionSet.of(command)
        case _:
            assert_never(command)


def _check(unit: folds.Unit, command: Dated) -> None:
    match command:
        case Rename():
            unit_checks.check_valid(unit, command.on)
        case Move():
            unit_checks.check_move(unit, command.parent_code, command.on, command.related)
        case Dissolve():
            _check_end(unit, command)
        case Succeed():
            unit_checks.check_succession(unit, command.to_code, command.on, command.related)
        case SetSupervision():
            unit_checks.check_supervisor(unit, command.supervisor_code, command.on, command.related)
        case SetTarget():
            pass
        case _:
            assert_never(command)


def _check_end(unit: folds.Unit, command: Dissolve) -> None:
    if command.kind is not SuccessionKind.DISSOLVE:
        raise SuccessorMissing(command.kind)
    if unit.valid_from and command.on < unit.valid_from:
        raise EndsBeforeBegin(unit.valid_from, command.on)


def _register(state: State, command: Register) -> Sequence[UnitEvent]:
    """Register once; a repeated registration with the original or the amended content changes nothing.

    Its name and parent may be those of a later day: what is exported after a change is imported again.
    """
    unit = UnitRegistered.of(command)
    if isinstance(state, Unit):
        as_recorded = (state.registered, state.described)
        if not any(unit == each.model_copy(update=_of_a_day(state, unit)) for each in as_recorded):
            raise UnitDiffers(unit.unit_code)
        return []
    unit_checks.check_registration(folds.registered_unit(unit), unit.province_code, command.related)
    return [unit]


def _of_a_day(state: Unit, unit: UnitRegistered) -> dict[str, Any]:
    """Give those of the name and the parent that the unit has on some later day."""
    names = {change.unit_name for change in state.changes if isinstance(change, UnitRenamed)}
    parents = {change.parent_code for change in state.changes if isinstance(change, UnitMoved)}
    name = {"unit_name": unit.unit_name} if unit.unit_name in names else {}
    return name | ({"parent_code": unit.parent_code} if unit.parent_code in parents else {})


def _amend(state: Unit, command: Amend) -> Sequence[UnitAmended]:
    """Record what really changes; the unit must be as sound with it as a new one."""
    if both := [name for name in command.cleared if getattr(command, name) is not None]:
        raise AmendsAndClears(both)
    changes = {
        name: value
        for name, value in folds.amended_unit(command).items()
        if getattr(state.described, name) != value
    }
    if not changes:
        return []
    cleared = tuple(name for name in UnitClearable if name in changes and changes[name] is None)
    amendment = UnitAmended(
        unit_code=command.unit_code, **_given(changes), cleared=cleared, reason=command.reason
    )
    after = folds.evolve_unit(state.by_day, amendment)
    unit_checks.check_registration(
        after, changes.get("province_code", state.described.province_code), command.related
    )
    return [amendment]


def _given(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if value is not None}


def evolve(state: State, event: UnitEvent) -> State:
    return evolve_with_id(state, event, None)


def evolve_with_id(state: State, event: UnitEvent, event_id: UUID | None) -> State:
    if isinstance(event, UnitRegistered):
        return Unit(event, event)
    if isinstance(state, Absent):
        return state
    if isinstance(event, UnitChangeCancelled):
        return replace(_without(state, event.change_id), cancelled=(*state.cancelled, event))
    if isinstance(event, UnitAmended):
        state = replace(state, described=state.described.model_copy(update=folds.amended_unit(event)))
    return replace(state, changes=(*state.changes, event), change_ids=(*state.change_ids, event_id))


def _without(state: Unit, change_id: UUID) -> Unit:
    remaining = [
        (change, number)
        for change, number in zip(state.changes, state.change_ids, strict=True)
        if number != change_id or type(change) not in folds.CANCELLABLE
    ]
    return replace(
        state,
        changes=tuple(change for change, _ in remaining),
        change_ids=tuple(number for _, number in remaining),
    )


def about(state: State, _day: date) -> About | None:
    if isinstance(state, Absent):
        return None
    return About(unit_code=state.registered.unit_code, dataset=state.registered.dataset)


unit: Decider[State, Command, UnitEvent] = Decider(
    "unit", Absent(), decide, evolve, about, evolve_with_id=evolve_with_id
)
