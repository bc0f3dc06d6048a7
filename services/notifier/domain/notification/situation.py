"""A day as the notifier sees it: which gaps each recipient reads, what is escalated, what is kept quiet."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from uuid import UUID

from services.notifier.domain.digest import Entry
from services.notifier.domain.gaps.alert import Escalate, Raise, RecordSilenced
from services.notifier.domain.gaps.alert_context import UNTOUCHED, AlertContext
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.notification.escalation import Rung, Step, Verdict, rungs, verdict
from services.notifier.domain.notification.standing import LastNotification
from services.notifier.domain.recipients.address_book import AddressBook
from services.notifier.domain.recipients.audience import Audience, Reach, Via
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Tree
from shared.contracts.vocabulary import EscalationReason
from shared.rules.rulebook.working_days import Calendar
from shared.text_checks.personal_data import masked


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`contexts` are by gap; `recipients` may hold some that are not valid on the day."""

    day: date
    gaps: Sequence[Gap]
    contexts: Mapping[UUID, AlertContext]
    recipients: Sequence[Recipient]
    tree: Tree
    steps: Sequence[Step]
    calendar: Calendar

    @cached_property
    def audience(self) -> Audience:
        return Audience(self.tree, self.recipients, self.day)

    @cached_property
    def address_book(self) -> AddressBook:
        return AddressBook(self.recipients, self.day)

    @cached_property
    def _by_id(self) -> Mapping[UUID, Gap]:
        return {gap.gap_id: gap for gap in self.gaps}

    @cached_property
    def _entries(self) -> Mapping[UUID, dict[UUID, Entry]]:
        """Give each recipient the open gaps that it answers for, and those escalated to it."""
        entries: dict[UUID, dict[UUID, Entry]] = defaultdict(dict)
        for gap in self.open_gaps():
            for _, reach in self.climbs(gap):
                _lay(entries, reach, self.entry(gap, above=True))
            for reach in self.audience.of_duty(gap.unit_code):
                stand_in = reach.via is Via.SUPERIOR
                _lay(entries, reach, replace(self.entry(gap), stand_in=stand_in))
        return entries

    def open_gaps(self) -> Iterator[Gap]:
        return (gap for gap in self.gaps if gap.is_open_on(self.day))

    def context(self, gap: Gap) -> AlertContext:
        return self.contexts.get(gap.gap_id, UNTOUCHED)

    def verdict(self, gap: Gap) -> Verdict:
        return self._verdicts[gap.gap_id]

    @cached_property
    def _verdicts(self) -> Mapping[UUID, Verdict]:
        day_facts = (self.day, self.steps, self.tree, self.calendar)
        return {gap.gap_id: verdict(gap, self.context(gap), *day_facts) for gap in self.gaps}

    def overdue_days(self, gap: Gap) -> int:
        return self.calendar.working_days_between(gap.due_on, self.day)

    def entry(self, gap: Gap, *, above: bool = False) -> Entry:
        return Entry(gap=gap, context=self.context(gap), verdict=self.verdict(gap), above=above)

    def entries(self, recipient: Recipient, notified: Mapping[UUID, LastNotification]) -> Iterable[Entry]:
        """Give the entries of who reads at an address, and gaps it was notified of and answers for no longer."""
        mine = self.entries_at(recipient)
        yield from mine.values()
        for gap_id, last in notified.items():
            gap = self._by_id.get(gap_id)
            if gap is not None and gap_id not in mine and self._concerns(gap, last):
                yield replace(self.entry(gap, above=last.above), left=True)

    def entries_at(self, recipient: Recipient) -> Mapping[UUID, Entry]:
        """Give by gap the entries of all recipients at an address: of two of one gap that which obliges more."""
        alike = self.address_book.alike(recipient)
        if len(alike) == 1:
            return self._entries.get(recipient.recipient_id, {})
        mine: dict[UUID, Entry] = {}
        for reader in alike:
            for gap_id, entry in self._entries.get(reader.recipient_id, {}).items():
                if gap_id not in mine or entry.order < mine[gap_id].order:
                    mine[gap_id] = entry
        return mine

    def is_unread(self, gap: Gap) -> bool:
        """Say whether nobody reads for the unit of a gap but those above it, if they do."""
        return all(reach.via is Via.SUPERIOR for reach in self.audience.of_duty(gap.unit_code))

    def entry_of(self, recipient: Recipient, gap: Gap) -> Entry | None:
        """Give how a gap concerns who reads at an address; None if only the area that it follows does."""
        return self.entries_at(recipient).get(gap.gap_id)

    def _concerns(self, gap: Gap, last: LastNotification) -> bool:
        """Say whether a notified recipient still reads of a gap: it is closed, or another unit's now."""
        return not gap.is_open_on(self.day) or (last.unit_code != gap.unit_code and not last.above)

    def climbs(self, gap: Gap) -> Iterator[tuple[Rung, Reach]]:
        """Give the steps upwards that a gap has reached, with who reads there, each unit once."""
        if not self.verdict(gap).goes_up:
            return
        seen: set[str] = set()
        for rung in rungs(gap, self.overdue_days(gap), self.steps, self.tree):
            reach = self.audience.at_or_above(rung.unit_code)
            if reach is not None and reach.unit_code not in seen:
                seen.add(reach.unit_code)
                yield rung, reach

    def escalations(self) -> Iterator[Escalate]:
        """Give today's escalations; the log has each of them once."""
        for gap in self.open_gaps():
            verdict = self.verdict(gap)
            reason = (
                EscalationReason.PLAN_PASSED if verdict is Verdict.PLAN_PASSED else EscalationReason.OVERDUE
            )
            for rung, reach in self.climbs(gap):
                yield self._escalate(gap, rung.level, reach, reason)
            for reach in self.audience.of_duty(gap.unit_code):
                if reach.via is Via.SUPERIOR and verdict not in {Verdict.SILENCED, Verdict.DRAFT_HALTED}:
                    yield self._escalate(gap, 0, reach, EscalationReason.NO_RECIPIENT)

    def _escalate(self, gap: Gap, level: int, reach: Reach, reason: EscalationReason) -> Escalate:
        return Escalate(
            alert=alert_of(gap),
            to_unit_code=reach.unit_code,
            level=level,
            on=self.day,
            overdue_working_days=self.overdue_days(gap),
            reason=reason,
        )

    def silenced(self) -> Iterator[RecordSilenced]:
        for gap in self.open_gaps():
            if (silence := self.context(gap).silence) is not None:
                yield RecordSilenced(
                    alert=alert_of(gap),
                    silence_id=silence.silence_id,
                    on=self.day,
                    until=silence.last_day,
                    reason=masked(silence.reason),
                )


def _lay(entries: dict[UUID, dict[UUID, Entry]], reach: Reach, entry: Entry) -> None:
    for recipient in reach.recipients:
        entries[recipient.recipient_id][entry.gap.gap_id] = replace(entry, reader=recipient)


def alert_of(gap: Gap) -> Raise:
    return Raise(gap_id=gap.gap_id, draft_code=gap.draft_code, unit_code=gap.unit_code, due_on=gap.due_on)
