"""Sums over activities, kept in memory by group: PostgreSQL adds them up, and what is recorded changes those of its own alone.

The rules are those of `shared.rules.counts`, which the sums of the same communications are held against
(`tests/integration/metrics/agreement/test_standing.py`).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import add, sub
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, cast, column, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.history.standing import StandingIn
from services.metrics.adapters.tables import COMMUNICATION
from services.metrics.application.ports import ActivitiesAsked, ActivitySums, GroupKey
from shared.contracts.vocabulary import ContentItem, Dataset, Precision
from shared.rules.counts import NOTHING, OPINIONS, SUMMED, CountBy, first_day
from shared.rules.figures import CUT_DAY, effective_day

DRAFTS_IN_A_ROW = 5  # drafts that a group counts weigh as much as one row of what is kept

Part = tuple[str, str | None, UUID | None]
"""The performing unit and code of an activity; of one without a code its communication."""
Item = tuple[GroupKey, tuple[int, ...], Mapping[str, int]]
"""What activities add to the figures of a group, and how many of them are about each draft."""

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


_OF_PARTS = """c.communication_id IN (
  SELECT o.communication_id
  FROM unnest(CAST(:part_units AS text[]), CAST(:part_codes AS text[])) AS p(unit_code, activity_code)
    JOIN communication o ON o.unit_code = p.unit_code AND o.activity_code = p.activity_code
  UNION ALL
  SELECT o.communication_id FROM communication o
  WHERE o.communication_id = ANY(CAST(:part_ids AS uuid[])) AND o.activity_code IS NULL
)"""

# The members of activities: one activity has those of one performing unit, code and reporting year, or one without a code.
# A reporting year begins on the cut day of December. Of the summaries of comments of a communication the last one counts.
_MEMBERS = f"""
SELECT c.*, d.draft_code, d.instrument, d.dataset, s.*,
  CASE WHEN c.activity_code IS NULL THEN CAST(c.communication_id AS text)
    ELSE concat(c.unit_code, ' ', extract(year FROM c.held_on)
      + CAST(to_char(c.held_on, 'MMDD') >= '12{CUT_DAY}' AS int), ' ', c.activity_code) END AS activity
FROM communication c JOIN draft d ON d.draft_id = c.draft_id
LEFT JOIN LATERAL (
  SELECT {", ".join(OPINIONS)}
  FROM jsonb_to_recordset(c.opinions) AS o(day date, position bigint, {", ".join(f"{each} bigint" for each in OPINIONS)})
  WHERE c.opinions <> '[]' AND o.day <= :last
  ORDER BY o.day DESC, o.position DESC LIMIT 1
) s ON true
WHERE c.held_on <= :last"""  # noqa: S608  our own names
_TICKED = " | ".join(
    f"(CAST(coalesce(content @> '\"{item}\"', false) AS int) << {place})"
    for place, item in enumerate(ContentItem)
)
_EARLIEST = ("channel", "role", "unit_code", "precision")  # what an activity has from its earliest member
_ACTIVITIES = f"""
SELECT activity, min(held_on) AS held_on, bool_or(verified) AS verified,
  {", ".join(f"(array_agg({each} ORDER BY held_on, position))[1] AS {each}" for each in _EARLIEST)},
  {", ".join(f"max({each}) AS {each}" for each in ("items", *SUMMED))},
  bit_or({_TICKED}) = {2 ** len(ContentItem) - 1} AS complete,
  {", ".join(f"coalesce(sum({each}), 0) AS {each}" for each in OPINIONS)},
  {", ".join(f"count(*) FILTER (WHERE dataset = '{each}') AS of_{each}" for each in Dataset)}
