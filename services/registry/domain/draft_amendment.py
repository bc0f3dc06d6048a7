"""Amendments: what was registered wrongly or was missing is corrected; an end is never undone by it."""

from collections.abc import Sequence
from typing import Any

from services.registry.domain import errors
from services.registry.domain.draft_commands import Amend
from services.registry.domain.draft_state import Draft
from shared.contracts.registry import DraftAmended
from shared.contracts.vocabulary import CLOSING_BY_LAW, ENDS, Clearable
from shared.directory.drafts import AMENDABLE, amended

_END_NAMES = frozenset(ENDS)


def decide(draft: Draft, command: Amend) -> Sequence[DraftAmended]:
    """Record what really changes; values that the draft has already are left out, and without changes there is no event.

    Instrument and regime are always taken, also after an end: `adopted`, `promulgated`, `published`, `withdrawn` and
    `merged` end a draft under every procedure, so the new one can't undo an end; a stage that it doesn't have
    becomes a finding. Refused is what contradicts a recorded end:

    - a final number for a draft that was withdrawn or merged and not adopted before (only a document has a number);
    - an outcome other than the recorded end: "withdrawn" or "merged" for an adopted draft; another than its own
      for one that was withdrawn or merged, or clearing it;
    - a field that is both given and cleared, as the two contradict each other.

    To do so all the same, correct the stage entry first.
    """
    if both := [name for name in command.cleared if getattr(command, name) is not None]:
        raise errors.AmendsAndClears(both)
    changes = {name: value for name, value in amended(command).items() if _now(draft, name) != value}
    if not changes:
        return []
    _check_end(draft, changes)
    given = {name: changes.get(name) for name in AMENDABLE}
    cleared = tuple(name for name in Clearable if name in changes and changes[name] is None)
    return [DraftAmended(**given, cleared=cleared, reason=command.reason)]


def _now(draft: Draft, name: str) -> Any:
    return getattr(draft.described, name)


def _check_end(draft: Draft, changes: dict[str, Any]) -> None:
    stages = {entry.stage for entry in draft.entries}
    adopted, ends = stages & CLOSING_BY_LAW, stages & ENDS
    if ends and not adopted:
        end = min(ends, key=lambda stage: stage.order)
        if changes.get("final_number") is not None:
            raise errors.AmendmentUndoesEnd(end, "final_number")
        if "outcome" in changes and changes["outcome"] not in ends:
            raise errors.AmendmentUndoesEnd(end, "outcome")
    elif adopted and changes.get("outcome") in _END_NAMES - ends:
        raise errors.AmendmentUndoesEnd(min(adopted, key=lambda stage: stage.order), "outcome")
