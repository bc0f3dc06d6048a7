"""The preference aggregate: which optional mail a mailbox takes, and on which day reminders that can wait come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never
from uuid import UUID

from services.notifier.domain.digest import Line
from services.notifier.domain.recipients.audience import Recipient
from shared.contracts.event import Decider
from shared.contracts.notifier import (
    RecipientEvent,
    RecipientFrequencyChosen,
    RecipientResubscribed,
    RecipientUnsubscribed,
)
from shared.contracts.vocabulary import Dataset, OptionalMail, PreferenceDoor, RecipientRole, Weekday

SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Preference:
    """`digest_day` is the day of the week of reminders that can wait, none: each working day."""

    digest_day: Weekday | None = None
    unwanted: frozenset[OptionalMail] = frozenset()

    def wants(self, kind: OptionalMail) -> bool:
        return kind not in self.unwanted


EVERYTHING = Preference()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefer:
    """Set all preferences; unchanged ones are not recorded."""

    recipient_id: UUID
    unit_code: str
    wanted: Preference
    through: PreferenceDoor
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """End one kind of mail, whatever else is wanted."""

    recipient_id: UUID
    unit_code: str
    kind: OptionalMail
    through: PreferenceDoor


Command = Prefer | Unsubscribe


def decide(state: Preference, command: Command) -> Sequence[RecipientEvent]:
    match command:
        case Prefer():
            return list(_differences(state, command))
        case Unsubscribe(kind=kind):
            return [] if kind in state.unwanted else [RecipientUnsubscribed(kind=kind, **_origin(command))]
        case _:
            assert_never(command)


def _differences(state: Preference, command: Prefer) -> Iterable[RecipientEvent]:
    wanted, origin = command.wanted, _origin(command)
    for kind in OptionalMail:
        if state.wants(kind) and not wanted.wants(kind):
            yield RecipientUnsubscribed(kind=kind, **origin)
        elif wanted.wants(kind) and not state.wants(kind):
            yield RecipientResubscribed(kind=kind, **origin)
    if wanted.digest_day is not state.digest_day:
        yield RecipientFrequencyChosen(digest_day=wanted.digest_day, **origin)


def _origin(command: Command) -> dict[str, Any]:
    return {
        "recipient_id": command.recipient_id,
        "unit_code": command.unit_code,
        "through": command.through,
        "reason": command.reason if isinstance(command, Prefer) else None,
    }


def evolve(state: Preference, event: RecipientEvent) -> Preference:
    match event:
        case RecipientUnsubscribed(kind=kind):
            return replace(state, unwanted=state.unwanted | {kind})
        case RecipientResubscribed(kind=kind):
            return replace(state, unwanted=state.unwanted - {kind})
        case RecipientFrequencyChosen(digest_day=day):
            return replace(state, digest_day=day)
        case _:
            assert_never(event)


preference: Decider[Preference, Command, RecipientEvent] = Decider("recipient", EVERYTHING, decide, evolve)


def offered(role: RecipientRole, *, oversees: bool = False) -> tuple[OptionalMail, ...]:
    """Give the optional mail of a role: lists for supervisors, monthly pages for heads and supervisors.

    Where the unit `oversees` others by law, both are a duty.
    """
    listed = {
        OptionalMail.WEEKLY_LIST: role is RecipientRole.SUPERVISOR and not oversees,
        OptionalMail.MONTHLY_SUMMARY: role is not RecipientRole.FOCAL_POINT and not oversees,
        OptionalMail.THANKS: True,
    }
    return tuple(kind for kind in OptionalMail if listed[kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsNote:
    """The mail that says what a mailbox has chosen, with a new link to its page: at most one a day."""

    recipient: Recipient
    day: date
    chosen: Preference
    oversees: bool = False
    kind: str = SETTINGS
    lines: tuple[Line, ...] = field(default=(), init=False)
    datasets: frozenset[Dataset] = field(default=frozenset(), init=False)

    @property
    def key(self) -> str:
        return f"{self.day.isoformat()}.{SETTINGS}.{self.recipient.recipient_id}"
