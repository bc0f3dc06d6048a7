"""What a moment asks for: mails to whom, mails that don't go and why, and what the log is to know of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.notifier.application.ports import Mail, Notice, Outgoing
from services.notifier.domain.gaps.alert import Escalate, RecordSilenced
from services.notifier.domain.notification.reasons import Reason, SkipReason
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Tree


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nobody was written to, or not yet, and this is why; no unit means all of them."""

    reason: Reason
    unit_code: str | None = None
    recipient: Recipient | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        SkipReason(self.reason)  # raises for a reason to send


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A gap that is open and kept out of every mail, and why."""

    unit_code: str
    draft_code: str
    reason: Reason

    def __post_init__(self) -> None:
        SkipReason(self.reason)  # raises for a reason to name it


@dataclass(frozen=True, slots=True)
class Brief:
    """A mail without its text; `files` are the names of those that go along."""

    notice: Notice
    subject: str
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class Written:
    """A notice as the mail that goes out."""

    notice: Notice
    outgoing: Outgoing

    @property
    def mail(self) -> Mail:
        return self.outgoing.mail

    @property
    def brief(self) -> Brief:
        files = [attachment.name for attachment in self.mail.attachments if not attachment.content_id]
        return Brief(self.notice, self.mail.subject, files)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a moment asks to be written (`at` in Vietnam's time), and why other mails don't go.

    `tree` has the units that are written to; `kinds` are those whose run it makes; `escalations` and `silenced`
    are what the log is to know of the day.
    """

    at: datetime
    notices: Sequence[Notice] = ()
    tree: Tree = field(default_factory=Tree)
    skipped: Sequence[Skipped] = field(default_factory=tuple)
    unsaid: Sequence[Unsaid] = ()
    kinds: frozenset[str] = frozenset()
    escalations: Sequence[Escalate] = ()
    silenced: Sequence[RecordSilenced] = ()

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def muted(self) -> bool:
        return any(skip.unit_code is None for skip in self.skipped)
