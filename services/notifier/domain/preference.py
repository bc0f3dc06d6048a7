"""The preference aggregate: which optional mail a mailbox takes, and on which day reminders that can wait come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never
from uuid import UUID

from services.notifier.domain.digest import Digest, Line
from services.notifier.domain.reasons import Reason, Skip, Standing
from services.notifier.domain.recipient import Recipient
from shared.contracts.notifier import (
    RecipientEvent,
    RecipientFrequencyChosen,
    RecipientResubscribed,
    RecipientUnsubscribed,
)
from shared.contracts.vocabulary import OptionalMail, PreferenceDoor, RecipientRole, Weekday
from shared.decider import Decider

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
    """Say all that is wanted; what is so already is not said again."""

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
            return [] if kind in state.unwanted else [RecipientUnsubscribed(kind=kind, **_said(command))]
        case _:
            assert_never(command)


def _differences(state: Preference, command: Prefer) -> Iterable[RecipientEvent]:
    wanted, said = command.wanted, _said(command)
    for kind in OptionalMail:
        if state.wants(kind) and not wanted.wants(kind):
            yield RecipientUnsubscribed(kind=kind, **said)
        elif wanted.wants(kind) and not state.wants(kind):
            yield RecipientResubscribed(kind=kind, **said)
    if wanted.digest_day is not state.digest_day:
        yield RecipientFrequencyChosen(digest_day=wanted.digest_day, **said)


def _said(command: Command) -> dict[str, Any]:
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


def offered(role: RecipientRole) -> tuple[OptionalMail, ...]:
    """Say which optional mail a role can get at all: lists go to supervisors, pages to those who lead."""
    listed = {
        OptionalMail.WEEKLY_LIST: role is RecipientRole.SUPERVISOR,
        OptionalMail.MONTHLY_SUMMARY: role is not RecipientRole.FOCAL_POINT,
        OptionalMail.THANKS: True,
    }
    return tuple(kind for kind in OptionalMail if listed[kind])


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether today is the day of the week that a mailbox chose, and the next working day that is."""

    today: bool
    following: date


def kept_back(digest: Digest, wanted: Preference, turn: Turn | None) -> Skip | None:
    """Say why a digest does not go out today, although there is news; `turn` is that of the chosen day, if any.

    It goes if anything in it is overdue, stands above its unit, or is due by the next chosen day: nobody is to hear of
    a duty on its last day.
    """
    news = [line for line in digest.lines if line.reason.is_news]
    if is_thanks(digest) and not wanted.wants(OptionalMail.THANKS):
        return Skip.UNSUBSCRIBED
    if turn is not None and not turn.today and all(_can_wait(line, turn.following) for line in news):
        return Skip.NOT_THIS_DAY
    return None


def is_thanks(digest: Digest) -> bool:
    """Say whether a mail only goes out to say what was done: nobody has to do anything for it."""
    news = {line.reason for line in digest.lines if line.reason.is_news}
    return news == {Reason.RESOLVED_SINCE}


def _can_wait(line: Line, following: date) -> bool:
    if line.standing is Standing.RESOLVED:
        return True
    return line.standing is not Standing.OVERDUE and line.gap.due_on > following


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsNote:
    """The mail that says what a mailbox has chosen, with a new link to its page: at most one a day."""

    recipient: Recipient
    day: date
    chosen: Preference
    kind: str = SETTINGS
    lines: tuple[Line, ...] = field(default=(), init=False)

    @property
    def key(self) -> str:
        return f"{self.day.isoformat()}.{SETTINGS}.{self.recipient.recipient_id}"
