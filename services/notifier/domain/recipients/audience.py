"""Who is written to: the mailboxes of a unit by role, those of its heirs, and the stand-in of a unit without recipients."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Tree
from shared.contracts.vocabulary import RecipientRole

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

        Focal points and heads; a unit that lists supervisors only has these read.
        """
        heirs = [
            Reach(heir, recipients, Via.HEIR)
            for heir in self._heirs(code)
            if (recipients := self._duty(heir))
        ]
        if heirs:
            return tuple(heirs)
        if own := self._duty(code):
            return (Reach(code, own, Via.ITSELF),)
        above = self.at_or_above(next(self._tree.above(code), None))
        return (above,) if above else ()

    def at_or_above(self, code: str | None) -> Reach | None:
        """Say who urges for a unit: its supervisors, else heads, else focal points, else those of a unit above."""
        if code is None:
            return None
        for unit in (code, *self._tree.above(code)):
            if recipients := self._first(unit, URGERS):
                return Reach(unit, recipients, Via.SUPERIOR)
        return None

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

    def _first(self, code: str, roles: Iterable[RecipientRole]) -> tuple[Recipient, ...]:
        recipients = self._by_unit.get(code, [])
        for role in roles:
            if of_role := tuple(recipient for recipient in recipients if recipient.role is role):
                return of_role
        return ()
