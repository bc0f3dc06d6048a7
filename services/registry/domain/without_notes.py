"""Events without their notes: a repeated command that differs in notes alone records no event."""

from typing import TypeVar

from shared.contracts.event import Event

E = TypeVar("E", bound=Event)


def plain(event: E) -> E:
    """Leave the notes out of an event that may bear any."""
    return event.model_copy(update={"notes": None}) if "notes" in type(event).model_fields else event
