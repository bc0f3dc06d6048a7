"""The mails about programmes: what units owe, what is overdue below them, which steps of their obstacles were taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.notifier.domain.notification.reasons import Reason, Standing
from services.notifier.domain.recipients.audience import Recipient, Unit
from shared.contracts.vocabulary import Dataset, ProgrammeKind, RecipientRole
from shared.rules.programme.owed import Owed
from shared.rules.programme.states import EntryFact
from shared.signed_links.duty_links import OPEN_TO_OTHERS

DUTIES = "duties"
DUTIES_LIST = "duties_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWords:
    """What a mail says of an entry of a programme."""

    title: str
    year: int
    dataset: Dataset
    entry_ref: str | None = None
    document: str | None = None
    note: str | None = None
    draft_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Programmes:
    """The entries of programmes of which something may be owed, with their words by entry."""

    facts: Sequence[EntryFact] = ()
    words: Mapping[UUID, EntryWords] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LastReminder:
    """The last mail to a recipient that named an item; no `standing` of a step, which is named once."""

    day: date
    unit_code: str
    above: bool
    standing: Standing | None = None
    due_on: date | None = None

    @property
    def weight(self) -> tuple[bool, date]:
        """Order two of one item to one person: that of its own duty counts, then the later one."""
        return not self.above, self.day


Reminders = Mapping[UUID, LastReminder]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a unit asked for about an item and waits for since `on`: time until `until`, or (None) that an obstacle is settled."""

    on: date
    until: date | None
    with_unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a unit owes of a programme. `stand_in`: the recipient reads for a unit that lists nobody; `above`: it went up to it.

    `waiting` is what the unit has asked for about it: while more time is asked for, it is named but not urged.
    """

    owed: Owed
    words: EntryWords
    waiting: tuple[Waiting, ...] = ()
    stand_in: bool = False
    above: bool = False

    @property
    def order(self) -> int:
        """Tell which of two duties about one item counts: one's own before a stand-in's, and that before a report."""
        return 2 if self.above else int(self.stand_in)

    @property
    def asks_for_time(self) -> bool:
        return any(each.until is not None for each in self.waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLine:
    """A duty in a mail; days are working days."""

    duty: Duty
    standing: Standing
    reason: Reason
    overdue_days: int = 0
    days_left: int | None = None

    @property
    def is_below(self) -> bool:
        return self.duty.stand_in or self.duty.above

    def is_answered_by(self, recipient: Recipient) -> bool:
        """Tell whether links stand under it: a supervisor answers what others wait for, and does nothing in their place."""
        own = recipient.role is not RecipientRole.SUPERVISOR or self.duty.owed.act not in OPEN_TO_OTHERS
        return own and not self.is_below


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """A step about an obstacle or a due day of a unit; `by` is who took it, or to whom it went, `until` the new due day."""

    step_id: UUID
    kind: ProgrammeKind
    of_unit: str
    obstacle: EntryWords
    step: EntryWords
    by: str | None
    on: date
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What the ledger keeps of a mail about programmes."""

    item_id: UUID
    unit_code: str
    reason: Reason
    standing: Standing | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutiesNotice:
    """What the reader's unit owes of programmes, what units below it owe, and what became of its obstacles."""

    key: str
    recipient: Recipient
    day: date
    owed: tuple[DutyLine, ...]
    above: tuple[DutyLine, ...]
    steps: tuple[StepLine, ...]
    unit_names: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    kind: str = DUTIES
    lines: tuple[()] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        duties = (
            Item(
                item_id=line.duty.owed.item_id,
                unit_code=line.duty.owed.unit_code,
                reason=line.reason,
                standing=line.standing,
                due_on=line.duty.owed.due_on,
            )
            for line in (*self.owed, *self.above)
        )
        steps = (
            Item(item_id=step.step_id, unit_code=step.of_unit, reason=Reason.FIRST_NOTICE)
            for step in self.steps
        )
        return (*duties, *steps)

    @property
    def datasets(self) -> frozenset[Dataset]:
        return frozenset(
            [line.duty.words.dataset for line in (*self.owed, *self.above)]
            + [step.obstacle.dataset for step in self.steps]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DutiesList:
    """What is overdue of the programmes in the area of the recipient's unit, the oldest first.

    `is_duty`: the unit must follow it.
    """

    key: str
    recipient: Recipient
    day: date
    overdue: tuple[DutyLine, ...]
    unit_names: Mapping[str, str]
    follows: tuple[Unit, ...]
    is_duty: bool = False
    kind: str = DUTIES_LIST
    lines: tuple[()] = ()

    @property
    def datasets(self) -> frozenset[Dataset]:
        return frozenset(line.duty.words.dataset for line in self.overdue)
