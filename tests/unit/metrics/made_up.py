"""Made-up answers of metrics, and its pages rendered with them."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from services.metrics.adapters.pages import routes as pages
from services.metrics.adapters.snapshots.activities import Item, joined
from services.metrics.application.draft_counts import DraftQuestion, SumKey
from services.metrics.application.leaders import LeadersQueries
from services.metrics.application.list_ports import Coming, Evidence, Planned, Reminder, ReportEntry, Unnamed
from services.metrics.application.page_ports import Happened, LateOccurrence, MonthCell, PolicyRow, StageCell
from services.metrics.application.ports import (
    ActivitiesAsked,
    ActivitySums,
    Cell,
    GroupKey,
    KnownAt,
    Listed,
    OpenGap,
    PerformedCommunication,
    Todo,
)
from services.metrics.application.queries import Queries
from services.metrics.domain.coverage import Covering
from services.metrics.domain.draft_counts import CountedDraft
from services.metrics.domain.programme import ProgrammeEntryRow
from services.metrics.domain.record import Asked, CommunicationFact, DraftRecord, Source
from shared.auth.tokens import Verifier
from shared.contracts.vocabulary import (
    Answer,
    Channel,
    Dataset,
    Instrument,
    Precision,
    Procedure,
    Regime,
    Stage,
    UnitKind,
    UnitLevel,
)
from shared.directory.folds import Succession, Unit, UnitDirectory, directory_of
from shared.http import problems
from shared.kernel import runtime
from shared.kernel.errors import Text
from shared.rules.counts import CountBy, Member, activities, drafts_of, keys_of, numbers_of
from shared.rules.facts import Scope
from shared.rules.figures import Counts, Period, effective_day
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.verdicts import Search
from shared.rules.words.figure_words import HARD_SPACE
from tests.support.rules import shorthand

DAY = date(2026, 3, 31)
ON_THE_DAY = "as_of=2026-03-31"


def items_of(asked: ActivitiesAsked, members: Iterable[Member]) -> list[Item]:
    """Give what each activity adds to the groups that are asked for, by the rules themselves."""
    last = effective_day(asked.period, asked.as_of)
    made: list[Item] = []
    for item in activities(members, asked.as_of, asked.period, asked.scope):
        first = item.first
        if asked.channel not in {None, first.channel} or (
            asked.units is not None and first.unit_code not in asked.units
        ):
            continue
        for by in asked.by:
            for key in product(*(keys_of(item, each, lambda code: code) for each in by)):
                codes = drafts_of(item, key[0] if by == (CountBy.INSTRUMENT,) else None)
                about = dict.fromkeys(codes, 1) if asked.drafts else {}
                made.append(((by, key), numbers_of(item, last), about))
    return made


def a_unit(code: str, name: str, parent: str | None = "CP", **changes: Any) -> Unit:
    kind = UnitKind.MINISTRY
    return Unit(
        unit_code=code, unit_name=name, level=UnitLevel.CENTRAL, kind=kind, parent_code=parent, **changes
    )


UNITS = directory_of(
    [
        a_unit("CP", "Chính phủ", None),
        a_unit("BTP", "Bộ Tư pháp"),
        a_unit("BXD", "Bộ Xây dựng"),
        a_unit("BGTVT", "Bộ Giao thông vận tải", successions=(Succession("BXD", date(2025, 3, 1)),)),
    ]
)


def a_cell(unit: str, **counts: int) -> Cell:
    return Cell(
        unit_code=unit,
        instrument=Instrument.DECREE,
        regime=Regime.LAW_2025,
        year=2026,
        dataset=Dataset.SAMPLE,
        counts=Counts(**counts),
    )


def a_gap(code: str, unit: str, due_on: date, *policies: int, title: str = "Nghị định thử") -> OpenGap:
    return OpenGap(
        gap_id=UUID(int=1),
        draft_code=code,
        title=title,
        instrument=Instrument.DECREE,
        procedure=Procedure.ORDINARY,
        unit_code=unit,
        stage=Stage.DRAFT_CONSULTATION,
        since=date(2026, 3, 2),
        due_on=due_on,
        policies=policies,
        dataset=Dataset.SAMPLE,
    )


def a_todo(kind: str, code: str, unit: str = "BTP") -> Todo:
    return Todo(
        kind=kind, draft_code=code, title=code, unit_code=unit, since=date(2025, 6, 1), dataset=Dataset.SAMPLE
    )


def a_record(stages: str, held: tuple[CommunicationFact, ...] = (), **changes: object) -> DraftRecord:
    existing: dict[str, object] = {
        "draft_id": UUID(int=1000),
        "draft_code": "ND-1",
        "title": "Nghị định về nhà ở",
        "instrument": Instrument.DECREE,
        "regime": Regime.LAW_2025,
        "procedure": Procedure.ORDINARY,
        "lead_unit_code": "BXD",
        "dataset": Dataset.LIVE,
        "source": Source(position=7, event_id=UUID(int=7), correlation_id="c", recorded_on=DAY),
        "scope": Scope(explicit=Answer.YES),
        "policies": ((1, "Giá bán"), (2, "Thủ tục"), (3, "Quỹ đất")),
        "entries": shorthand.draft(stages).entries,
        "communications": held,
    }
    return DraftRecord(**(existing | changes))  # type: ignore[arg-type]  # the test's own changes


def communicated(number: int, day: date, *policies: int, url: str | None = None) -> CommunicationFact:
    return CommunicationFact(
        communication_id=UUID(int=number),
        held_on=day,
        precision=Precision.DAY,
        policies=policies,
        channel=Channel.PRESS_CONFERENCE,
        title=f"Họp báo {number}",
        url=url,
    )


@dataclass
class MadeUp:
    """A snapshot that answers what the test says."""

    made_cells: list[Cell] = field(default_factory=list)
    made_gaps: list[OpenGap] = field(default_factory=list)
    made_todos: list[Todo] = field(default_factory=list)
    made_targets: dict[str, float] = field(default_factory=dict)
    made_late: list[LateOccurrence] = field(default_factory=list)
    made_months: list[MonthCell] = field(default_factory=list)
    made_stages: list[StageCell] = field(default_factory=list)
    made_members: list[Member] = field(default_factory=list)
    made_policies: list[PolicyRow] = field(default_factory=list)
    made_turns: list[Happened] = field(default_factory=list)
    deadline_documents: dict[str, str] = field(default_factory=dict)
    made_drafts: list[CountedDraft] = field(default_factory=list)
    made_programme: list[ProgrammeEntryRow] = field(default_factory=list)
    made_plans: list[Planned] = field(default_factory=list)
    made_reminders: list[Reminder] = field(default_factory=list)
    record: DraftRecord | None = None
    position: int = 4321
    dataset: Dataset | None = None
    present: frozenset[Dataset] = frozenset()
    broken: Exception | None = None

    async def counted_drafts(self, *, consulted: bool = False) -> list[CountedDraft]:
        return [draft for draft in self.made_drafts if draft.opinions or not consulted]

    async def units(self) -> UnitDirectory:
        if self.broken:
            raise self.broken
        return UNITS

    async def cells(self, as_of: date, period: Period | None) -> list[Cell]:  # noqa: ARG002  the port's own
        return self.made_cells

    async def members(
        self,
        first: date | None,  # noqa: ARG002  the port's own
        last: date,  # noqa: ARG002
        units: object = None,  # noqa: ARG002
    ) -> list[Member]:
        return self.made_members

    async def members_about(
        self,
        drafts: Collection[str],  # noqa: ARG002  the port's own
        first: date | None,  # noqa: ARG002
        last: date,  # noqa: ARG002
    ) -> list[Member]:
        return self.made_members

    async def opinion_sums(self, asked: DraftQuestion) -> Mapping[SumKey, tuple[int, ...]]:  # noqa: ARG002  the port's own
        return {}  # no draft here has a consultation

    async def stage_sums(self, asked: DraftQuestion) -> Mapping[SumKey, tuple[int, ...]]:  # noqa: ARG002  the port's own
        return {}

    async def activity_sums(self, asked: ActivitiesAsked) -> Mapping[GroupKey, ActivitySums]:
        return joined({}, items_of(asked, self.made_members), ())

    async def policies(self, as_of: date, period: Period | None) -> list[PolicyRow]:  # noqa: ARG002
        return self.made_policies

    async def programme_entries(self, year: int, units: Collection[str] | None) -> list[ProgrammeEntryRow]:  # noqa: ARG002
        return self.made_programme

    async def report_entries(self, year: int) -> list[ReportEntry]:  # noqa: ARG002  the port's own
        return []

    async def gaps(self, as_of: date) -> list[OpenGap]:  # noqa: ARG002  the port's own
        return self.made_gaps

    async def todos(self, as_of: date, suspended_before: date) -> list[Todo]:  # noqa: ARG002  the port's own
        return self.made_todos

    async def draft(self, draft_code: str) -> DraftRecord | None:
        return self.record if self.record and self.record.draft_code == draft_code else None

    async def deciding(self, asked: Asked) -> Sequence[CommunicationFact]:  # noqa: ARG002  the port's own
        return ()

    async def covering(
        self,
        draft_id: UUID,  # noqa: ARG002  the port's own
        asked: Sequence[tuple[int, Search]],
        most: int,  # noqa: ARG002  the port's own
    ) -> Sequence[Covering]:
        return [Covering(0) for _ in asked]

    async def others(self, draft_id: UUID, until: date, most: int) -> Covering:  # noqa: ARG002  the port's own
        return Covering(0)

    async def listed(self, asked: Listed) -> Sequence[PerformedCommunication]:  # noqa: ARG002  the port's own
        return []

    async def targets(self, year: int) -> Mapping[str, float]:  # noqa: ARG002  the port's own
        return self.made_targets

    async def late_occurrences(self, as_of: date, period: Period | None) -> list[LateOccurrence]:  # noqa: ARG002
        return self.made_late

    async def months(self, days: Mapping[date, Period | None]) -> list[MonthCell]:
        return [cell for cell in self.made_months if cell.day in days]

    async def stages(self, as_of: date, period: Period | None) -> list[StageCell]:  # noqa: ARG002
        return self.made_stages

    async def planned(self, as_of: date, draft_id: UUID | None = None) -> list[Planned]:  # noqa: ARG002
        return self.made_plans

    async def reminders(self, draft_id: UUID, until: date) -> Sequence[Reminder]:  # noqa: ARG002
        return self.made_reminders

    async def coming(self, as_of: date) -> list[Coming]:  # noqa: ARG002  the port's own
        return []

    async def evidence(self, as_of: date) -> list[Evidence]:  # noqa: ARG002  the port's own
        return []

    async def unnamed(self, as_of: date) -> list[Unnamed]:  # noqa: ARG002  the port's own
        return []

    async def happened(self, first: date, last: date) -> list[Happened]:  # noqa: ARG002
        return self.made_turns


async def page(
    address: str,
    made_up: MadeUp,
    *,
    public_read: bool = True,
    notices: Sequence[Text] = (),
    language: str = "vi",
) -> httpx.Response:
    async def noticed() -> Sequence[Text]:
        return notices

    @asynccontextmanager
    async def snapshots(_known_at: KnownAt | None = None, /) -> AsyncIterator[MadeUp]:
        yield made_up

    app = FastAPI()
    app.state.verifier = Verifier("", public_read=public_read)
    app.state.runner = SimpleNamespace(status=SimpleNamespace(position=made_up.position))
    app.state.clock = runtime.now
    problems.install(app)
    queries = LeadersQueries(Queries(snapshots, load_rulebook(), made_up.deadline_documents), snapshots)
    app.include_router(pages.router(queries, snapshots, "https://registry.example.vn", noticed))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loa") as client:
        answer = await client.get(address)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{language}">' in answer.text
    assert answer.text.count("<script") == answer.text.count('<script src="live.js" ') + answer.text.count(
        '<script src="../live.js" '
    )
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"].partition("script-src")[2]
    return answer


def words(answer: httpx.Response) -> str:
    return " ".join(answer.text.replace(HARD_SPACE, " ").split())
