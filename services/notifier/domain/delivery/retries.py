"""The state of a delivery, what a server's reply means for it, and when it is tried again."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum

from services.notifier.domain.errors import MailIsOver, MailNotFailed
from services.notifier.domain.notification.timing import HOUR, next_digest
from shared.kernel.local_day import VIETNAM
from shared.rules.rulebook.rulebook import Calendar


class DigestState(StrEnum):
    """`unsure`: it may have gone out, and its day is over, so it is not retried.

    `expired`: it was not taken while it was good for something; the next one repeats its content.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"
    EXPIRED = "expired"


WAITING = frozenset({DigestState.QUEUED, DigestState.CLAIMED})

# What failed did not notify anybody; what may have come through is repeated, under at-least-once.
NOTIFIED = WAITING | {DigestState.SENT}
UNDELIVERED = frozenset({DigestState.FAILED, DigestState.UNSURE})
SERVER_CLOSING = 421  # the server as a whole is not available
PERMANENT = 500  # replies from here on will not change by themselves
REASONS = {550: "mailbox_refused", 552: "mailbox_full", 553: "address_refused", 554: "message_refused"}

# Enhanced codes that speak of the address: bad or moved mailbox, bad domain, mailbox disabled.
NO_SUCH_ADDRESS = re.compile(r"\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b")
ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
WITHOUT_ENHANCED = frozenset({550, 551, 553})


class Step(Enum):
    """The SMTP command that the server refused."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    MESSAGE = "DATA"


class Meaning(Enum):
    SERVER_LATER = "server_later"  # no mail is to blame
    LATER = "later"
    NEVER = "never"
    NEVER_ADDRESS = "never_address"  # nobody reads there


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str
    step: Step

    @property
    def meaning(self) -> Meaning:
        if self.code < PERMANENT:
            of_server = self.code == SERVER_CLOSING or self.step is Step.SENDER
            return Meaning.SERVER_LATER if of_server else Meaning.LATER
        plain = self.code in WITHOUT_ENHANCED and not ENHANCED.search(self.text)
        of_address = plain or NO_SUCH_ADDRESS.search(self.text)
        is_final = self.step is Step.RECIPIENT and of_address
        return Meaning.NEVER_ADDRESS if is_final else Meaning.NEVER

    @property
    def reason(self) -> str:
        """A word of few, for the ledger and as a metric label."""
        return REASONS.get(self.code, "smtp_refused")

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:300]


FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
PATIENCE = timedelta(days=3)
DEFERRED, UNREACHABLE = "deferred", "unreachable"  # by the server of the address; by our own server
QUIET_FROM = time(20)  # in Asia/Ho_Chi_Minh: from then until HOUR nobody is written to again


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A mail as it is delivered: the day that it speaks of, since when it waits.

    `lasts_a_day`: the next working day's mail repeats its content.
    """

    lasts_a_day: bool
    day: date
    queued_at: datetime

    def is_over(self, at: datetime) -> bool:
        """A digest is good for its day, every other mail for `PATIENCE`."""
        if self.lasts_a_day:
            return at.astimezone(VIETNAM).date() > self.day
        return at > self.queued_at + PATIENCE

    def next_try(self, earliest: datetime, calendar: Calendar) -> datetime | None:
        """Say when it is tried again, never at night or on a day off; None if it is over by then."""
        at = earliest.astimezone(VIETNAM)
        if not (HOUR <= at.time() < QUIET_FROM and calendar.is_working(at.date())):
            at = next_digest(at, calendar)
        return None if self.is_over(at) else at


def pause(attempt: int, spread: float) -> timedelta:
    """How long to wait after an attempt (the first is 1): doubled each time, up to `LONGEST_PAUSE`.

    `spread` between 0 and 1 moves it by up to a quarter either way, so that mails do not come back together.
    """
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempt - 1, 16)
    return min(doubled, LONGEST_PAUSE) * (0.75 + spread / 2)


def check_retry(state: DigestState, shipment: Shipment, now: datetime) -> None:
    """Let an operator try a refused mail again; refuses what was not refused, or is over."""
    if state is not DigestState.FAILED:
        raise MailNotFailed
    if shipment.is_over(now):
        raise MailIsOver


@dataclass(frozen=True, slots=True)
class PastMail:
    """How an earlier mail to an address ended; `last` is why it was put off last."""

    queued_at: datetime
    state: DigestState
    last: str | None


def deferred_since(past: Iterable[PastMail]) -> datetime | None:
    """Say since when an address has put off every mail; None if the last one came through.

    `past` are its newest mails, the newest first.
    """
    since = None
    for mail in past:
        if mail.state is DigestState.SENT:
            break
        if mail.state is DigestState.EXPIRED and mail.last == DEFERRED:
            since = mail.queued_at
    return since


def is_given_up(queued_at: datetime, since: datetime | None, now: datetime) -> bool:
    """Say whether an address that puts off this mail, as all `since`, is not believed any more."""
    return now - min(since or queued_at, queued_at) >= PATIENCE


def ended_state(*, unsure: bool) -> DigestState:
    """Say what a mail is whose time is over: nobody knows whether an unsure one came through."""
    return DigestState.UNSURE if unsure else DigestState.EXPIRED