FROM member GROUP BY activity"""  # noqa: S608  our own names
_NUMBERS = (
    "count(*)",
    "sum(coalesce(nullif(items, 0), 1))",
    "count(*) FILTER (WHERE complete)",
    "count(*) FILTER (WHERE verified)",
    *(f"coalesce(sum({each}), 0)" for each in SUMMED),
    *(f"count({each})" for each in SUMMED),
    *(f"sum({each})" for each in OPINIONS),
    *(f"sum(of_{each})" for each in Dataset),
)
_SUMS = ", ".join(f"CAST({each} AS bigint)" for each in _NUMBERS)
_NO_SUMS = ", ".join("0" for _ in _NUMBERS)
# The values of activities of which one may have several.
_SEVERAL: Mapping[CountBy, str] = {
    CountBy.AUDIENCE: "SELECT DISTINCT activity, value FROM member, jsonb_array_elements_text(audience) AS v(value)",
    CountBy.AREA: "SELECT DISTINCT activity, value FROM member, jsonb_array_elements_text(area) AS v(value)",
    CountBy.INSTRUMENT: "SELECT DISTINCT activity, instrument AS value FROM member WHERE instrument IS NOT NULL",
}
_SINGLE: Mapping[CountBy, str] = {
    CountBy.NONE: "NULL",
    CountBy.CHANNEL: "a.channel",
    CountBy.ROLE: "a.role",
    CountBy.UNIT: "a.unit_code",
    CountBy.MONTH: f"""CASE WHEN a.precision <> '{Precision.YEAR}' THEN to_char(
  CASE WHEN extract(day FROM a.held_on) < {CUT_DAY} THEN a.held_on
    ELSE date_trunc('month', a.held_on) + interval '31 days' END, 'YYYY-MM') END""",
}


async def parts_about(connection: AsyncConnection, drafts: Collection[UUID]) -> set[Part]:
    """Give the activities that are about some drafts."""
    rows = await connection.execute(_OF_DRAFTS, {"drafts": list(drafts)})
    return {(row[0], row[1], row[2]) for row in rows}


async def activity_sums(kept: StandingIn, asked: ActivitiesAsked) -> Mapping[GroupKey, ActivitySums]:
    """Sum up the activities that are asked for."""

    async def touched(drafts: Collection[UUID], since: int) -> set[Part]:
        if not drafts:
            return set()
        rows = await kept.connection.execute(_TOUCHED, {"drafts": list(drafts), "since": since})
        return {(row[0], row[1], row[2]) for row in rows}

    async def read(parts: Collection[Part] | None) -> list[Item]:
        rows = await kept.connection.execute(text(_query(asked, parts)), _given(asked, parts))
        return [_item(asked.by[number], *row) for number, *row in rows]

    return await kept.of_parts(("activities", asked), touched, read, joined, _weight)


def _item(
    by: tuple[CountBy, ...],
    keys: Sequence[str | None],
    codes: Sequence[str] | None,
    times: Sequence[int] | None,
    *numbers: int,
) -> Item:
    return (by, tuple(keys)), numbers, dict(zip(codes or (), times or (), strict=True))


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


def _query(asked: ActivitiesAsked, parts: Collection[Part] | None) -> str:
    """Sum up the activities by all groupings at once: of their figures, and of how many are about each draft."""
    wanted = [
        ("c.held_on >= :first", asked.period),
        ("c.unit_code = ANY(CAST(:units AS text[]))", asked.units),
        ("d.scope = :scope", asked.scope),
        (_OF_PARTS, parts),
    ]
    members = "".join(f" AND {condition}" for condition, value in wanted if value is not None)
    counted = [
        ("held_on >= :from_day", asked.period),
        ("channel = :channel", asked.channel),
    ]
    activities = " AND ".join(condition for condition, value in counted if value is not None) or "true"
    several = sorted({each for by in asked.by for each in by if each in _SEVERAL})
    tables = [
        f"member AS ({_MEMBERS}{members})",
        f"activity AS (SELECT * FROM ({_ACTIVITIES}) a WHERE {activities})",  # noqa: S608  our own names
        *(f"of_{each} AS ({_SEVERAL[each]})" for each in several),
        *(
            ["about AS (SELECT DISTINCT activity, draft_code, instrument FROM member)"]
            if asked.drafts
            else []
        ),
    ]
    groupings = [
        part for number, by in enumerate(asked.by) for part in _sums_by(number, by, drafts=asked.drafts)
    ]
    return f"WITH {', '.join(tables)} {' UNION ALL '.join(groupings)}"


def _sums_by(number: int, by: tuple[CountBy, ...], *, drafts: bool) -> Iterator[str]:
    keys = ", ".join(f"of_{each}.value" if each in _SEVERAL else _SINGLE[each] for each in by)
    joins = " ".join(f"LEFT JOIN of_{each} USING (activity)" for each in by if each in _SEVERAL)
    keyed = f"SELECT a.*, CAST(ARRAY[{keys}] AS text[]) AS keys FROM activity a {joins}"  # noqa: S608  our own names
    nothing = "CAST(NULL AS text[]), CAST(NULL AS bigint[])"
    yield f"SELECT {number}, keys, {nothing}, {_SUMS} FROM ({keyed}) k GROUP BY keys"  # noqa: S608
    if drafts:
        own = "WHERE about.instrument = keys[1]" if by == (CountBy.INSTRUMENT,) else ""
        about = f"SELECT keys, draft_code, count(*) AS times FROM ({keyed}) k JOIN about USING (activity) {own} GROUP BY 1, 2"  # noqa: S608
        yield f"SELECT {number}, keys, array_agg(draft_code), array_agg(times), {_NO_SUMS} FROM ({about}) d GROUP BY keys"  # noqa: S608


def _given(asked: ActivitiesAsked, parts: Collection[Part] | None) -> dict[str, Any]:
    named = {
        "scope": asked.scope,
        "channel": asked.channel,
        "units": sorted(asked.units) if asked.units is not None else None,
        "first": first_day(asked.period),
        "from_day": asked.period.from_day if asked.period else None,
    }
    given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    if parts is not None:
        coded = [part for part in parts if part[1] is not None]
        given |= {
            "part_units": [part[0] for part in coded],
            "part_codes": [part[1] for part in coded],
            "part_ids": [part[2] for part in parts if part[1] is None],
        }
    return {**given, "last": effective_day(asked.period, asked.as_of)}


def joined(
    before: Mapping[GroupKey, ActivitySums], added: Collection[Item], taken: Collection[Item]
) -> Mapping[GroupKey, ActivitySums]:
    numbers: dict[GroupKey, tuple[int, ...]] = {}
    drafts: dict[GroupKey, Counter[str]] = {}
    for change, items in ((add, added), (sub, taken)):
        for key, values, codes in items:
            numbers[key] = tuple(map(change, numbers.get(key, NOTHING), values))
            changed = drafts.setdefault(key, Counter())
            for code, times in codes.items():
                changed[code] = change(changed[code], times)
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
