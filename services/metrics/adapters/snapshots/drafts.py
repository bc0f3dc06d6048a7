"""Sums over drafts by the stages of a period, and over their consultations: one pass of PostgreSQL over the facts.

A test holds the sums against the rules, written plainly over the same drafts (`tests/support/rules/stages_of_period.py`,
`services.metrics.domain.draft_counts` for opinions).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.metrics.adapters.history import standing
from services.metrics.adapters.history.standing import StandingIn
from services.metrics.application.draft_counts import DraftQuestion, Numbers, SumKey
from services.metrics.domain.draft_counts import OPINIONS, DraftsBy, OpinionsBy
from shared.contracts.vocabulary import ENDS, Dataset

Items = list[tuple[SumKey, Numbers]]
Drafts = Collection[UUID] | None

# The period and that of the year before. A stage is entered in [from_day, last_day] and expected in [from_day, to_day].
_PERIODS = """(VALUES
  (false, CAST(:from_day AS date), CAST(:last_day AS date), CAST(:to_day AS date)),
  (true, CAST(:before_from_day AS date), CAST(:before_last_day AS date), CAST(:before_to_day AS date))
) AS p(is_before, from_day, last_day, to_day)"""

# The last transfer up to a day, of those of one day the one recorded last.
_LEAD = """coalesce((
  SELECT t.value ->> 'unit_code'
  FROM jsonb_array_elements(d.f -> 'transfers') WITH ORDINALITY AS t(value, place)
  WHERE CAST(t.value ->> 'on' AS date) <= i.last_day
  ORDER BY CAST(t.value ->> 'on' AS date) DESC, t.place DESC LIMIT 1
), d.lead_unit_code)"""

_EXPECTED = """jsonb_to_recordset(coalesce(d.f -> 'expected', '[]') || coalesce(d.f -> 'fulfilled', '[]'))
    AS x(stage text, session text, expected_on date)"""
_ENTRIES = "jsonb_to_recordset(d.f -> 'entries') AS e(stage text, entered_on date)"

# What a draft has of a stage in a period: it entered it, or it is to enter it; else only the session that was to take it.
_ITEMS = f"""
SELECT p.is_before, p.last_day, e.stage, true AS entered, false AS coming, NULL AS session
FROM {_ENTRIES} JOIN {_PERIODS} ON e.entered_on BETWEEN p.from_day AND p.last_day
UNION ALL
SELECT p.is_before, p.last_day, x.stage, false, true, x.session
FROM {_EXPECTED} JOIN {_PERIODS} ON x.expected_on BETWEEN p.from_day AND p.to_day
WHERE NOT EXISTS (
  SELECT FROM {_ENTRIES}
  WHERE e.entered_on <= p.last_day AND (e.stage = x.stage OR e.stage = ANY(CAST(:ends AS text[])))
)
"""  # noqa: S608  our own names
_SESSIONS = f"""
UNION ALL
SELECT p.is_before, p.last_day, x.stage, false, false, x.session
FROM jsonb_to_recordset(d.f -> 'fulfilled') AS x(stage text, session text), {_PERIODS}
WHERE EXISTS (
  SELECT FROM {_ENTRIES} WHERE e.stage = x.stage AND e.entered_on BETWEEN p.from_day AND p.last_day
)
"""  # noqa: S608  our own names
_STAGE_KEYS: Mapping[DraftsBy, str] = {
    DraftsBy.STAGE: "i.stage",
    DraftsBy.INSTRUMENT: "d.instrument",
    DraftsBy.HANDLING: "d.f ->> 'handling'",
    DraftsBy.SESSION: "unnest(coalesce(i.sessions, ARRAY[NULL]))",
}
_OPINION_KEYS: Mapping[OpinionsBy, str] = {OpinionsBy.STAGE: "i.stage", OpinionsBy.GROUP: "g.name"}


async def stage_sums(kept: StandingIn, asked: DraftQuestion) -> Mapping[SumKey, Numbers]:
    async def read(drafts: Drafts) -> Items:
        query, given = _stages(asked, drafts)
        rows = await kept.connection.execute(text(query), given)
        return [((is_before, lead, key, None), tuple(numbers)) for is_before, lead, key, *numbers in rows]

    return await kept.of(("stages", asked), read, standing.sums)


async def opinion_sums(kept: StandingIn, asked: DraftQuestion) -> Mapping[SumKey, Numbers]:
    async def read(drafts: Drafts) -> Items:
        query, given = _opinions(asked, drafts)
        rows = await kept.connection.execute(text(query), given)
        return [
            ((is_before, lead, key, rule), tuple(numbers) if rule is None else (numbers[0],))
            for is_before, lead, key, rule, *numbers in rows
        ]

    return await kept.of(("opinions", asked), read, standing.sums)


def _stages(asked: DraftQuestion, drafts: Drafts) -> tuple[str, dict[str, Any]]:
    by = asked.drafts_by
    by_session = by is DraftsBy.SESSION
    sessions = "array_agg(DISTINCT session) FILTER (WHERE session IS NOT NULL)" if by_session else "NULL"
    stage = "stage" if by is DraftsBy.STAGE else "NULL"
    query = f"""
