"""One scheduled mail a day to one address: several of a day become parts of one."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from services.notifier.domain.digest import Line
from services.notifier.domain.notification.reasons import NOT_NOTIFIED
from services.notifier.domain.programmes.notices import DutiesNotice, Item
from services.notifier.domain.recipients.audience import Recipient, address_of
from shared.contracts.vocabulary import Dataset

JOINT = "joint"


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
