"""The order of a draft's stage entries by date, as far as commands need it to accept or refuse one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import uuid5

from shared.contracts.ids import LOA_NAMESPACE
from shared.contracts.vocabulary import ENDS, Precision, Stage
from shared.rules.facts import StageEntry
from shared.rules.sequence import in_order


@dataclass(frozen=True, slots=True)
class Entry:
    """The draft entered `stage` on `entered_on`; `resumed` marks going on after a suspension."""

    stage: Stage
    entered_on: date
    precision: Precision = Precision.DAY
    resumed: bool = False

    def equals_content(self, other: "Entry") -> bool:
        return (self.stage, self.entered_on, self.precision) == (
            other.stage,
            other.entered_on,
            other.precision,
        )


@lru_cache(maxsize=4096)
def fact_of(entry: Entry) -> StageEntry:
    """Give an entry as the rules see it; within one draft it is identified by its content."""
    content = f"{entry.stage}:{entry.entered_on}:{entry.precision}:{entry.resumed}"
    return StageEntry(
        entry_id=uuid5(LOA_NAMESPACE, content),
        stage=entry.stage,
        entered_on=entry.entered_on,
        precision=entry.precision,
        resumed=entry.resumed,
    )


def after_end(entries: Sequence[Entry], entry: Entry) -> Entry | None:
    """Return the end that forbids `entry`, if there is one.

    Ends are final: what is later by date is refused. Of two ends the earliest holds, on one date the
    withdrawal, so an earlier end (or a withdrawal on the day of a merger) is still taken.
    """
    ends = sorted((e for e in entries if e.stage in ENDS), key=_of_end)
    if not ends:
        return None
    refused = (
        _of_end(entry) >= _of_end(ends[0]) if entry.stage in ENDS else entry.entered_on > ends[0].entered_on
    )
    return ends[0] if refused else None


def _of_end(entry: Entry) -> tuple[date, int]:
    return entry.entered_on, entry.stage.order


def interrupted(before: Sequence[StageEntry]) -> Stage | None:
    """Return the stage that is interrupted at the end of `before`, if the draft is suspended then."""
    if len(before) > 1 and before[-1].stage is Stage.SUSPENDED:
        return before[-2].stage
    return None


def stage_to_resume(entries: Sequence[Entry], on: date) -> Stage | None:
    """Return the interrupted stage in which a draft goes on that resumes on a day, None if there is none."""
    return interrupted(stages_before(entries, Entry(Stage.REGISTERED, on, resumed=True)))


def stages_before(entries: Sequence[Entry], entry: Entry) -> Sequence[StageEntry]:
    """Return the stages that the draft went through before `entry`, in order."""
    sequence = [e for e in (*entries, entry) if e.stage is not Stage.SOCIAL_CRITICISM]
    ordered = in_order(fact_of(e) for e in sequence)
    this = fact_of(entry)
    return ordered[: next((n for n, fact in enumerate(ordered) if fact == this), 0)]


def is_late(entries: Sequence[Entry], entry: Entry) -> bool:
    """Return whether later entries were recorded already: the entry is taken, and marked."""
    return any(other.entered_on > entry.entered_on for other in entries)


def is_unusual(before: Sequence[StageEntry], entry: Entry) -> bool:
    """Return whether the entry goes back, against the usual order of the stages."""
    been = [fact for fact in before if fact.stage is not Stage.SUSPENDED]
    return bool(been) and entry.stage.order < been[-1].stage.order


def latest_day(entries: Sequence[Entry]) -> date | None:
    return max((entry.entered_on for entry in entries), default=None)
