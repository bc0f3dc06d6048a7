"""What an event says, without what is only noted beside: that alone is not said anew."""

from typing import TypeVar

from shared.contracts.event import Event

E = TypeVar("E", bound=Event)


def plain(event: E) -> E:
    """Leave the notes out of an event that may bear any."""
    return event.model_copy(update={"notes": None}) if "notes" in type(event).model_fields else event