WITH counted AS (
  SELECT i.is_before, {_LEAD} AS lead, {_STAGE_KEYS.get(by, "NULL")} AS key, d.dataset, i.entered, i.coming
  FROM ({_of(asked, drafts)}) d CROSS JOIN LATERAL (
    SELECT is_before, last_day, {stage} AS stage, bool_or(entered) AS entered, bool_or(coming) AS coming,
      {sessions} AS sessions
    FROM ({_ITEMS}{_SESSIONS if by_session else ""}) item
    WHERE CAST(:stage AS text) IS NULL OR stage = :stage
    GROUP BY 1, 2, 3
  ) i
)
SELECT is_before, lead, key, count(*), count(*) FILTER (WHERE entered), count(*) FILTER (WHERE coming),
  {_of_each_dataset("count(*)")}
FROM counted GROUP BY is_before, lead, key
"""  # noqa: S608  our own names
    return query, _given(asked, drafts)


def _opinions(asked: DraftQuestion, drafts: Drafts) -> tuple[str, dict[str, Any]]:
    """Sum up by lead unit and key, and once more by the rules that consultations were counted by."""
    of_group = asked.opinions_by is OpinionsBy.GROUP
    groups = "CROSS JOIN LATERAL jsonb_each_text(i.groups) AS g(name, number)" if of_group else ""
    values: Sequence[str] = [f"i.{name}" for name in OPINIONS]
    if of_group:
        values = ["CAST(g.number AS bigint)", *("CAST(NULL AS bigint)" for _ in OPINIONS[1:])]
    columns = ", ".join(f"{value} AS {name}" for value, name in zip(values, OPINIONS, strict=True))
    query = f"""
WITH counted AS (
  SELECT d.draft_id, d.dataset, i.is_before, {_LEAD} AS lead, {_OPINION_KEYS.get(asked.opinions_by, "NULL")} AS key,
    nullif(i.counting_rule, '') AS rule, {columns}
  FROM ({_of(asked, drafts)}) d CROSS JOIN LATERAL (
    SELECT o.*, p.is_before, p.last_day
    FROM jsonb_to_recordset(d.f -> 'opinions') AS o(stage text, summarised_on date, counting_rule text, groups jsonb,
        {", ".join(f"{name} bigint" for name in OPINIONS)})
      JOIN {_PERIODS} ON o.summarised_on BETWEEN p.from_day AND p.last_day
    WHERE CAST(:stage AS text) IS NULL OR o.stage = :stage
  ) i {groups}
)
SELECT is_before, lead, key, rule, count(*), count(DISTINCT draft_id),
  {", ".join(map(_sum, OPINIONS))}, {", ".join(f"count({name})" for name in OPINIONS)},
  {_sum("agree", "disagree IS NOT NULL")}, {_sum("disagree", "agree IS NOT NULL")},
  {_of_each_dataset("count(DISTINCT draft_id)")}
FROM counted GROUP BY GROUPING SETS ((is_before, lead, key), (is_before, lead, key, rule))
HAVING grouping(rule) = 1 OR rule IS NOT NULL
"""  # noqa: S608  our own names
    return query, _given(asked, drafts)


def _of(asked: DraftQuestion, drafts: Drafts) -> str:
    """Select the drafts that a question admits; all filters but that of the stage are theirs."""
    wanted = [
        ("instrument = :instrument", asked.instrument),
        ("coalesce(facts, record) ->> 'handling' = :handling", asked.handling),
        ("scope = :scope", asked.scope),
        ("draft_id = ANY(CAST(:drafts AS uuid[]))", drafts),
    ]
    conditions = " AND ".join(condition for condition, value in wanted if value is not None) or "true"
    return f"""SELECT draft_id, dataset, instrument, lead_unit_code, coalesce(facts, record) AS f
    FROM draft WHERE {conditions}"""  # noqa: S608  our own names


def _sum(name: str, condition: str = "true") -> str:
    return f"CAST(coalesce(sum({name}) FILTER (WHERE {condition}), 0) AS bigint)"


def _of_each_dataset(counted: str) -> str:
    return ", ".join(f"{counted} FILTER (WHERE dataset = '{each}')" for each in Dataset)


def _given(asked: DraftQuestion, drafts: Drafts) -> dict[str, Any]:
    named = {"instrument": asked.instrument, "handling": asked.handling, "scope": asked.scope}
    given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    if drafts is not None:
        given["drafts"] = list(drafts)
    days = {**_days(asked, ""), **_days(asked.before, "before_")}
    return {**given, **days, "stage": asked.stage, "ends": sorted(ENDS)}


def _days(asked: DraftQuestion, which: str) -> dict[str, date]:
    of = asked.of_units
    first, end = (of.period.from_day, of.period.to_day) if of.period else (date.min, date.max)
    return {f"{which}from_day": first, f"{which}last_day": of.effective, f"{which}to_day": end}
