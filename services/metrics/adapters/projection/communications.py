"""Rows of communications: kept as they were recorded, and searched for the few that decide, whatever their number."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Select, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.tables import COMMUNICATION, COUNTING
from services.metrics.application.ports import Listed, PerformedCommunication
from services.metrics.domain.coverage import Covering
from services.metrics.domain.record import Asked, CommunicationFact, Performed
from shared.rules.facts import WHOLE_DRAFT
from shared.rules.verdicts import Search

Row = Mapping[str, Any]
_FACTS: TypeAdapter[list[CommunicationFact]] = TypeAdapter(list[CommunicationFact])
_PERFORMED: TypeAdapter[list[PerformedCommunication]] = TypeAdapter(list[PerformedCommunication])
_OF_FACT = [
    COMMUNICATION.c.recorded_role.label("role"),
    COMMUNICATION.c.recorded_unit_code.label("unit_code"),
    *(
        COMMUNICATION.c[name]
        for name in CommunicationFact.__dataclass_fields__
        if name not in {"role", "unit_code"}
    ),
]

# The earliest communication of some days is the first that begins on one of them, or one that is dated by its month or year
# and begins before: of each precision the latest, for it also ends last. Each line is one look-up in an index.
_EARLIEST = """
  (SELECT s.communication_id FROM counting_communication s
   WHERE s.draft_id = a.draft_id AND s.policy_no = a.policy_no AND s.held_on BETWEEN a.first_day AND a.last_day {only}
     AND s.communication_id <> ALL(CAST(:apart_from AS uuid[]))
   ORDER BY s.held_on LIMIT 1)
"""
_BEGUN_BEFORE = """
  (SELECT s.communication_id FROM counting_communication s
   WHERE s.draft_id = a.draft_id AND s.policy_no = a.policy_no AND s.precision = '{precision}' AND s.precision <> 'day'
     AND s.held_on < a.first_day {only} AND s.communication_id <> ALL(CAST(:apart_from AS uuid[]))
   ORDER BY s.held_on DESC LIMIT 1)
"""
_ONLY = ("", "AND a.is_window AND NOT s.statutory", "AND a.is_window AND s.verified")
_LOOK_UPS = (
    line.format(only=only, precision=precision)
    for only in _ONLY
    for line, precision in ((_EARLIEST, ""), (_BEGUN_BEFORE, "month"), (_BEGUN_BEFORE, "year"))
)
_DECIDING = f"""
SELECT DISTINCT f.communication_id FROM unnest(
  CAST(:drafts AS uuid[]), CAST(:numbers AS int[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]), CAST(:windows AS bool[])
) AS a(draft_id, policy_no, first_day, last_day, is_window)
CROSS JOIN LATERAL ({" UNION ALL ".join(_LOOK_UPS)}) f
"""  # noqa: S608  our own words

# Those that may have been held on one of some days: they begin there, or before and end there or later.
_MAY_BE_OF = """
  SELECT s.communication_id, greatest(s.held_on, a.first_day) AS day FROM counting_communication s
  WHERE s.draft_id = :draft AND s.policy_no IN (a.policy_no, 0) AND s.held_on BETWEEN a.first_day AND a.last_day
  UNION ALL
  SELECT s.communication_id, a.first_day FROM counting_communication s
  WHERE s.draft_id = :draft AND s.policy_no IN (a.policy_no, 0) AND s.precision <> 'day'
    AND s.held_on < a.first_day AND s.last_day >= a.first_day
