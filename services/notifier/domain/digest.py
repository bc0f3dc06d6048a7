"""The open gaps of a day by recipient, and the mails that are composed: digests, notes about requests, several joined into one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Protocol
from uuid import UUID

from services.notifier.domain.gaps.alert import Escalate, Raise, RecordSilenced
from services.notifier.domain.gaps.gap_alert import UNTOUCHED, AlertContext, Gap, UnitRequest
from services.notifier.domain.notification.reasons import (
    NOT_NOTIFIED,
    GapCase,
    LastNotification,
    Purpose,
    Reason,
    Standing,
    decide_notification,
    standing,
)
from services.notifier.domain.notification.timing import (
    DECISION,
    DIGEST,
    REQUESTS,
    Rung,
    Step,
    Verdict,
    rungs,
    verdict,
)
from services.notifier.domain.programmes.notices import DutiesNotice, Item
from services.notifier.domain.recipients.audience import (
    AddressBook,
    Audience,
    Reach,
    Recipient,
    Tree,
    Via,
    address_of,
    once_an_address,
    weightiest,
)
from shared.contracts.vocabulary import Dataset, EscalationReason, GapClosure
from shared.rules.rulebook.rulebook import Calendar
from shared.text_checks.event_texts import masked

KIND = DIGEST
IMMEDIATE = "immediate"
RENEWED = "renewed"
JOINT = "joint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A gap that a recipient reads: its context, and whether it is another unit's (`above`).

    `left`: the recipient was notified of it and answers for it no longer; `stand_in`: it reads for a unit below
    without a recipient. `reader` is in which unit and role it reads of it, if its address is listed more than once.
    """

    gap: Gap
    context: AlertContext = UNTOUCHED
    verdict: Verdict = Verdict.NOT_OVERDUE
    above: bool = False
    left: bool = False
    stand_in: bool = False
    reader: Recipient | None = None

    @property
    def order(self) -> int:
        """Tell which of two entries of a gap counts: one's own duty before a stand-in's, and that before a report."""
        return 2 if self.above else int(self.stand_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One gap in a mail: where it stands, why it is spoken of; days are working days.

    `unit_code` is whose alert it is: of a draft that was handed over, the unit that had it.
    """

    gap: Gap
    standing: Standing
    reason: Reason
    overdue_days: int
    days_left: int
    unit_code: str
    context: AlertContext = UNTOUCHED
    stand_in: bool = False
    reader: Recipient | None = None

    @property
    def is_below(self) -> bool:
        """Whether a unit below owes it: then the reader is asked to see to it, not to do it."""
        return self.stand_in or self.reason.is_above


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """`owed` is the recipient's own duty, `above` what it is to see to with units below it.

    `policy_names` are by draft and number, `contacts` the addresses of the bodies that follow what is owed, by their codes,
    `due_documents` what sets the due days of each unit.
    """

    key: str
    recipient: Recipient
    day: date
    owed: tuple[Line, ...]
    above: tuple[Line, ...] = ()
    closed: tuple[Line, ...]
    kind: str = KIND
    unit_names: Mapping[str, str] = field(default_factory=dict)
    policy_names: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    due_documents: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.owed + self.above + self.closed

    @property
    def datasets(self) -> frozenset[Dataset]:
        return frozenset(line.gap.dataset for line in self.lines)


def digest_key(recipient_id: UUID, day: date) -> str:
    return f"{day.isoformat()}.{KIND}.{recipient_id}"


def compose(
    recipient: Recipient,
    entries: Iterable[Entry],
    notified: Mapping[UUID, LastNotification],
    day: date,
    calendar: Calendar,
) -> Digest | None:
    """Make a recipient's digest, or None if there is nothing new to say.

    `entries` are the gaps that the recipient answers for or reads of, and those that it was notified of before.
    What units below owe and a list of the same day has named is left out.
    """
    candidates = (_line(entry, notified.get(entry.gap.gap_id), day, calendar) for entry in entries)
    lines = [
        line
        for line in candidates
        if line.reason.in_mail and not _is_named_today(line, notified.get(line.gap.gap_id), day)
    ]
    if not any(line.reason.is_news for line in lines):
        return None
    open_lines = [line for line in lines if line.standing is not Standing.RESOLVED]
    return Digest(
        key=digest_key(recipient.recipient_id, day),
        recipient=recipient,
        day=day,
        owed=worst_first(line for line in open_lines if not line.is_below),
        above=worst_first(line for line in open_lines if line.is_below),
        closed=tuple(line for line in lines if line.standing is Standing.RESOLVED),
    )


def _is_named_today(line: Line, last: LastNotification | None, day: date) -> bool:
    return line.is_below and line.standing is not Standing.RESOLVED and last is not None and last.day == day


def compose_immediate(
    recipient: Recipient, entry: Entry, day: date, calendar: Calendar, more: Iterable[Entry] = ()
) -> Digest:
    """Make the mail about a gap that can't wait, and `more` of that moment; a recipient gets one of each gap, ever."""
    lines = worst_first(line_of(entry, Reason.NO_TIME, day, calendar) for entry in (entry, *more))
    return Digest(
        key=f"{IMMEDIATE}.{lines[0].gap.gap_id}.{recipient.recipient_id}",
        recipient=recipient,
        day=day,
        owed=tuple(line for line in lines if not line.stand_in),
        above=tuple(line for line in lines if line.stand_in),
        closed=(),
        kind=IMMEDIATE,
    )


def compose_renewed(recipient: Recipient, entry: Entry, day: date, calendar: Calendar) -> Digest:
    """Speak of one gap again because the recipient asked for new links: at most once a day."""
    return Digest(
        key=f"{day.isoformat()}.{RENEWED}.{entry.gap.gap_id}.{recipient.recipient_id}",
        recipient=recipient,
        day=day,
        owed=(line_of(entry, Reason.LINKS_RENEWED, day, calendar),),
        closed=(),
        kind=RENEWED,
    )


def _line(entry: Entry, notified: LastNotification | None, day: date, calendar: Calendar) -> Line:
    """Look at a gap for a digest; whether it stands there is in the line's reason."""
    if entry.above:
        return line_of(entry, reason_of(entry, Purpose.ABOVE, notified, day, calendar), day, calendar)
    if notified is not None and notified.unit_code != entry.gap.unit_code and entry.left:
        entry = replace(entry, gap=_handed_over(entry.gap, day))
    elif notified is not None and not entry.left and not notified.is_of(entry.gap.unit_code):
        notified = None  # it was notified of another unit's gap; this one is its own
    line = line_of(entry, reason_of(entry, Purpose.DUTY, notified, day, calendar), day, calendar)
    return line if notified is None else replace(line, unit_code=notified.unit_code)


def reason_of(
    entry: Entry, purpose: Purpose, notified: LastNotification | None, day: date, calendar: Calendar
) -> Reason:
    return decide_notification(
        GapCase(
            gap=entry.gap,
            day=day,
            calendar=calendar,
            purpose=purpose,
            notified=notified,
            context=entry.context,
            verdict=entry.verdict,
        )
    )


def _handed_over(gap: Gap, day: date) -> Gap:
    """A gap that went to another unit is closed for the one that had it."""
    return replace(gap, closed_on=day, closure=GapClosure.TRANSFERRED)


def line_of(entry: Entry, reason: Reason, day: date, calendar: Calendar) -> Line:
    gap = entry.gap
    return Line(
        gap=gap,
        standing=standing(gap, day, calendar),
        reason=reason,
        overdue_days=calendar.working_days_between(gap.due_on, day),
        days_left=calendar.working_days_between(day, gap.due_on),
        unit_code=gap.unit_code,
        context=entry.context,
        stand_in=entry.stand_in,
        reader=entry.reader,
    )


def worst_first(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=_badness))


