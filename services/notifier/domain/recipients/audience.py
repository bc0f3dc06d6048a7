"""Who is written to: mailboxes and the people at their addresses, the tree of units, and who reads for a unit."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from shared.contracts.vocabulary import Language, RecipientRole, UnitKind, UnitLevel
from shared.directory.folds import UnitDirectory, UnitsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A mailbox of a unit; `valid_to` is its last day.

    `undeliverable_on` is the day from which its server takes no mail; `calendar`: due dates go along. `stands_in_for` is the
    address on the same list whose reader is absent.
    """

    recipient_id: UUID
    unit_code: str
    role: RecipientRole
    email: str
    language: Language = Language.VI
    valid_from: date | None = None
    valid_to: date | None = None
    undeliverable_on: date | None = None
    calendar: bool = False
    stands_in_for: str | None = None

    def is_valid_on(self, day: date) -> bool:
        taken = self.undeliverable_on is None or day < self.undeliverable_on
        return taken and self.is_listed_on(day)

    def is_listed_on(self, day: date) -> bool:
        """Say whether its unit lists it, reached or not."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and not self.has_ended(day)

    def has_ended(self, day: date) -> bool:
        return self.valid_to is not None and self.valid_to < day


def taken_off(listed: Iterable[Recipient], wanted: Collection[str], today: date) -> list[Recipient]:
    """Give those of a unit's list whose address is not `wanted` any more: yesterday was their last day."""
    gone = (
        recipient for recipient in listed if recipient.email not in wanted and not recipient.has_ended(today)
    )
    return [replace(recipient, valid_to=today - timedelta(days=1)) for recipient in gone]


def address_of(recipient: Recipient) -> str:
    return recipient.email.strip().casefold()


class AddressBook:
    """Recipients by address. A person gets one mail a day of one purpose, whatever lists name the address."""

    def __init__(self, recipients: Iterable[Recipient], day: date) -> None:
        self._valid: dict[str, list[Recipient]] = defaultdict(list)
        self._ids: dict[str, set[UUID]] = defaultdict(set)
        for recipient in recipients:
            self._ids[address_of(recipient)].add(recipient.recipient_id)
            if recipient.is_valid_on(day):
                self._valid[address_of(recipient)].append(recipient)

    def __iter__(self) -> Iterator[tuple[Recipient, ...]]:
        """Give for each address the recipients that are valid on the day, in the order of the list."""
        return (tuple(recipients) for recipients in self._valid.values())

    def alike(self, recipient: Recipient) -> tuple[Recipient, ...]:
        """Give the valid recipients at the address of one, itself among them."""
        return tuple(self._valid.get(address_of(recipient), ())) or (recipient,)

    def ids(self, recipient: Recipient) -> frozenset[UUID]:
        """Give the ids of all that were ever listed with the address: the ledger has mails of each."""
        return frozenset(self._ids.get(address_of(recipient), ())) | {recipient.recipient_id}


K = TypeVar("K")
V = TypeVar("V")


def weightiest(mappings: Sequence[Mapping[K, V]], weight: Callable[[V], Any]) -> Mapping[K, V]:
    """Put together what several recipients at one address have by key: of two values the weightier, of two alike the first."""
    if len(mappings) == 1:
        return mappings[0]
    mine: dict[K, V] = {}
    for mapping in mappings:
        for key, value in mapping.items():
            if key not in mine or weight(value) > weight(mine[key]):
                mine[key] = value
    return mine


def once_an_address(recipients: Iterable[Recipient]) -> list[Recipient]:
    """Give the first recipient of each address."""
    first: dict[str, Recipient] = {}
    for recipient in recipients:
        first.setdefault(address_of(recipient), recipient)
    return list(first.values())


JUSTICE = UnitKind.PROVINCIAL_JUSTICE_DEPARTMENT
OVERSEERS = frozenset({JUSTICE, UnitKind.PBGDPL_COUNCIL})  # they follow their whole province


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it is on the day of a tree."""

    code: str
    name: str
    parent_name: str | None = None
    parent_code: str | None = None
    level: UnitLevel | None = None
    kind: UnitKind | None = None


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The units as they are on `day`; `justice_unit` follows the whole country; `deadline_documents` are by unit."""

    directory: UnitDirectory = field(default_factory=UnitDirectory)
    day: date = date.max
    justice_unit: str | None = None
    deadline_documents: Mapping[str, str] = field(default_factory=dict)

    def due_document(self, code: str) -> str | None:
        """Give the document that sets the due days of a unit."""
        return self._units.nearest(code, self.deadline_documents)

    @cached_property
    def _units(self) -> UnitsOn:
        return self.directory.on(self.day)

    def unit(self, code: str) -> Unit:
        units, parent = self._units, self._units.parent(code)
        parent_name = units.name(parent) if parent is not None and parent in units else None
        return Unit(code, units.name(code), parent_name, parent, units.level(code), units.kind(code))

    def names(self, codes: Iterable[str | None]) -> Mapping[str, str]:
        """Name units as they are called on the day."""
        return {code: self._units.name(code) for code in codes if code}

    def above(self, code: str) -> Iterator[str]:
        """Give the units above, nearest first; a ring of parents ends where it began."""
        return self._units.above(code)

    def heirs(self, code: str, day: date) -> tuple[str, ...]:
        """Give the units that carry on for one by `day`, each followed to the last; none if it goes on itself."""
        return self.directory.successors_on(code, day)

    def carried_on_by(self, code: str, day: date) -> tuple[str, ...]:
        """Give the units for which one carries on by `day`."""
        return self.directory.on(day).predecessors(code)

    def justice_of(self, code: str) -> str | None:
        """Find the justice body that follows a unit: the nearest one in its line, else the country's."""
        lines = (self._justice_below.get(above) for above in (code, *self.above(code)))
        return next((body for body in (*lines, self.justice_unit) if body not in (None, code)), None)

    @cached_property
    def _justice_below(self) -> Mapping[str | None, str]:
        units = self._units
        return {units.parent(code): code for code in units.units if units.kind(code) is JUSTICE}

    def oversees(self, code: str) -> bool:
        """Say whether a unit must follow and urge others (Decision 407/QĐ-TTg: justice bodies, coordination councils)."""
        return code == self.justice_unit or self._units.kind(code) in OVERSEERS

    def area(self, code: str) -> frozenset[str]:
        """Give the units that one oversees: those below it, for a justice body all of its province."""
        if code == self.justice_unit:
            return frozenset(self.directory.units) - {code}
        parent = self._units.parent(code)
        root = parent if self._units.kind(code) in OVERSEERS and parent else code
        return self._units.below(root) - {code}