"""
_COVERING = f"""
SELECT a.number, t.total, ARRAY(
  SELECT m.communication_id FROM ({_MAY_BE_OF}) m ORDER BY m.day, m.communication_id LIMIT :most
) AS first_ids
FROM unnest(CAST(:policies AS int[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
  WITH ORDINALITY AS a(policy_no, first_day, last_day, number)
CROSS JOIN LATERAL (SELECT count(*) AS total FROM ({_MAY_BE_OF}) m) t
ORDER BY a.number
"""  # noqa: S608  our own words


@dataclass(frozen=True, slots=True)
class SqlCommunications:
    connection: AsyncConnection

    async def by_ids(self, ids: Collection[UUID]) -> dict[UUID, list[CommunicationFact]]:
        """Give communications by their drafts."""
        return (
            await self._facts(_with_draft().where(COMMUNICATION.c.communication_id.in_(ids))) if ids else {}
        )

    async def of_drafts(self, drafts: Collection[UUID]) -> dict[UUID, list[CommunicationFact]]:
        """Give all communications of some drafts."""
        return await self._facts(_with_draft().where(COMMUNICATION.c.draft_id.in_(drafts))) if drafts else {}

    async def deciding(
        self, asked: Iterable[Asked], apart_from: Collection[UUID] = ()
    ) -> dict[UUID, list[CommunicationFact]]:
        """Give the communications that decide the verdicts of drafts, at most some for each policy and stage.

        Those of `apart_from` are passed over, as if they weren't there.
        """
        rows = {
            (item.draft_id, number, search.first, search.last, search.is_window)
            for item in asked
            for number in {WHOLE_DRAFT, *item.policies}
            for search in item.searches
        }
        if not rows:
            return {}
        names = ("drafts", "numbers", "firsts", "lasts", "windows")
        values: dict[str, Any] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        values["apart_from"] = list(apart_from)
        return await self.by_ids((await self.connection.execute(text(_DECIDING), values)).scalars().all())

    async def covering(
        self, draft_id: UUID, asked: Sequence[tuple[int, Search]], most: int
    ) -> list[Covering]:
        """Give for each policy and days the communications that may have been held then: how many, and the first ones."""
        if not asked:
            return []
        values = {
            "draft": draft_id,
            "most": most,
            "policies": [number for number, _ in asked],
            "firsts": [days.first for _, days in asked],
            "lasts": [days.last for _, days in asked],
        }
        rows = (await self.connection.execute(text(_COVERING), values)).all()
        wanted = {number for row in rows for number in row.first_ids}
        facts = {
            fact.communication_id: fact
            for of_draft in (await self.by_ids(wanted)).values()
            for fact in of_draft
        }
        return [Covering(row.total, tuple(facts[number] for number in row.first_ids)) for row in rows]

    async def others(self, draft_id: UUID, until: date, most: int) -> Covering:
        """Give the communications up to a day that don't count for the duty: how many, and the first ones."""
        table = COMMUNICATION
        those = (table.c.draft_id == draft_id, ~table.c.counts, table.c.held_on <= until)
        total = (await self.connection.execute(select(func.count()).where(*those))).scalar_one()
        query = _with_draft().where(*those).order_by(table.c.held_on, table.c.communication_id).limit(most)
        return Covering(total, tuple((await self._facts(query)).get(draft_id, ())))

    async def listed(self, asked: Listed) -> list[PerformedCommunication]:
        """Give a page of a draft's communications in the order of their first possible days."""
        table = COMMUNICATION.c
        query = select(*(table[name] for name in PerformedCommunication.__dataclass_fields__)).where(
            table.draft_id == asked.draft_id, table.held_on <= asked.until
        )
        if asked.counts is not None:
            query = query.where(table.counts == asked.counts)
        if asked.days is not None:
            query = query.where(table.communication_id.in_(_of_days(asked, asked.days)))
        if asked.after is not None:
            query = query.where(tuple_(table.held_on, table.communication_id) > tuple_(*asked.after))
        query = query.order_by(table.held_on, table.communication_id).limit(asked.limit)
        rows = (await self.connection.execute(query)).mappings()
        return _PERFORMED.validate_python([dict(row) for row in rows])

    async def _facts(self, query: Select[Any]) -> dict[UUID, list[CommunicationFact]]:
        rows = [dict(row) for row in (await self.connection.execute(query)).mappings()]
        drafts = [row.pop("draft_id") for row in rows]
        by_draft: dict[UUID, list[CommunicationFact]] = {}
        for draft_id, fact in zip(drafts, _FACTS.validate_python(rows), strict=True):
            by_draft.setdefault(draft_id, []).append(fact)
        return by_draft


def _of_days(asked: Listed, days: Search) -> Select[Any]:
    table = COUNTING.c
    query = select(table.communication_id).where(
        table.draft_id == asked.draft_id, table.held_on <= days.last, table.last_day >= days.first
    )
    policies = (WHOLE_DRAFT, asked.policy_no)
    return query.where(table.policy_no.in_(policies)) if asked.policy_no is not None else query


def _with_draft() -> Select[Any]:
    return select(COMMUNICATION.c.draft_id, *_OF_FACT)


def communication_row(draft_id: UUID, item: Performed) -> Row:
    fact = item.fact
    return {
        **{
            column.name: getattr(fact, column.name)
            for column in COMMUNICATION.c
            if hasattr(fact, column.name)
        },
        "draft_id": draft_id,
        "recorded_role": fact.role,
        "recorded_unit_code": fact.unit_code,
        "role": item.role,
        "unit_code": item.unit_code,
        "counts": item.span is not None,
        "opinions": [
            asdict(summary) | {"day": summary.explained_on or fact.held_on} for summary in fact.opinions
        ],
    }


def counting_rows(draft_id: UUID, item: Performed) -> Iterator[Row]:
    if item.span is None:
        return
    policies = set(item.fact.policies)
    for number in {WHOLE_DRAFT} if not policies or WHOLE_DRAFT in policies else policies:
        yield {
            "communication_id": item.fact.communication_id,
            "policy_no": number,
            "draft_id": draft_id,
            "held_on": item.fact.held_on,
            "last_day": item.span.last,
            "precision": item.fact.precision,
            "statutory": item.span.statutory,
            "verified": item.span.verified,
        }