def _badness(line: Line) -> tuple[int, date, str]:
    return -line.standing.order, line.gap.due_on, line.gap.draft_code


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
        mine = [self._entries.get(reader.recipient_id, {}) for reader in alike]
        return weightiest(mine, lambda entry: -entry.order)

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
        if self.verdict(gap).goes_up:
            yield from self.above(gap.unit_code, self.overdue_days(gap))

    def above(self, unit_code: str, overdue_days: int) -> Iterator[tuple[Rung, Reach]]:
        """Give the steps upwards that what a unit owes has reached by the working days that it is overdue."""
        seen: set[str] = set()
        for rung in rungs(unit_code, overdue_days, self.steps, self.tree):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionNote:
    """Tells who asked how a request was decided: one mail for each request and address, ever."""

    recipient: Recipient
    day: date
    request: UnitRequest
    names: Mapping[str, str]
    kind: str = DECISION
    lines: tuple[Line, ...] = field(default=(), init=False)

    @property
    def key(self) -> str:
        return f"{DECISION}.{self.request.request_id}.{self.recipient.recipient_id}"

    @property
    def datasets(self) -> frozenset[Dataset]:
        return frozenset({self.request.dataset})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsNote:
    """Lists what waits for the decision of a body; it goes out when a request is new to that body."""

    recipient: Recipient
    day: date
    decider_code: str
    requests: Sequence[UnitRequest]
    names: Mapping[str, str]
    kind: str = REQUESTS
    lines: tuple[Line, ...] = field(default=(), init=False)

    @property
    def key(self) -> str:
        newest = self.requests[-1].request_id
        return f"{REQUESTS}.{newest}.{self.decider_code}.{self.recipient.recipient_id}"

    @property
    def datasets(self) -> frozenset[Dataset]:
        return frozenset(request.dataset for request in self.requests)


