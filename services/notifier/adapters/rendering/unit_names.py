"""What units are called in mails: `Names` are by code, as they are called on the day."""

from collections.abc import Mapping

from services.notifier.adapters.delivery.message import header

Names = Mapping[str, str]


def named(names: Names, code: str | None) -> str:
    """Name a unit in one line, by its code if it has no name; nothing for no unit."""
    return header(names.get(code, code)) if code else ""
