"""Sums over activities, kept in memory by group: a communication that is recorded changes those of its own activity alone."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from itertools import product
from operator import add, sub
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, cast, column, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.history.standing import StandingIn
from services.metrics.adapters.tables import COMMUNICATION
from services.metrics.application.ports import ActivitiesAsked, ActivitySums, GroupKey
from shared.rules.counts import (
    NOTHING,
    CountBy,
    Key,
    Member,
    activities,
    drafts_of,
    first_day,
    keys_of,
    numbers_of,
)
from shared.rules.figures import effective_day

DRAFTS_IN_A_ROW = 5  # drafts that a group counts weigh as much as one row of what is kept

ReadMembers = Callable[..., Awaitable[list[Member]]]
Part = tuple[str, str | None, UUID | None]
"""The performing unit and code of an activity; of one without a code its communication."""
Item = tuple[GroupKey, tuple[int, ...], Collection[str]]

_OF_DRAFTS = text("""
SELECT DISTINCT unit_code, activity_code, CASE WHEN activity_code IS NULL THEN communication_id END
FROM communication WHERE draft_id = ANY(:drafts)
""")
# What was recorded about communications since a position, or about their drafts.
_TOUCHED = text("""
SELECT unit_code, activity_code, CASE WHEN activity_code IS NULL THEN communication_id END
FROM communication c
WHERE draft_id = ANY(:drafts) AND (known_from > :since
  OR EXISTS (SELECT FROM draft d WHERE d.draft_id = c.draft_id AND d.known_from > :since))
UNION
SELECT unit_code, activity_code, CASE WHEN activity_code IS NULL THEN communication_id END
FROM communication_superseded
WHERE draft_id = ANY(:drafts) AND known_to > :since
""")


async def parts_about(connection: AsyncConnection, drafts: Collection[UUID]) -> set[Part]:
    """Give the activities that are about some drafts."""
    rows = await connection.execute(_OF_DRAFTS, {"drafts": list(drafts)})
    return {(row[0], row[1], row[2]) for row in rows}


async def activity_sums(
    kept: StandingIn, read_all: ReadMembers, read_members: ReadMembers, asked: ActivitiesAsked
) -> Mapping[GroupKey, ActivitySums]:
    """Sum up the activities that are asked for.

    `read_all` gives the members from a day to a day, `read_members` those of them that fulfil a condition.
    """
    first, last = first_day(asked.period), effective_day(asked.period, asked.as_of)

    async def touched(drafts: Collection[UUID], since: int) -> set[Part]:
        if not drafts:
            return set()
        rows = await kept.connection.execute(_TOUCHED, {"drafts": list(drafts), "since": since})
        return {(row[0], row[1], row[2]) for row in rows}

    async def read(parts: Collection[Part] | None) -> list[Item]:
        members = (
            await read_all(first, last)
            if parts is None
            else [member for where in of_parts(parts) for member in await read_members(first, last, *where)]
        )
        return await asyncio.to_thread(items_of, asked, members)

    return await kept.of_parts(("activities", asked), touched, read, joined, _weight)


def of_parts(parts: Collection[Part]) -> Iterable[tuple[Any, ...]]:
    """Give the conditions of the members of some activities: by their codes, and one by one."""
    table = COMMUNICATION.c
    coded = [part for part in parts if part[1] is not None]
    alone = [part[2] for part in parts if part[1] is None]
    codes = func.unnest(
        cast([part[0] for part in coded], ARRAY(String)), cast([part[1] for part in coded], ARRAY(String))
    )
    listed = codes.table_valued(column("unit", String), column("code", String)).render_derived(name="codes")
    return [
        (tuple_(table.unit_code, table.activity_code).in_(select(listed.c.unit, listed.c.code)),),
        (table.communication_id == func.any(cast(alone, ARRAY(Uuid))), table.activity_code.is_(None)),
    ]


def items_of(asked: ActivitiesAsked, members: Iterable[Member]) -> list[Item]:
    last = effective_day(asked.period, asked.as_of)
    made: list[Item] = []
    for item in activities(members, asked.as_of, asked.period, asked.scope):
        first = item.first
        if asked.channel not in {None, first.channel} or (
            asked.units is not None and first.unit_code not in asked.units
        ):
            continue
        numbers = numbers_of(item, last)
        made.extend(
            ((by, key), numbers, _drafts(asked, item, by, key))
            for by in asked.by
            for key in product(*(keys_of(item, each, _itself) for each in by))
        )
    return made


def _drafts(
    asked: ActivitiesAsked, item: Any, by: tuple[CountBy, ...], key: tuple[Key, ...]
) -> Collection[str]:
    if not asked.drafts:
        return ()
    return drafts_of(item, key[0] if by == (CountBy.INSTRUMENT,) else None)


def _itself(unit_code: str) -> str:
    return unit_code


def joined(
    before: Mapping[GroupKey, ActivitySums], added: Collection[Item], taken: Collection[Item]
) -> Mapping[GroupKey, ActivitySums]:
    numbers: dict[GroupKey, tuple[int, ...]] = {}
    drafts: dict[GroupKey, Counter[str]] = {}
    for change, items in ((add, added), (sub, taken)):
        for key, values, codes in items:
            numbers[key] = tuple(map(change, numbers.get(key, NOTHING), values))
            changed = drafts.setdefault(key, Counter())
            for code in codes:
                changed[code] = change(changed[code], 1)
    made = dict(before)
    for key, values in numbers.items():
        own = made.pop(key, ActivitySums())
        sums = tuple(map(add, own.numbers, values))
        if sums[0]:
            made[key] = ActivitySums(sums, _counted(own.drafts, drafts[key]))
    return made


def _counted(before: Mapping[str, int], changes: Mapping[str, int]) -> Mapping[str, int]:
    made = dict(before)
    for code, number in changes.items():
        if not number:
            continue
        if left := made.get(code, 0) + number:
            made[code] = left
        else:
            made.pop(code)
    return made


def _weight(values: Mapping[GroupKey, ActivitySums]) -> int:
    return sum(1 + len(of.drafts) // DRAFTS_IN_A_ROW for of in values.values())
