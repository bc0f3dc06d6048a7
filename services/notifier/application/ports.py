"""What the pipeline needs of the world: the snapshot it reads, the ledger, the transport, the renderer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from services.notifier.domain.changes import Change
from services.notifier.domain.delivery.retries import DigestState, PastMail
from services.notifier.domain.digest import KIND, Line
from services.notifier.domain.gaps.gap_alert import AlertContext, Gap, GapAlert, Silence, UnitRequest
from services.notifier.domain.gaps.request_replies import Reply
from services.notifier.domain.notification.reasons import LastNotification
from services.notifier.domain.notification.timing import Urgency
from services.notifier.domain.overview import PlanRate
from services.notifier.domain.programmes.notices import Programmes, Reminders
from services.notifier.domain.recipients.audience import Recipient, Tree
from services.notifier.domain.recipients.preference import Preference
from shared.contracts.vocabulary import Dataset, RecipientRole
from shared.kernel.errors import PermanentError, TransientError
from shared.signed_links.short_links import ShortLink


class Unanswered(TransientError):
    """The server did not say whether it took the message: it may have."""


class Unreachable(TransientError):
    """There is no server to hand anything to: no mail is to blame."""


class AddressRefused(PermanentError):
    """Nobody reads at this address; the next mail to it would be refused as well."""


Head = Callable[[], Awaitable[int]]
"""Gives the position of the log's last event."""


