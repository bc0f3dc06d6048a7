"""The kinds of mail: each is one object that defines when it is due, its recipients, its content and its text."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from services.notifier.application.plan import Plan, Skipped
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Mail, Notice
from services.notifier.domain.delivery.retries import Shipment
from services.notifier.domain.notification.notification_case import MailCase
from services.notifier.domain.notification.reasons import Reason, decide_notification
from services.notifier.domain.notification.schedule import MailRun
from services.notifier.domain.recipients.address_book import once_an_address
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Unit
from shared.contracts.vocabulary import OptionalMail
from shared.kernel.errors import Text


class MailKind(ABC):
    """A kind overrides what is its own. To add one: its module, its templates, a line in `adapters/mails/kinds.py`, a test.

    `optional`: what its reader may end. `lasts_a_day`: the next working day's mail repeats its content, so a
    late one is not sent. `once_a_day`: a mailbox gets at most one a day. `made_on_request`: an operator's tick makes it,
    whether its run is due or not.
    """

    name: ClassVar[str]
    label: ClassVar[Text]
    optional: ClassVar[OptionalMail | None] = None
    lasts_a_day: ClassVar[bool] = False
    once_a_day: ClassVar[bool] = False
    made_on_request: ClassVar[bool] = False

    def run_of(self, _day: date) -> MailRun | None:
        """Give the mail run that a day belongs to; a kind without runs is not planned by the calendar."""
        return None

    def recipients(self, _planning: Planning) -> Iterable[Recipient]:
        return ()

    def compose(self, _planning: Planning, _recipient: Recipient) -> Notice | None:
        """Make the mail of a recipient, with its key in the ledger; None if it would be empty.

        It is asked for once for each address, with the first recipient there; `situation.address_book` has the others.
        """
        return None

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        """Give the mails of a run, one for each address, and those that their recipients unsubscribed from."""
        if self.name not in planning.due:
            return
        for recipient in once_an_address(self.recipients(planning)):
            if planning.is_done(self.name, recipient):
                yield Skipped(Reason.ALREADY_SENT, recipient.unit_code, recipient)
            elif notice := self.compose(planning, recipient):
                yield self._unless_ended(planning, notice)

    def requested(self, _planning: Planning, _recipient: Recipient, _gap_id: UUID | None) -> Notice | None:
        """Make the mail that a reader asked for; None if it is not theirs to ask for."""
        return None

    def ends(self, _notice: Any) -> OptionalMail | None:
        """Name what a reader of a mail may end; None if it is a duty."""
        return self.optional

    @abstractmethod
    def render(self, notice: Any, unit: Unit) -> Mail:
        """Write it; `notice` is one that this kind made."""

    def _unless_ended(self, planning: Planning, notice: Notice) -> Notice | Skipped:
        recipient = notice.recipient
        unwanted = planning.preference(recipient).unwanted
        ends = self.ends(notice)
        reason = decide_notification(MailCase(ends=ends, unwanted=unwanted))
        return notice if reason.is_news else Skipped(reason, recipient.unit_code, recipient, ends)


class MailKinds:
    """All kinds, in the order in which their mails are queued."""

    def __init__(self, kinds: Iterable[MailKind]) -> None:
        self._by_name: dict[str, MailKind] = {}
        for kind in kinds:
            if kind.name in self._by_name:
                raise ValueError(f"two kinds of mail are called {kind.name}")
            self._by_name[kind.name] = kind

    def __iter__(self) -> Iterator[MailKind]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> MailKind:
        return self._by_name[name]

    def runs_of(self, day: date) -> Sequence[MailRun]:
        """Give the mail runs that a day belongs to."""
        runs = (kind.run_of(day) for kind in self)
        return [run for run in runs if run is not None]

    @property
    def on_request(self) -> frozenset[str]:
        return frozenset(kind.name for kind in self if kind.made_on_request)

    @property
    def once_a_day(self) -> frozenset[str]:
        return frozenset(kind.name for kind in self if kind.once_a_day)

    def label(self, name: str) -> Text:
        """Name a kind for people; one that a later release brought, or an earlier one had, by its own name."""
        kind = self._by_name.get(name)
        return kind.label if kind else Text(name, name)

    def shipment(self, name: str, day: date, queued_at: datetime) -> Shipment:
        kind = self._by_name.get(name)
        return Shipment(lasts_a_day=kind is not None and kind.lasts_a_day, day=day, queued_at=queued_at)

    def plan_kind(self, planning: Planning, name: str) -> Iterable[Notice | Skipped]:
        kind = self._by_name.get(name)
        return kind.plan(planning) if kind else ()

    def plan(self, planning: Planning) -> Plan:
        """Say which mails go out, and why others don't."""
        return Plan(
            planning.local,
            [notice for kind in self for notice in planning.notices(kind.name)],
            planning.snapshot.tree,
            [
                *planning.without_recipient(),
                *(skipped for kind in self for skipped in planning.skipped(kind.name)),
            ],
            list(planning.unsaid()),
            planning.due,
            list(planning.situation.escalations()),
            list(planning.situation.silenced()),
        )