def decision_notes(
    requests: Iterable[UnitRequest], audience: Audience, names: Mapping[str, str], day: date
) -> Iterator[DecisionNote]:
    """Write to who answers for the duties of the unit that asked."""
    for request in requests:
        if not request.is_decided or request.settled_on is None or request.settled_on > day:
            continue
        for recipient in once_an_address(audience.on_duty(request.unit_code)):
            yield DecisionNote(recipient=recipient, day=day, request=request, names=names)


def _since(request: UnitRequest, day: date) -> date:
    """Give the day from which a request waits for who decides it now."""
    forwarded = request.forwarded_by(day)
    return forwarded.on if forwarded is not None else request.raised_on


def requests_notes(
    requests: Iterable[UnitRequest], audience: Audience, names: Mapping[str, str], day: date
) -> Iterator[RequestsNote]:
    """Write to who reads for each body that has something to decide."""
    waiting: dict[str, list[UnitRequest]] = defaultdict(list)
    for request in requests:
        if request.is_waiting and request.decider_code is not None:
            waiting[request.decider_code].append(request)
    for decider, asked in waiting.items():
        listed = sorted(asked, key=lambda each: _since(each, day))  # the newest to this body stands last
        reach = audience.at_or_above(decider)
        for recipient in once_an_address(reach.recipients if reach else ()):
            yield RequestsNote(
                recipient=recipient, day=day, decider_code=decider, requests=listed, names=names
            )


class Part(Protocol):
    """A mail of a kind."""

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
class JointNotice:
    """The scheduled mails of a day to one address, in the order in which they are read; the first gives the recipient."""

    parts: tuple[Part, ...]
    kind: str = JOINT

    @property
    def key(self) -> str:
        return f"{self.day.isoformat()}.{JOINT}.{self.recipient.recipient_id}"

    @property
    def recipient(self) -> Recipient:
        return self.parts[0].recipient

    @property
    def day(self) -> date:
        return self.parts[0].day

    @property
    def lines(self) -> tuple[Line, ...]:
        """Each gap once: of two lines the first, but one that only lists it after one that notifies of it."""
        lines: dict[UUID, Line] = {}
        for part in self.parts:
            for line in part.lines:
                before = lines.get(line.gap.gap_id)
                if before is None or before.reason in NOT_NOTIFIED:
                    lines[line.gap.gap_id] = line
        return tuple(lines.values())

    @property
    def datasets(self) -> frozenset[Dataset]:
        return frozenset[Dataset]().union(*(part.datasets for part in self.parts))


def joined(notices: Iterable[Part], order: Sequence[str]) -> Iterator[Part]:
    """Join the notices of the kinds of `order` that go to one address, in the place of the first; others stay as they are."""
    together: dict[str, list[Part]] = {}
    for notice in notices:
        place = address_of(notice.recipient) if notice.kind in order else notice.key
        together.setdefault(place, []).append(notice)
    for parts in together.values():
        in_order = sorted(parts, key=lambda part: order.index(part.kind) if part.kind in order else 0)
        yield in_order[0] if len(parts) == 1 else JointNotice(parts=tuple(in_order))


def items_of(notice: Part) -> Sequence[Item]:
    """Give what of programmes a mail names, each once: of two the first."""
    parts = notice.parts if isinstance(notice, JointNotice) else (notice,)
    items: dict[UUID, Item] = {}
    for part in parts:
        if isinstance(part, DutiesNotice):
            for item in part.items:
                items.setdefault(item.item_id, item)
    return tuple(items.values())


def is_mailed(done: Collection[tuple[str, UUID]], kinds: Collection[str], ids: Collection[UUID]) -> bool:
    """Say whether the ledger has a mail of one of the kinds to one of the recipients."""
    return any((kind, recipient_id) in done for kind in kinds for recipient_id in ids)
