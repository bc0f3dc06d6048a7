"""What the envelope says of the draft that an event is about, so that a consumer needs no table of its own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The CloudEvents extensions `draftcode`, `unitcode` and `dataset`.

    `unit_code` is the lead unit of the draft on the day of recording; of an event that is about no draft, the unit
    itself. `dataset` is a value of `Dataset`, or one that a later release added.
    """

    draft_code: str | None = None
    unit_code: str | None = None
    dataset: str | None = None


NOTHING = About()
ABOUT_DRAFTS = frozenset({"draft", "plan", "communication", "compliance", "alert"})
"""The contexts whose every event is about a draft and bears all three."""