class Notice(Protocol):
    """What a mail may be: the ledger knows it by its key, and keeps its lines; its kind writes it.

    `datasets` are those of all that it names, in lines or otherwise: its banners are made of them.
    """

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def recipient(self) -> Recipient: ...
    @property
    def day(self) -> date: ...
    @property
    def lines(self) -> tuple[Line, ...]: ...
    @property
    def datasets(self) -> frozenset[Dataset]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningSnapshot:
    """All that a day's mails are made of, read at one moment.

    `notified` are the last notifications by recipient and gap, from the ledger; `done` are the kinds and recipients of the mails of the
    day, `later` of those of later days; `runs` are the keys of the completed mail runs;
    `contexts` hold the last answer and the silence of each gap; `history` the gaps of the last months, those that closed too;
    `preferences` what recipients asked for, of those that did; `pending` the gaps that no mail may speak of yet,
    because the log has not brought their alerts to their state; `policies` are the titles of policies by draft and number; `silences` hold on the day;
    `programmes` are the entries of which something may be owed, `reminders` the last mail about each by recipient.
    """

    position: int
    gaps: Sequence[Gap]
    recipients: Sequence[Recipient]
    tree: Tree = field(default_factory=Tree)
    contexts: Mapping[UUID, AlertContext] = field(default_factory=dict)
    notified: Mapping[UUID, Mapping[UUID, LastNotification]] = field(default_factory=dict)
    done: frozenset[tuple[str, UUID]] = frozenset()
    later: frozenset[tuple[str, UUID]] = frozenset()
    runs: frozenset[str] = frozenset()
    history: Sequence[Gap] = ()
    preferences: Mapping[UUID, Preference] = field(default_factory=dict)
    pending: Sequence[GapAlert] = ()
    requests: Sequence[UnitRequest] = ()
    replies: Sequence[Reply] = ()
    changes: Sequence[Change] = ()
    notice_keys: frozenset[str] = frozenset()
    policies: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    silences: Sequence[Silence] = ()
    programmes: Programmes = field(default_factory=Programmes)
    reminders: Mapping[UUID, Reminders] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes along; with a `content_id` it is an image that the HTML shows as `cid:CONTENT_ID`."""

    name: str
    media_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class MailLink:
    """A link as it stands in a mail: its address has the reference of `link` in the place of the token."""

    address: str
    link: ShortLink | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A rendered message.

    `threads` are the Message-IDs of the threads that it belongs to, that of its subject first.
    `unsubscribe` is where one POST ends mails of its kind (RFC 8058); a duty has none.
    `links` are those that it bears: the ledger puts their tokens in when the mail goes out.
    """

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    threads: tuple[str, ...] = ()
    unsubscribe: str | None = None
    links: tuple[ShortLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A mail with its address and its lasting identity.

    `return_token` is what a report of its failure comes back with; `again`: it may have gone out before.
    """

    mail: Mail
    to: str
    message_id: str
    dated: datetime
    day: date
    unit_code: str
    recipient_id: UUID
    kind: str = KIND
    return_token: UUID | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One mail that is ours to deliver until the lease ends; `attempt` is the fence.

    `unsure`: an earlier attempt may have come through.
    """

    key: str
    attempt: int
    outgoing: Outgoing
    queued_at: datetime
    unsure: bool
    delivery: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unannounced:
    """A mail whose `alert.sent` events, or `alert.undeliverable` with a reason, are not in the log yet."""

    key: str
    message_id: str
    day: date
    correlation_id: str
    recipient_id: UUID
    recipient_role: RecipientRole
    lines: Sequence[Mapping[str, Any]]
    undeliverable: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery ended; `again_at` is set while it is to be tried again.

    `undeliverable` is the reason for which the address is not written to any more.
    """

    state: DigestState
    delivery: Mapping[str, Any]
    again_at: datetime | None = None
    undeliverable: str | None = None


class Snapshots(Protocol):
    async def position(self) -> int: ...
    async def is_pending(self) -> bool:
        """Say whether the log has not brought the alert of some gap to its state yet."""
        ...

    async def read(self, day: date) -> PlanningSnapshot: ...
    async def justice_of(self, unit_code: str, day: date) -> str | None: ...
    async def runs(self) -> frozenset[str]: ...
    async def unwritten(self, urgency: Urgency) -> Sequence[Gap]:
        """Give the gaps of the procedures and due days of an urgency that stand in no mail yet, open or not."""
        ...

    async def has_new_change(self, now: datetime) -> bool:
        """Say whether there was a far-reaching change in the last hour that no mail is about."""
        ...

    async def has_untold_decision(self, day: date) -> bool:
        """Say whether a request was decided, or replied to, in the last days and no mail speaks of it."""
        ...


class PlanRates(Protocol):
    """The rates by the plan, which metrics judges."""

    async def of(self, unit_code: str, day: date, *, area: bool) -> PlanRate | None:
        """Give the rate of what a unit follows, else of it and the units below; None if there is none to be had now."""
        ...


class PendingAlerts(Protocol):
    """The gaps whose alert the log has not brought to their state yet."""

    async def position(self) -> int: ...
    async def pending(self, limit: int, after: UUID | None) -> Sequence[GapAlert]: ...


class MailRuns(Protocol):
    """Which mail runs are completed; only the ledger's keys prevent duplicates, this saves work."""

    async def close(self, keys: Sequence[str], now: datetime) -> None: ...


class Ledger(Protocol):
    """The ledger is the queue; the key alone prevents doubles."""

    async def enqueue(
        self, mails: Sequence[tuple[Notice, Outgoing]], correlation_id: str, now: datetime
    ) -> set[str]: ...
    async def claim(self, now: datetime, limit: int) -> Sequence[Claim]: ...
    async def release(self, claims: Sequence[Claim]) -> None: ...
    async def finish(self, ended: Sequence[tuple[Claim, Outcome]], now: datetime) -> None: ...
    async def past_mails(self, recipient_id: UUID) -> Sequence[PastMail]:
        """Give how the newest mails of an address ended, the newest first."""
        ...

    async def unannounced(self) -> Sequence[Unannounced]: ...
    async def announced(self, keys: Sequence[str]) -> None: ...
    async def states(self, keys: Sequence[str]) -> Mapping[str, Outcome]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Whether mail goes out at all; `by` and `reason` are empty until an operator decides."""

    held: bool
    at: datetime | None = None
    by: str = ""
    reason: str = ""


class EngineClocks(Protocol):
    async def problem(self) -> str:
        """Say why our clock is not trusted; an empty text if it agrees with the engines' clocks."""
        ...


class Sending(Protocol):
    """The switch for all sending. Until an operator decides, mail that would leave this machine is held."""

    async def state(self) -> Switch: ...
    async def decide(self, switch: Switch) -> None: ...


class MailTransport(Protocol):
    """`deliver` answers what to keep of the delivery; raises `PermanentError`, `TransientError`."""

    @property
    def is_local(self) -> bool: ...
    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]: ...
    async def close(self) -> None: ...


class RequestLimits(Protocol):
    """How often new links may be asked for: for one mailbox, and from one client address."""

    async def count(self, recipient_id: UUID, client: str, now: datetime) -> None:
        """Count a request; raises `TooManyAttempts` beyond a limit."""
        ...


class Simulation(Protocol):
    """Where mails of days that have passed are written, to be looked at."""

    def write(self, outgoing: Outgoing) -> Path: ...
