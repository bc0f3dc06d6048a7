"""How a rebuild of metrics is divided: by draft, for what follows from one draft never needs another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from uuid import UUID

import orjson
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.projection.records import SqlRecords, recorded_days, write_days, write_others
from services.metrics.application.projections import project_drafts
from shared.contracts.envelope import Recorded
from shared.kernel.errors import PermanentError
from shared.projections.batches import RawEvent
from shared.projections.division import Division
from shared.rules.rulebook.rulebook import Rulebook, RuleFile, rulebook_with

OF_DRAFTS = frozenset({"draft", "communication"})
PART = f"{__name__}:draft_rows"
Days = Sequence[tuple[str, int]]  # of each day the position of the last event recorded on it


@dataclass(frozen=True, slots=True)
class DraftRows:
    """Writes what follows from drafts."""

    rulebook: Rulebook
    contexts: frozenset[str] = OF_DRAFTS

    def uses(self, context: str, name: str) -> bool:  # noqa: ARG002  the port's own
        return True

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> Days:
        await project_drafts(SqlRecords(connection), events, self.rulebook)
        return [(day.isoformat(), position) for day, position in recorded_days(events).items()]


def draft_rows(rules: Sequence[tuple[str, str]]) -> DraftRows:
    """Make it in a process, of the names and texts of the operator's files of rules."""
    return DraftRows(rulebook_with([RuleFile(*file) for file in rules]))


async def apply_rest(
    connection: AsyncConnection, events: Sequence[Recorded], results: Sequence[Days]
) -> None:
    """Write what is about no draft, and when all was recorded; raises `PermanentError` for an event that a process should have."""
    if lost := [event.position for event in events if event.ref.context in OF_DRAFTS]:
        raise PermanentError("not_divided", f"positions {lost}: about a draft that could not be told")
    await write_others(connection, events)
    last = recorded_days(events)
    for written, position in chain.from_iterable(results):
        day = date.fromisoformat(written)
        last[day] = max(position, last.get(day, 0))
    await write_days(connection, last)


def draft_key(raw: RawEvent) -> str | None:
    """Give the id of the draft that an event is about, if it becomes rows of drafts; None where it cannot be read."""
    _, context, number, *_ = raw.subject.split(".")
    if context == "draft":
        return number
    if context != "communication":
        return None
    try:
        return str(UUID(orjson.loads(raw.payload)["data"]["draft_id"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def division_of(
    rules: tuple[RuleFile, ...], rulebook: Rulebook, processes: int, database_url: SecretStr
) -> Division | None:
    """Divide a rebuild by draft; None under local rules, where each change of a unit has all drafts judged again."""
    if rulebook.local:
        return None
    given = [[(file.name, file.text) for file in rules]]
    return Division(PART, given, draft_key, apply_rest, processes, database_url)
