"""The registry's import sheets: what a row of each file means as a command."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from services.registry.adapters.bodies import (
    DraftFields,
    OpinionFields,
    PaperFields,
    ScopeBody,
    unless_unknown,
)
from services.registry.application.commands import Commands, draft_ref, unit_ref
from services.registry.domain import draft_commands as drafts
from services.registry.domain import unit as units
from services.registry.domain.draft import draft
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft, State
from services.registry.domain.errors import OutcomeWithoutStage
from services.registry.domain.references.findings import BY_ITSELF, unit_findings
from shared.bulk_import.percentages import Percent
from shared.bulk_import.row_parsing import DatedRow, ImportRow, Listed, NumbersByName, Reason, refused
from shared.bulk_import.sheet import Sheet, Taken, changed_since
from shared.contracts.envelope import AggregateRef, Metadata
from shared.contracts.event import SUPERVISION, Code, draft_id, posting_id
from shared.contracts.registry import MOST_POLICIES
from shared.contracts.vocabulary import (
    Answer,
    Dataset,
    Instrument,
    Regime,
    ScopeBasis,
    Stage,
    SuccessionKind,
    SupervisionKind,
    UnitKind,
    UnitLevel,
)
from shared.eventstore.handle import Handled, History
from shared.kernel.local_day import day_in_vietnam
from shared.rules.findings import Finding
from shared.text_checks.days import Day, FactDay

_WHOLE = "*"
NO_SUPERVISOR = "-"


def _stages(value: Any) -> Any:
    """An asterisk anywhere among the stages means the whole draft."""
    parts = [part.strip() for part in str(value).replace(",", ";").split(";") if part.strip()]
    return () if _WHOLE in parts else tuple(parts)


def _days(value: Any) -> Any:
    return tuple(part.strip() for part in str(value).replace(",", ";").split(";") if part.strip())


def _supervisor(value: Any) -> Any:
    return None if value == NO_SUPERVISOR else value


class UnitRow(ImportRow):
    code: Code
    name: str
    level: UnitLevel
    kind: UnitKind
    parent_code: Code | None = None
    province_code: str | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    note: str | None = None
    source: str | None = None
    dataset: Dataset = Dataset.LIVE

    def command(self) -> units.Register:
        fields = self.column_values("code", "name")
        return units.Register(unit_code=self.code, unit_name=self.name, notes=self.notes, **fields)


class SuccessionRow(ImportRow):
    from_code: Code
    to_code: Code | None = None
    kind: SuccessionKind
    date: FactDay
    legal_basis: str | None = None
    source: str | None = None

    def command(self) -> units.Succeed | units.Dissolve:
        basis: dict[str, Any] = {
            "on": self.date,
            "legal_basis": self.legal_basis,
            "source": self.source,
            "notes": self.notes,
            "kind": self.kind,
        }
        if self.to_code is None:
            return units.Dissolve(unit_code=self.from_code, **basis)
        return units.Succeed(unit_code=self.from_code, to_code=self.to_code, **basis)


class TargetRow(ImportRow):
    unit_code: Code
    year: int = Field(ge=2022, le=2100)
    target_percent: Percent
    document: str | None = None

    def command(self) -> units.SetTarget:
        return units.SetTarget(notes=self.notes, **self.column_values())


class SupervisionRow(ImportRow):
    """Who follows a unit from a day on; `-` as the supervisor: nobody is set any more, the default holds."""

    unit_code: Code
    supervisor_code: Annotated[Code | None, BeforeValidator(_supervisor)]
    kind: SupervisionKind
    on: FactDay = Field(alias="from")
    document: str | None = None

    def command(self) -> units.SetSupervision:
        return units.SetSupervision(notes=self.notes, **self.column_values())


class DraftRow(DraftFields, ImportRow):
    draft_code: Code
    title: str
    instrument: Instrument
    lead_unit_code: Code
    regime: Regime
    in_scope: Answer = Answer.UNKNOWN
    requires_proposal: Answer = Answer.UNKNOWN
    affects_rights: Answer = Answer.UNKNOWN
    contested: Answer = Answer.UNKNOWN
    wide_impact: Answer = Answer.UNKNOWN
    scope_basis: ScopeBasis | None = None
    state_secret: Annotated[Answer | None, AfterValidator(unless_unknown)] = None
    procedure_document: str | None = None
    procedure_authority: str | None = None
    procedure_decided_on: FactDay | None = None
    outcome: str | None = None
    dataset: Dataset = Dataset.LIVE

    def command(self, given: Given) -> drafts.Register:
        criteria = ScopeBody.model_fields
        scope = drafts.Scope(**{name: getattr(self, name) for name in criteria})
        number = draft_id(self.draft_code)
        fields = self.column_values(*criteria)
        return drafts.Register(draft_id=number, notes=self.notes, scope=scope, **fields, **given)


class PolicyRow(ImportRow):
    draft_code: Code
    policy_no: int = Field(ge=1, le=MOST_POLICIES)
    title: str
    affected_groups: Listed = ()
    source: str | None = None

    def command(self, given: Given) -> drafts.AddPolicy:
        return drafts.AddPolicy(notes=self.notes, **self.column_values("draft_code"), **given)


class StageRow(PaperFields, DatedRow):
    """An entry into a stage; with `expected` a coming one, whose paper does not exist yet, and its `session`."""

    draft_code: Code
    stage: Stage
    entered_on: FactDay
    what: str | None = None
    source: str | None = None
    expected: Answer = Answer.NO
    session: str | None = None

    def command(self, given: Given) -> drafts.EnterStage | drafts.ExpectStage:
        if self.expected is not Answer.YES:
            fields = self.column_values("draft_code", "expected", "session")
            return drafts.EnterStage(notes=self.notes, **fields, **given)
        fields = self.column_values("draft_code", "expected", "entered_on", *PaperFields.model_fields)
        return drafts.ExpectStage(
            notes=self.notes, expected_on=self.entered_on, of_file=True, **fields, **given
        )


class OpinionRow(OpinionFields, ImportRow):
    """What a whole consultation brought; the last row of a stage holds."""

    draft_code: Code
    groups: NumbersByName = None

    def command(self, given: Given) -> drafts.SummariseOpinions:
        return drafts.SummariseOpinions(notes=self.notes, **self.column_values("draft_code"), **given)


class ExemptionRow(ImportRow):
    draft_code: Code
    stages: Annotated[tuple[Stage, ...], BeforeValidator(_stages)] = ()
    document: str = ""
    authority: str | None = None
    decided_on: FactDay | None = None

    def command(self, given: Given) -> drafts.Exempt:
        return drafts.Exempt(notes=self.notes, **self.column_values("draft_code"), **given)


class PostingRow(ImportRow):
    """One posting for comment; a later import may extend or close it."""

    draft_code: Code
    stage: Stage
    opened_on: FactDay
    closes_on: Day | None = None
    extended_to: Annotated[tuple[Day, ...], BeforeValidator(_days)] = ()
    closed_on: FactDay | None = None
    place: str | None = None
    source: str | None = None

    def command(self, given: Given) -> drafts.RecordPosting:
        number = posting_id(self.draft_code, self.stage, self.opened_on)
        return drafts.RecordPosting(
            posting_id=number, notes=self.notes, **self.column_values("draft_code"), **given
        )


class OutcomeRow(ImportRow):
    """Sent by the importing client when all stage rows are in: the `outcome` column of drafts.csv."""

    draft_code: Code
    outcome: str


def _of_draft(
    row: PolicyRow | StageRow | OpinionRow | ExemptionRow | PostingRow | OutcomeRow,
) -> list[AggregateRef]:
    return [draft_ref(row.draft_code)]


def _leads(history: History) -> list[AggregateRef]:
    """Name the units that lead a draft, which the findings of a stage are about."""
    state = history.state(draft)
    return [unit_ref(code) for code in state.leads] if isinstance(state, Draft) else []


def _of_unit(row: UnitRow) -> list[AggregateRef]:
    return [unit_ref(code) for code in (row.code, row.parent_code) if code is not None]


def _of_supervision(row: SupervisionRow) -> list[AggregateRef]:
    return [unit_ref(code) for code in (row.unit_code, row.supervisor_code) if code is not None]


def _of_succession(row: SuccessionRow) -> list[AggregateRef]:
    return [unit_ref(code) for code in (row.from_code, row.to_code) if code is not None]


@dataclass(frozen=True, slots=True)
class Rows:
    """Carries out rows as commands, the same ones that the API uses."""

    commands: Commands

    def sheets(self) -> dict[str, Sheet[Any]]:
        return {
            "units": Sheet(UnitRow, _of_unit, self._registered_unit),
            "unit_successions": Sheet(SuccessionRow, _of_succession, self._unit),
            "supervision": Sheet(SupervisionRow, _of_supervision, self._unit),
            "targets": Sheet(TargetRow, lambda row: [unit_ref(row.unit_code)], self._unit),
            "drafts": Sheet(
                DraftRow, lambda row: [draft_ref(row.draft_code), unit_ref(row.lead_unit_code)], self._draft
            ),
            "policies": Sheet(PolicyRow, _of_draft, self._fact),
            "stages": Sheet(StageRow, _of_draft, self._with_findings, _leads),
            "opinions": Sheet(OpinionRow, _of_draft, self._fact),
            "exemptions": Sheet(ExemptionRow, _of_draft, self._fact),
            "postings": Sheet(PostingRow, _of_draft, self._with_findings),
            "outcomes": Sheet(OutcomeRow, _of_draft, self._outcome),
        }

    async def _unit(self, row: SuccessionRow | SupervisionRow | TargetRow, metadata: Metadata) -> Taken:
        return _taken(await self.commands.on_unit(row.command(), metadata))

    async def _registered_unit(self, row: UnitRow, metadata: Metadata) -> Taken:
        """Register a unit, and return as warnings what follows from the row alone."""
        handled = await self.commands.on_unit(row.command(), metadata)
        if not handled.events or not isinstance(handled.state, units.Unit):
            return _taken(handled)
        today = day_in_vietnam(metadata.time)
        findings = unit_findings(handled.state.by_day, row.province_code, {}, today)
        return _taken(handled, [refused(f.text) for f in findings if f.kind in BY_ITSELF])

    async def _draft(self, row: DraftRow, metadata: Metadata) -> Taken:
        return _taken(await self.commands.register_draft(row.command(_given(metadata)), metadata))

    async def _fact(self, row: PolicyRow | OpinionRow | ExemptionRow, metadata: Metadata) -> Taken:
        command = row.command(_given(metadata))
        return _taken(await self.commands.on_draft(row.draft_code, command, metadata))

    async def _with_findings(self, row: StageRow | PostingRow, metadata: Metadata) -> Taken:
        """Carry out a command, and return its findings as warnings."""
        given = _given(metadata)
        handled = await self.commands.on_draft(row.draft_code, row.command(given), metadata)
        findings = [
            *self.commands.findings_on(handled, given["today"]),
            *await self._of_leads(row, handled),
        ]
        return _taken(handled, [refused(finding.text) for finding in findings])

    async def _of_leads(self, row: StageRow | PostingRow, handled: Handled[State]) -> list[Finding]:
        if not isinstance(row, StageRow) or not handled.events or not isinstance(handled.state, Draft):
            return []
        about = {event.event_id for event in handled.events}
        findings = await self.commands.lead_findings(handled.state, handled.history)
        return [finding for finding in findings if finding.about in about]

    async def _outcome(self, row: OutcomeRow, metadata: Metadata) -> Taken:
        ends = {"withdrawn": Stage.WITHDRAWN, "merged": Stage.MERGED}
        if row.outcome not in ends:
            return Taken(0)
        try:
            command = drafts.EndAsRecorded(end=ends[row.outcome], **_given(metadata))
            commands = replace(self.commands, once=False)  # it depends on the entries as they are now
            return _taken(await commands.on_draft(row.draft_code, command, metadata))
        except OutcomeWithoutStage as refusal:
            return Taken(0, warnings=[refused(refusal.message)])


def _given(metadata: Metadata) -> Given:
    """Files are imported by operators, whose role the route has checked."""
    return Given(by=SUPERVISION, today=day_in_vietnam(metadata.time))


def _taken(handled: Handled[Any], warnings: Sequence[Reason] = ()) -> Taken:
    events = [] if handled.repeated else handled.event_names
    return Taken(handled.version.position, events, [*changed_since(handled), *warnings])
