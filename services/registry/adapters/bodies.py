"""Request bodies of the registry's API, and the commands that they mean."""

from abc import abstractmethod
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from services.registry.domain import draft_commands as drafts
from services.registry.domain import unit as units
from services.registry.domain.draft_commands import Given
from shared.bulk_import.percentages import Percent
from shared.contracts.event import Code, draft_id, posting_id
from shared.contracts.registry import MOST_POLICIES
from shared.contracts.vocabulary import (
    Answer,
    Clearable,
    Handling,
    Instrument,
    Precision,
    Procedure,
    Regime,
    ScopeBasis,
    Stage,
    SuccessionKind,
    SupervisionKind,
    UnitClearable,
    UnitKind,
    UnitLevel,
)
from shared.http.requests.request_context import Body, example
from shared.text_checks.days import Day, FactDay

Title = Annotated[str, Field(min_length=1, max_length=2000)]


Words = Annotated[str, Field(min_length=1, max_length=2000)]
MOST_OPINIONS = 10**12  # of one consultation


def items_or_none(value: Any) -> Any:
    """Take a list as it is, and split the text of a cell by semicolons; an empty one says nothing."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(";") if part.strip()) or None


class NewUnit(Body):
    model_config = example(
        code="STP-01",
        name="Sở Tư pháp tỉnh Lào Cai",
        level="provincial",
        kind="provincial_justice_department",
    )

    code: Code
    name: Title
    level: UnitLevel
    kind: UnitKind
    parent_code: Code | None = None
    province_code: str | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    note: str | None = None
    source: str | None = None

    def command(self) -> units.Register:
        fields = self.model_dump(exclude={"code", "name"})
        return units.Register(unit_code=self.code, unit_name=self.name, **fields)


class UnitAmendment(Body):
    """What was registered wrongly; fields that are not named stay unchanged.

    `cleared` names fields whose value was wrong and has no replacement. What really changed on a day is a renaming,
    a move or a succession.
    """

    model_config = example(
        kind="provincial_justice_department", valid_from="2025-07-01", reason="Ghi nhầm loại đơn vị."
    )

    level: UnitLevel | None = None
    kind: UnitKind | None = None
    parent_code: Code | None = None
    province_code: Words | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    cleared: tuple[UnitClearable, ...] = Field(default=(), max_length=4)
    reason: Title

    def command(self, unit_code: str) -> units.Amend:
        return units.Amend(unit_code=unit_code, **self.model_dump())


class Succession(Body):
    """Who carries on what the unit did; without `to_code` the unit is dissolved."""

    model_config = example(
        to_code="LAOCAI", kind="merge", date="2025-07-01", legal_basis="Nghị quyết 202/2025/QH15"
    )

    to_code: Code | None = None
    kind: SuccessionKind
    date: FactDay
    legal_basis: str | None = None
    source: str | None = None

    def command(self, unit_code: str) -> units.Succeed | units.Dissolve:
        names = {"kind", "legal_basis", "source"}
        basis: dict[str, Any] = {"on": self.date, **self.model_dump(include=names)}
        if self.to_code is None:
            return units.Dissolve(unit_code=unit_code, **basis)
        return units.Succeed(unit_code=unit_code, to_code=self.to_code, **basis)


class Renaming(Body):
    model_config = example(
        name="Bộ Dân tộc và Tôn giáo", on="2025-03-01", legal_basis="Nghị quyết 176/2025/QH15"
    )

    name: Title
    on: FactDay
    legal_basis: str | None = None

    def command(self, unit_code: str) -> units.Rename:
        return units.Rename(
            unit_code=unit_code, unit_name=self.name, on=self.on, legal_basis=self.legal_basis
        )


class Moving(Body):
    """From a day on the unit stands under another one; without `parent_code` under none."""

    model_config = example(parent_code="BTP", on="2025-03-01", legal_basis="Nghị định 39/2025/NĐ-CP")

    parent_code: Code | None
    on: FactDay
    legal_basis: str | None = None

    def command(self, unit_code: str) -> units.Move:
        return units.Move(unit_code=unit_code, **self.model_dump())


class Target(Body):
    model_config = example(year=2026, target_percent=80.0, document="Kế hoạch 15/KH-UBND")

    year: int = Field(ge=2022, le=2100)
    target_percent: Percent
    document: str | None = None

    def command(self, unit_code: str) -> units.SetTarget:
        return units.SetTarget(unit_code=unit_code, **self.model_dump())


class Supervision(Body):
    """Who follows the unit's communication work from a day on, as what.

    With a `supervisor_code` of null nobody is set any more, and the default holds: the justice department of the
    province, the legal department of the ministry, the People's Committees above.
    """

    model_config = example(
        supervisor_code="HAN-STP", kind="justice_body", on="2026-01-01", document="Quyết định 15/QĐ-UBND"
    )

    supervisor_code: Code | None
    kind: SupervisionKind
    on: FactDay
    document: str | None = None

    def command(self, unit_code: str) -> units.SetSupervision:
        return units.SetSupervision(unit_code=unit_code, **self.model_dump())


def _not_named() -> Any:
    """Stand for a field that was left out; a null that was sent is refused."""
    return None


class ChangeCorrection(Body):
    """What was wrong in a change of the unit, with what is right; what is not named stays as it was recorded.

    `name` belongs to a new name, `parent_code` to a move, `to_code` and `kind` to a succession, `supervisor_code` and `document` to who
    follows the unit; `on` and `legal_basis` to each that has them.
    """

    model_config = example(on="2025-07-01", reason="Ghi nhầm ngày có hiệu lực.")

    on: FactDay = Field(default_factory=_not_named)
    name: Title = Field(default_factory=_not_named)
    parent_code: Code | None = None
    to_code: Code = Field(default_factory=_not_named)
    kind: SuccessionKind = Field(default_factory=_not_named)
    supervisor_code: Code | None = None
    legal_basis: str | None = None
    document: str | None = None
    reason: Title

    def command(self, unit_code: str, change_id: UUID) -> units.CorrectChange:
        right = {name: getattr(self, name) for name in self.model_fields_set - {"reason"}}
        if "name" in right:
            right["unit_name"] = right.pop("name")
        return units.CorrectChange(unit_code=unit_code, change_id=change_id, right=right, reason=self.reason)


class Cancellation(Body):
    """A change of the unit that was recorded wrongly (renamed, moved, succeeded, dissolved, supervision set).

    `change_id` is that of `changes` of `GET /units/{unit_code}`. It then never held; what is right is recorded anew.
    """

    model_config = example(
        change_id="0f6c9d3e-2a41-5b7e-9c1d-3f5a7b9c1e20",
        reason="Ghi nhầm đơn vị tiếp nhận.",
        document="Công văn 15/UBND-NC",
    )

    change_id: UUID
    reason: Title
    document: Words | None = None

    def command(self, unit_code: str) -> units.CancelChange:
        return units.CancelChange(unit_code=unit_code, **self.model_dump())


def unless_unknown(answer: Answer | None) -> Answer | None:
    """Read "unknown" as an answer that nobody gave, so that older assessments stay as they are."""
    return None if answer is Answer.UNKNOWN else answer


class ScopeBody(Body):
    model_config = example(
        requires_proposal="yes", affects_rights="yes", contested="unknown", wide_impact="yes"
    )

    requires_proposal: Answer = Answer.UNKNOWN
    affects_rights: Answer = Answer.UNKNOWN
    contested: Answer = Answer.UNKNOWN
    wide_impact: Answer = Answer.UNKNOWN
    in_scope: Answer = Answer.UNKNOWN
    scope_basis: ScopeBasis | None = None
    state_secret: Annotated[Answer | None, AfterValidator(unless_unknown)] = None

    def scope(self) -> drafts.Scope:
        return drafts.Scope(**self.model_dump(include=set(ScopeBody.model_fields)))


Documents = Annotated[
    Annotated[tuple[Words, ...], Field(max_length=50)] | None,
    BeforeValidator(items_or_none),
    Field(description="numbers of documents"),
]


class PaperFields(BaseModel):
    """The paper that shows a stage, over HTTP and in a file alike."""

    document_no: str | None = None
    document_date: FactDay | None = None
    issuer: str | None = None


class DraftFields(BaseModel):
    """What a draft may be registered with, over HTTP and in a file alike: a new field goes in here."""

    procedure: Procedure = Procedure.ORDINARY
    final_number: str | None = None
    source: str | None = None
    handling: Handling | None = None
    amends: Documents = None
    replaces: Documents = None
    external_ref: str | None = None


class NewDraft(DraftFields, ScopeBody):
    model_config = example(
        draft_code="LUAT-DATDAI",
        title="Luật Đất đai (sửa đổi)",
        instrument="law",
        lead_unit_code="BTNMT",
        regime="law_2025",
        in_scope="yes",
    )

    draft_code: Code
    title: Title
    instrument: Instrument
    lead_unit_code: Code
    regime: Regime

    def command(self, given: Given) -> drafts.Register:
        fields = self.model_dump(exclude=set(ScopeBody.model_fields))
        number = draft_id(self.draft_code)
        return drafts.Register(draft_id=number, scope=self.scope(), **fields, **given)


class Amendment(Body):
    """What was registered wrongly or is registered later; fields that are not named stay unchanged.

    `cleared` names fields whose value was wrong and has no replacement.
    """

    model_config = example(
        instrument="resolution",
        final_number="31/2025/QH15",
        reason="Quốc hội quyết định ban hành dưới hình thức nghị quyết.",
    )

    instrument: Instrument | None = None
    regime: Regime | None = None
    final_number: Words | None = None
    outcome: Words | None = None
    source: Words | None = None
    handling: Handling | None = None
    amends: Documents = None
    replaces: Documents = None
    external_ref: Words | None = None
    cleared: tuple[Clearable, ...] = Field(default=(), max_length=len(Clearable))
    reason: Title

    def command(self, given: Given) -> drafts.Amend:
        return drafts.Amend(**self.model_dump(), **given)


class Retitling(Body):
    model_config = example(title="Luật Đất đai (sửa đổi)")

    title: Title


class NewPolicy(Body):
    model_config = example(policy_no=1, title="Bỏ khung giá đất", affected_groups=["người sử dụng đất"])

    policy_no: int = Field(ge=1, le=MOST_POLICIES)
    title: Title
    affected_groups: tuple[str, ...] = ()
    source: str | None = None

    def command(self, given: Given) -> drafts.AddPolicy:
        return drafts.AddPolicy(**self.model_dump(), **given)


class PolicyChange(Body):
    model_config = example(
        title="Bỏ khung giá đất, lập bảng giá đất hằng năm", affected_groups=["người sử dụng đất"]
    )

    title: Title
    affected_groups: tuple[str, ...] = ()

    def command(self, number: int, given: Given) -> drafts.AmendPolicy:
        return drafts.AmendPolicy(policy_no=number, **self.model_dump(), **given)


class StageCorrection(PaperFields, Body):
    """The corrected values of the entry; of its paper only what is named changes."""

    model_config = example(
        stage="draft_consultation", entered_on="2025-03-04", reason="Ghi nhầm ngày đăng tải."
    )

    stage: Stage
    entered_on: FactDay
    precision: Precision = Precision.DAY
    reason: str | None = None

    def command(self, entry_id: UUID, given: Given) -> drafts.CorrectStage:
        return drafts.CorrectStage(entry_id=entry_id, was=None, **self.model_dump(), **given)


class NeverWas(Body):
    """Why what was recorded never was."""

    model_config = example(reason="Ghi nhầm dự thảo.")

    reason: Title
    document: Words | None = None

    @abstractmethod
    def command(self, number: UUID, given: Given) -> drafts.Command:
        """Give the command that takes back what has this id."""


class StageCancellation(NeverWas):
    """Why the draft never entered the stage."""

    def command(self, entry_id: UUID, given: Given) -> drafts.CancelStage:
        return drafts.CancelStage(entry_id=entry_id, was=None, **self.model_dump(), **given)


class PostingCancellation(NeverWas):
    """Why the draft was never posted."""

    def command(self, posting_id: UUID, given: Given) -> drafts.CancelPosting:
        return drafts.CancelPosting(posting_id=posting_id, **self.model_dump(), **given)


class Expectation(Body):
    """A stage to come; without `expected_on` it is no longer expected."""

    model_config = example(
        stage="adopted", expected_on="2026-12-10", session="Kỳ họp thứ 30, Hội đồng nhân dân tỉnh"
    )

    stage: Stage
    expected_on: FactDay | None
    precision: Precision = Precision.DAY
    session: str | None = None
    what: str | None = None
    source: str | None = None

    def command(self, given: Given) -> drafts.ExpectStage:
        return drafts.ExpectStage(**self.model_dump(), **given)


Number = Annotated[int, Field(ge=0, le=MOST_OPINIONS)]


class OpinionFields(BaseModel):
    """What a whole consultation brought, over HTTP and in a file alike."""

    stage: Stage
    summarised_on: FactDay
    received: Number
    accepted: Number | None = None
    explained: Number | None = None
    agree: Number | None = None
    disagree: Number | None = None
    published_at: str | None = None
    counting_rule: str | None = None
    document: str | None = None
    source: str | None = None


class Opinions(OpinionFields, Body):
    model_config = example(
        stage="draft_consultation",
        summarised_on="2025-04-30",
        received=1200,
        accepted=300,
        explained=900,
        agree=1100,
        disagree=100,
        groups={"VNeID": 1000, "tổ chức": 200},
        published_at="https://example.vn/tong-hop",
        counting_rule="Ý kiến phát biểu trực tiếp tại hội nghị không tính",
    )

    groups: Annotated[dict[Words, Number] | None, Field(max_length=100)] = None

    def command(self, given: Given) -> drafts.SummariseOpinions:
        return drafts.SummariseOpinions(**self.model_dump(), **given)


class Withdrawal(Body):
    model_config = example(on="2025-06-30", what="Rút khỏi chương trình lập pháp năm 2025")

    on: FactDay
    what: str | None = None

    def command(self, given: Given) -> drafts.EnterStage:
        return drafts.EnterStage(stage=Stage.WITHDRAWN, entered_on=self.on, what=self.what, **given)


class ExemptionContent(Body):
    """No stages: the whole draft is exempted from communication."""

    stages: tuple[Stage, ...] = ()
    document: str = Field(min_length=1)
    authority: str | None = None
    decided_on: FactDay | None = None


class Exemption(ExemptionContent):
    """No stages: the whole draft is exempted from communication."""

    model_config = example(
        stages=["draft_consultation"], document="Công văn 12/BTP-PBGDPL", authority="Bộ Tư pháp"
    )

    def command(self, given: Given) -> drafts.Exempt:
        return drafts.Exempt(**self.model_dump(), **given)


class ExemptionCancellation(NeverWas):
    """Why an exemption that was recorded never held."""

    def command(self, exemption_id: UUID, given: Given) -> drafts.CancelExemption:
        return drafts.CancelExemption(exemption_id=exemption_id, **self.model_dump(), **given)


class ExemptionCorrection(ExemptionContent):
    """The exemption as it should stand: what is left out is not part of it."""

    model_config = example(
        stages=["draft_consultation"], document="Công văn 21/BTP-PBGDPL", reason="Ghi nhầm số văn bản."
    )

    reason: Title

    def command(self, exemption_id: UUID, given: Given) -> drafts.CorrectExemption:
        return drafts.CorrectExemption(exemption_id=exemption_id, **self.model_dump(), **given)


class ProcedureDecision(Body):
    """Which procedure the draft follows, and the document that decides it (Law 64/2025/QH15, Art. 50)."""

    model_config = example(
        procedure="simplified",
        document="Công văn 45/TTg-PL",
        authority="Thủ tướng Chính phủ",
        decided_on="2025-03-01",
    )

    procedure: Procedure
    document: str = Field(min_length=1)
    authority: str | None = None
    decided_on: FactDay | None = None

    def command(self, given: Given) -> drafts.DecideProcedure:
        return drafts.DecideProcedure(**self.model_dump(), **given)


class NewPosting(Body):
    """The draft is posted for comment in a stage; without `closes_on` as long as the procedure asks for."""

    model_config = example(
        stage="draft_consultation",
        opened_on="2025-03-03",
        closes_on="2025-03-31",
        place="https://example.vn/du-thao",
    )

    stage: Stage
    opened_on: FactDay
    closes_on: Day | None = None
    place: str | None = None
    source: str | None = None

    def command(self, draft_code: str, given: Given) -> drafts.OpenPosting:
        number = posting_id(draft_code, self.stage, self.opened_on)
        return drafts.OpenPosting(posting_id=number, **self.model_dump(), **given)


class PostingExtension(Body):
    model_config = example(closes_on="2025-04-10", reason="Nhiều ý kiến góp ý")

    closes_on: Day
    reason: str | None = None

    def command(self, number: UUID, given: Given) -> drafts.ExtendPosting:
        return drafts.ExtendPosting(posting_id=number, **self.model_dump(), **given)


class PostingClosure(Body):
    model_config = example(closed_on="2025-04-10")

    closed_on: FactDay
    reason: str | None = None

    def command(self, number: UUID, given: Given) -> drafts.ClosePosting:
        return drafts.ClosePosting(posting_id=number, **self.model_dump(), **given)


class PostingCorrection(Body):
    """The posting as it should stand: an end, an extension or a place that is left out is not part of it.

    `extended_to`: the end after the last extension; earlier ones stay.
    """

    model_config = example(
        stage="draft_consultation",
        opened_on="2025-03-04",
        closes_on="2025-04-02",
        place="https://example.vn/du-thao",
        reason="Ghi nhầm ngày.",
    )

    stage: Stage
    opened_on: FactDay
    closes_on: Day | None = None
    extended_to: Day | None = None
    closed_on: FactDay | None = None
    place: str | None = None
    reason: Title
    document: Words | None = None

    def command(self, number: UUID, given: Given) -> drafts.CorrectPosting:
        return drafts.CorrectPosting(posting_id=number, **self.model_dump(), **given)


class Handover(Body):
    model_config = example(to_unit_code="BNNMT", on="2025-03-01", document="Nghị quyết 176/2025/QH15")

    to_unit_code: Code
    on: FactDay
    document: str | None = None

    def command(self, given: Given) -> drafts.Transfer:
        return drafts.Transfer(**self.model_dump(), **given)
