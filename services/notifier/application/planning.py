"""What every kind of mail plans from: one snapshot, one moment, the mail runs that are due; and what other kinds have planned."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from services.notifier.application.plan import Skipped, Unsaid
from services.notifier.application.ports import Notice, PlanningSnapshot
from services.notifier.domain.digest import Digest
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.notification.escalation import Step
from services.notifier.domain.notification.notification_case import GapCase, MailCase, Turn
from services.notifier.domain.notification.reasons import Reason, decide_notification
from services.notifier.domain.notification.schedule import following
from services.notifier.domain.notification.situation import Situation
from services.notifier.domain.notification.standing import LastNotification
from services.notifier.domain.recipients.audience import Reach, Via
from services.notifier.domain.recipients.preference import Preference
from services.notifier.domain.recipients.recipient import Recipient
from shared.contracts.vocabulary import OptionalMail, Weekday
from shared.rules.rulebook.working_days import Calendar

Planned = Sequence[Notice | Skipped]


@dataclass(frozen=True, kw_only=True)
class Planning:
    """`local` is the moment (Vietnam's time), `due` the kinds whose run it makes, `chosen` the days of the week whose turn it is.

    `plan_kind` plans a kind by its name; each is planned once, whoever asks for it first.
    """

    snapshot: PlanningSnapshot
    local: datetime
    calendar: Calendar
    steps: Sequence[Step]
    due: frozenset[str] = frozenset()
    chosen: frozenset[Weekday] = frozenset()
    plan_kind: Callable[["Planning", str], Iterable[Notice | Skipped]]
    _planned: dict[str, Planned] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return self.local.date()

    @cached_property
    def situation(self) -> Situation:
        return Situation(
            day=self.day,
            gaps=self.snapshot.gaps,
            contexts=self.snapshot.contexts,
            recipients=self.snapshot.recipients,
            tree=self.snapshot.tree,
            steps=self.steps,
            calendar=self.calendar,
        )

    def planned(self, kind: str) -> Planned:
        if kind not in self._planned:
            self._planned[kind] = list(self.plan_kind(self, kind))
        return self._planned[kind]

    def notices(self, kind: str) -> list[Notice]:
        """Give the mails of a kind that are to go out."""
        return [notice for notice in self.planned(kind) if not isinstance(notice, Skipped)]

    def skipped(self, kind: str) -> list[Skipped]:
        return [notice for notice in self.planned(kind) if isinstance(notice, Skipped)]

    def recipients(self) -> Iterator[Recipient]:
        """Give the mailboxes that are valid on the day."""
        return (recipient for recipient in self.snapshot.recipients if recipient.is_valid_on(self.day))

    def recipient(self, recipient_id: UUID) -> Recipient | None:
        return next(
            (recipient for recipient in self.recipients() if recipient.recipient_id == recipient_id), None
        )

    def turn_of(self, recipient: Recipient) -> Turn | None:
        """Say whether it is the turn of the day of the week that a mailbox chose; None if it chose none."""
        chosen = self.preference(recipient).digest_day
        if chosen is None:
            return None
        return Turn(chosen in self.chosen, following(chosen, self.day, self.calendar))

    def preference(self, recipient: Recipient) -> Preference:
        """Give what holds at an address that is listed more than once: what any of its recipients ended has ended."""
        alike = [self.snapshot.preference(each) for each in self.situation.address_book.alike(recipient)]
        days = {each.digest_day for each in alike}
        unwanted = frozenset[OptionalMail]().union(*(each.unwanted for each in alike))
        return Preference(days.pop() if len(days) == 1 else None, unwanted)

    def notified(self, recipient: Recipient) -> Mapping[UUID, LastNotification]:
        """Give the last notifications of who reads at an address; of two of one gap the one to who answers for it."""
        ids = self.situation.address_book.ids(recipient)
        if len(ids) == 1:
            return self.snapshot.notified.get(recipient.recipient_id, {})
        mine: dict[UUID, LastNotification] = {}
        for recipient_id in ids:
            for gap_id, last in self.snapshot.notified.get(recipient_id, {}).items():
                if gap_id not in mine or last.weight > mine[gap_id].weight:
                    mine[gap_id] = last
        return mine

    def is_done(self, kind: str, recipient: Recipient) -> bool:
        """Say whether the ledger has a mail of a kind and the day to the address of a recipient."""
        ids = self.situation.address_book.ids(recipient)
        return any((kind, recipient_id) in self.snapshot.done for recipient_id in ids)

    def is_done_later(self, kind: str, recipient: Recipient) -> bool:
        ids = self.situation.address_book.ids(recipient)
        return any((kind, recipient_id) in self.snapshot.later for recipient_id in ids)

    def named(self, digest: Digest) -> Digest:
        reading = {line.reader.unit_code for line in digest.lines if line.reader}
        codes = {line.gap.unit_code for line in digest.lines} | reading
        return replace(digest, unit_names={code: self.snapshot.tree.unit(code).name for code in codes})

    def without_recipient(self) -> Iterator[Skipped]:
        """Name the units with open gaps and no recipient; `detail` is the unit that reads instead."""
        for code in sorted({gap.unit_code for gap in self.situation.open_gaps()}):
            reached = self.situation.audience.of_duty(code)
            reason = decide_notification(MailCase(has_reader=_reads_itself(reached)))
            if reason is Reason.NO_RECIPIENT:
                yield Skipped(reason, code, detail=reached[0].unit_code if reached else None)

    def unsaid(self) -> Iterator[Unsaid]:
        """Name the open gaps that no mail speaks of, and those whose alert is not in their state yet."""
        for alert in self.snapshot.pending:
            reason = self.first_reason(alert.gap, pending=True)
            yield Unsaid(alert.unit_code, alert.draft_code, reason)
        for gap in self.situation.open_gaps():
            if not (reason := self.first_reason(gap)).in_mail:
                yield Unsaid(gap.unit_code, gap.draft_code, reason)

    def first_reason(self, gap: Gap, *, pending: bool = False) -> Reason:
        """Give the reason that decides for a recipient who was never notified of a gap."""
        context = self.situation.context(gap)
        case = GapCase(gap=gap, day=self.day, calendar=self.calendar, context=context, pending=pending)
        return decide_notification(case)


def _reads_itself(reached: Sequence[Reach]) -> bool:
    return any(reach.via is not Via.SUPERIOR for reach in reached)