DUTY = frozenset({RecipientRole.FOCAL_POINT, RecipientRole.HEAD})
LEADERS = (RecipientRole.HEAD, RecipientRole.SUPERVISOR)
URGERS = (RecipientRole.SUPERVISOR, RecipientRole.HEAD, RecipientRole.FOCAL_POINT)


class Via(StrEnum):
    """In which capacity a unit reads what another one owes."""

    ITSELF = "itself"
    HEIR = "heir"
    SUPERIOR = "superior"


@dataclass(frozen=True, slots=True)
class Reach:
    unit_code: str
    recipients: tuple[Recipient, ...]
    via: Via


class Audience:
    """The mailboxes that are valid on a day, by unit."""

    def __init__(self, tree: Tree, recipients: Iterable[Recipient], day: date) -> None:
        self._tree = tree
        self._day = day
        self._by_unit: dict[str, list[Recipient]] = defaultdict(list)
        for recipient in recipients:
            if recipient.is_valid_on(day):
                self._by_unit[recipient.unit_code].append(recipient)

    def of_duty(self, code: str) -> tuple[Reach, ...]:
        """Say who answers for what a unit owes: its heirs, else itself, else the next unit above with a reader.

        Focal points and heads; a unit that lists supervisors only has these read. Until a unit lists anybody, those of
        the units for which it carries on read for it.
        """
        heirs = [
            Reach(heir, recipients, Via.HEIR)
            for heir in self._heirs(code)
            if (recipients := self._duty(heir))
        ]
        if heirs:
            return tuple(heirs)
        if own := self._duty(code) or self._left(code):
            return (Reach(code, own, Via.ITSELF),)
        above = self.at_or_above(next(self._tree.above(code), None))
        return (above,) if above else ()

    def on_duty(self, code: str) -> Iterator[Recipient]:
        """Give who answers for what a unit owes."""
        return (recipient for reach in self.of_duty(code) for recipient in reach.recipients)

    def of_itself(self, code: str) -> Iterator[Recipient]:
        """Give who answers for what a unit owes, as far as it or its heirs list anybody."""
        own = (reach for reach in self.of_duty(code) if reach.via is not Via.SUPERIOR)
        return (recipient for reach in own for recipient in reach.recipients)

    def at_or_above(self, code: str | None) -> Reach | None:
        """Say who urges for a unit: its supervisors, else heads, else focal points, else those of a unit above."""
        if code is None:
            return None
        for unit in (code, *self._tree.above(code)):
            if recipients := self._first(unit, URGERS):
                return Reach(unit, recipients, Via.SUPERIOR)
        return None

    def contact(self, code: str) -> str | None:
        """Give the address at which a unit that follows others can be asked; None if it lists no mail address itself."""
        listed = self._first(code, URGERS)
        return next((each.email for each in listed if "@" in each.email), None)

    def leaders(self) -> Iterator[Reach]:
        """Give for each unit with mailboxes who leads it, as far as they are listed."""
        for code in self._by_unit:
            yield Reach(code, self._first(code, LEADERS), Via.ITSELF)

    def led_by(self, alike: Sequence[Recipient]) -> tuple[str, ...]:
        """Name the units that these recipients lead, each once."""
        ids = {recipient.recipient_id for recipient in alike}
        return tuple(
            reach.unit_code
            for reach in self.leaders()
            if ids & {item.recipient_id for item in reach.recipients}
        )

    def supervisors(self) -> Iterator[Recipient]:
        for recipients in self._by_unit.values():
            yield from (recipient for recipient in recipients if recipient.role is RecipientRole.SUPERVISOR)

    def _heirs(self, code: str) -> tuple[str, ...]:
        return self._tree.heirs(code, self._day)

    def _duty(self, code: str) -> tuple[Recipient, ...]:
        recipients = self._by_unit.get(code, [])
        return tuple(recipient for recipient in recipients if recipient.role in DUTY) or tuple(recipients)

    def _left(self, code: str) -> tuple[Recipient, ...]:
        """Give the recipients that units had for which this one carries on."""
        return tuple(
            each for former in self._tree.carried_on_by(code, self._day) for each in self._duty(former)
        )

    def _first(self, code: str, roles: Iterable[RecipientRole]) -> tuple[Recipient, ...]:
        recipients = self._by_unit.get(code, [])
        for role in roles:
            if of_role := tuple(recipient for recipient in recipients if recipient.role is role):
                return of_role
        return ()
