"""Answers about all drafts kept in memory, and brought up to date by the drafts that changed since: no scan of all drafts.

What superseded rows say of a draft as it was known at a position is what it counted for then: that is taken off, and what it
counts for now is added. So it is exact at every position, and the cost goes by the changes, not by the number of drafts.
"""

import asyncio
from bisect import insort
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import add, attrgetter, sub
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.history.versions import OPTION
from services.metrics.adapters.tables import DRAFT
from services.metrics.application.ports import Cell
from shared.contracts.vocabulary import Dataset
from shared.rules.figures import NOTHING, counts_of, numbers

MOST_CHANGED = 500  # drafts; beyond it all are read again
MOST_KEPT = 200_000  # rows and sums of all questions together, 0.65 KiB each, so 130 MiB; the ones asked for least recently go

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Item = TypeVar("Item")
Part = TypeVar("Part")
Numbers = tuple[int, ...]
Read = Callable[[Collection[Part] | None], Awaitable[Collection[Item]]]
"""Reads what some parts of the facts (such as drafts) give, or all of them."""
Join = Callable[[Mapping[K, V], Collection[Item], Collection[Item]], Mapping[K, V]]
"""Adds some items to what is kept, and takes others off."""

# Rows that follow from other rules move no position: whoever starts with other rules asks for a rebuild, which makes other
# tables. Rows that follow from local rules change with the units, without one: nothing is kept then.
_TABLES = text("""
SELECT CAST(CAST('policy_interval' AS regclass) AS oid)
WHERE NOT EXISTS (SELECT FROM projection_checkpoint WHERE projection = :rebuild)
""")


class Stood(NamedTuple):
    """The tables that a snapshot reads and the position of their rows: answers about other ones are not gone on from."""

    tables: int
    position: int


@dataclass(frozen=True, slots=True)
class _Answer:
    tables: int
    position: int
    values: Mapping[Any, Any]
    weight: int


@dataclass(slots=True)
class Standing:
    """`rebuild` is the checkpoint that asks for a rebuild of the rows."""

    rebuild: str
    _answers: OrderedDict[Hashable, _Answer] = field(default_factory=OrderedDict)

    def before(self, question: Hashable, tables: int, position: int) -> _Answer | None:
        """Give the last answer that a snapshot can go on from."""
        last = self._answers.get(question)
        return last if last and last.tables == tables and last.position <= position else None

    def keep(self, question: Hashable, answer: _Answer) -> None:
        last = self._answers.get(question)
        if last is None or last.tables != answer.tables or last.position <= answer.position:
            self._answers[question] = answer
            self._answers.move_to_end(question)
        while len(self._answers) > 1 and sum(of.weight for of in self._answers.values()) > MOST_KEPT:
            self._answers.popitem(last=False)


