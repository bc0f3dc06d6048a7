"""The registered units that a command's references lead to, read from the log."""

from collections.abc import Callable, Iterable

from services.registry.domain import unit as units
from services.registry.domain.references.unit_checks import Related, parents_of, successors_of
from shared.contracts.envelope import AggregateRef
from shared.contracts.event import unit_id
from shared.directory.folds import Unit
from shared.eventstore.handle import EventStore


def references_of(command: units.Command) -> tuple[str, ...]:
    """Give the units that a command names besides its own."""
    match command:
        case units.Register(parent_code=str(code)) | units.Move(parent_code=str(code)):
            return (code,)
        case units.Succeed(to_code=code) | units.SetSupervision(supervisor_code=str(code)):
            return (code,)
        case _:
            return ()


async def related_to(store: EventStore, command: units.Command, state: units.State) -> Related:
    """Read the units above the named parent, or those that carry on for the named successor, at any time."""
    match command:
        case units.Succeed():
            return await reached(store, references_of(command), successors_of)
        case units.SetSupervision():
            return await reached(store, references_of(command), lambda _: ())
        case units.CorrectChange():
            return await _of_correction(store, command, state)
        case units.Amend() | units.Rename() | units.Move() | units.CancelChange():
            own = parents_of(state.by_day) if isinstance(state, units.Unit) else set()
            named = () if isinstance(command, units.Rename | units.CancelChange) else (command.parent_code,)
            return await reached(store, {*own, *filter(None, named)}, parents_of)
        case _:
            return await reached(store, references_of(command), parents_of)


REFERENCES = ("parent_code", "to_code", "supervisor_code")


async def _of_correction(store: EventStore, command: units.CorrectChange, state: units.State) -> Related:
    """Read what the change leads to as it stands and as it should stand: the units above those, and who carries on for them."""
    change = units.change_of(state, command.change_id) if isinstance(state, units.Unit) else None
    own = parents_of(state.by_day) if isinstance(state, units.Unit) else set()
    named = {code for name in REFERENCES if (code := command.right.get(name, getattr(change, name, None)))}
    carried_on = await reached(store, named, successors_of)
    return {**carried_on, **await reached(store, own | named, parents_of)}


async def reached(
    store: EventStore, codes: Iterable[str], following: Callable[[Unit], Iterable[str]]
) -> Related:
    """Read the units of some codes and all that follow from them, each once; unregistered ones are left out."""
    units_read: dict[str, Unit] = {}
    seen, waiting = set(codes), list(codes)
    while waiting:
        if (unit := await _unit(store, waiting.pop())) is None:
            continue
        units_read[unit.unit_code] = unit
        further = set(following(unit)) - seen
        seen |= further
        waiting.extend(sorted(further))
    return units_read


async def _unit(store: EventStore, code: str) -> Unit | None:
    state = (await store.load(AggregateRef("unit", unit_id(code)))).state(units.unit)
    return state.by_day if isinstance(state, units.Unit) else None
