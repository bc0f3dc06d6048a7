"""What a decision about a notification looks at: a moment, a gap and a recipient, a mail, a delivery."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from services.notifier.domain.delivery.delivery_state import DigestState
from services.notifier.domain.gaps.alert_context import UNTOUCHED, AlertContext
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.notification.escalation import Verdict
from services.notifier.domain.notification.standing import LastNotification, Standing
from shared.contracts.vocabulary import OptionalMail
from shared.rules.rulebook.working_days import Calendar

if TYPE_CHECKING:
    from services.notifier.domain.notification.reasons import Reason


@dataclass(frozen=True, slots=True)
class MomentCase:
    """Whether mail goes out at all at a moment (Vietnam's time)."""

    local: datetime
    calendar: Calendar


class Purpose(Enum):
    """For what mail a gap is looked at."""

    DUTY = "duty"  # a digest, to who answers for it
    ABOVE = "above"  # a digest, to a unit above
    AT_ONCE = "at_once"  # a mail of its own, if it can't wait for a digest
    LIST = "list"  # a list of what is overdue
    RENEWED = "renewed"  # asked for by its reader


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCase:
    """Whether a gap stands in a mail to a recipient. `pending`: its alert is not in the gap's state yet.

    `notified` is the recipient's last notification of it, `climbed`: it has gone up to this recipient, `stand_in`: the
    recipient reads for its unit, which lists nobody; `local` is the moment (Vietnam's time), where not only the day counts.
    """

    gap: Gap
    day: date
    calendar: Calendar
    purpose: Purpose = Purpose.DUTY
    notified: LastNotification | None = None
    context: AlertContext = UNTOUCHED
    verdict: Verdict = Verdict.NOT_OVERDUE
    climbed: bool = False
    stand_in: bool = False
    pending: bool = False
    local: datetime | None = None


class MailLine(Protocol):
    """A gap in a mail."""

    @property
    def gap(self) -> Gap: ...
    @property
    def reason(self) -> "Reason": ...
    @property
    def standing(self) -> Standing: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether today is the day of the week that a mailbox chose, and the next working day that is."""

    today: bool
    following: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCase:
    """Whether a mail goes out to a mailbox. `lines` is None for a mail that is due whatever stands in it.

    `sent_today` and `sent_later`: the ledger has one of its kind of this day, or of a later one. `ends` is what its
    reader may have ended (`unwanted`); `turn` that of the chosen day of the week, if any.
    """

    has_reader: bool = True
    sent_today: bool = False
    sent_later: bool = False
    run_made: bool = False
    lines: Sequence[MailLine] | None = None
    ends: OptionalMail | None = None
    unwanted: frozenset[OptionalMail] = frozenset()
    turn: Turn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCase:
    """What became of a mail that was to go out; no `state`: another tick had queued it."""

    simulated: bool = False
    held: bool = False
    state: DigestState | None = None


Case = MomentCase | GapCase | MailCase | DeliveryCase