@dataclass(slots=True)
class StandingIn:
    """What stands, seen from one snapshot at a position; without `standing` every question reads all."""

    connection: AsyncConnection
    position: int
    standing: Standing | None
    dataset: Dataset | None = None  # whose rows the connection reads
    _tables: int | None = None
    _asked: bool = False
    _changed: dict[int, Collection[UUID] | None] = field(default_factory=dict)

    async def of(self, question: Hashable, read: Read[UUID, Item], join: Join[K, V, Item]) -> Mapping[K, V]:
        """Give the answer to a question that sums up, or lists, what each draft gives alone."""

        async def themselves(drafts: Collection[UUID], _since: int) -> Collection[UUID]:
            return drafts

        return await self.of_parts(question, themselves, read, join)

    async def of_parts(
        self,
        question: Hashable,
        touched: Callable[[Collection[UUID], int], Awaitable[Collection[Part]]],
        read: Read[Part, Item],
        join: Join[K, V, Item],
        weigh: Callable[[Mapping[K, V]], int] = len,
    ) -> Mapping[K, V]:
        """Give the answer to a question that sums up, or lists, what each part gives alone.

        `touched` gives the parts that something changed since a position, of which some drafts have a share. `weigh` gives how
        many rows the answer is as large as.
        """
        question = self.dataset, question
        tables = await self._present_tables()
        if self.standing is None or tables is None:
            return await _all(read, join)
        before = self.standing.before(question, tables, self.position)
        changed = await self._changed_since(before.position) if before else None
        if before is None or changed is None:
            values = await _all(read, join)
        else:
            values = before.values
            since = before.position
            if since < self.position and (parts := await touched(changed, since)):
                added = await read(parts)
                taken = await self._as_at(since, lambda: read(parts))
                values = join(values, added, taken)
        self.standing.keep(question, _Answer(tables, self.position, values, weigh(values)))
        return values

    async def stood(self) -> Stood | None:
        """Give what the snapshot is of; None while nothing is kept."""
        tables = await self._present_tables()
        return None if tables is None else Stood(tables, self.position)

    async def _present_tables(self) -> int | None:
        if self.standing is not None and not self._asked:
            asked = await self.connection.execute(_TABLES, {"rebuild": self.standing.rebuild})
            self._tables, self._asked = asked.scalar(), True
        return self._tables

    async def _changed_since(self, position: int) -> Collection[UUID] | None:
        """Give the drafts about which something was recorded after a position; None if they are too many."""
        if position == self.position:
            return ()
        if position not in self._changed:
            query = select(DRAFT.c.draft_id).where(DRAFT.c.position > position).limit(MOST_CHANGED + 1)
            drafts = (await self.connection.execute(query)).scalars().all()
            self._changed[position] = drafts if len(drafts) <= MOST_CHANGED else None
        return self._changed[position]

    async def _as_at(self, position: int, ask: Callable[[], Awaitable[V]]) -> V:
        await self.connection.execution_options(**{OPTION: position})
        try:
            return await ask()
        finally:
            await self.connection.execution_options(**{OPTION: None})


async def _all(read: Read[Part, Item], join: Join[K, V, Item]) -> Mapping[K, V]:
    """Read all parts; what they give is joined beside the loop, for it may be much."""
    return await asyncio.to_thread(join, {}, await read(None), ())


def sums(
    before: Mapping[K, Numbers], added: Collection[tuple[K, Numbers]], taken: Collection[tuple[K, Numbers]]
) -> Mapping[K, Numbers]:
    """Keep sums of numbers by key; a key whose numbers are all 0 goes."""
    made = dict(before)
    for change, items in ((add, added), (sub, taken)):
        for key, values in items:
            made[key] = tuple(map(change, made.get(key) or (0,) * len(values), values))
    for key, _ in (*added, *taken):
        if key in made and not any(made[key]):
            del made[key]
    return made


def rows(
    before: Mapping[K, V], added: Collection[tuple[K, V]], taken: Collection[tuple[K, V]]
) -> Mapping[K, V]:
    """Keep rows in the order of their keys, each of which belongs to one part."""
    if not before:
        return dict(sorted(added, key=first_of))
    if not (added or taken):
        return before
    made = dict(before)
    for key in {key for key, _ in taken} - {key for key, _ in added}:
        made.pop(key, None)
    new: dict[K, V] = {}
    for key, row in added:
        (made if key in made else new)[key] = row
    if not new:
        return made
    items = list(made.items())
    for item in new.items():
        insort(items, item, key=first_of)
    return dict(items)


def first_of(item: tuple[Any, Any]) -> Any:
    """Give the key of a row, by which rows are in order."""
    return item[0]


_KEY = attrgetter("unit_code", "instrument", "regime", "year", "dataset")


def cells(before: Mapping[Any, Cell], added: Iterable[Cell], taken: Iterable[Cell]) -> Mapping[Any, Cell]:
    """Keep cells of figures; what counts nothing any more goes."""
    changed: dict[Any, list[int]] = {}
    examples: dict[Any, Cell] = {}
    for sign, listed in ((1, added), (-1, taken)):
        for cell in listed:
            key = _KEY(cell)
            examples[key] = cell
            own = changed.setdefault(key, list(numbers(before[key].counts if key in before else NOTHING)))
            for place, number in enumerate(numbers(cell.counts)):
                own[place] += sign * number
    made = dict(before)
    for key, these in changed.items():
        if any(these):
            made[key] = replace(examples[key], counts=counts_of(these))
        else:
            made.pop(key, None)
    return made
