"""JSON views of what the rules derive for a draft, shared by all services."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from shared.contracts.vocabulary import Stage
from shared.rules.clocks import WaitsFor
from shared.rules.findings import FindingKind
from shared.rules.rulebook.legal_basis import Certainty
from shared.rules.rulebook.procedures import AppraisingBody, DaysOf


class GroundedView(BaseModel):
    """Where a rule comes from, and how far that was checked; `content` is what the law asks for in Loa's words.

    In the table itself `legal_basis` names the article as it is on record. With a draft it names the law only where it
    was read or a source writes it, and else says that it is not checked.
    """

    legal_basis: str
    content: str
    source: str
    certainty: Certainty
    note: str


class PostingRuleView(GroundedView):
    """The least number of calendar days of posting in a stage."""

    stage: Stage
    min_days: int


class ReplyRuleView(GroundedView):
    """Within how many days from receipt a body that is asked in a stage replies in writing."""

    stage: Stage
    days: int
    counted_in: DaysOf


class AppraisalRuleView(GroundedView):
    """Who appraises, and within how many calendar days from the complete dossier, if that is on record."""

    body: AppraisingBody
    days: int | None


class ReplyClockView(BaseModel):
    """Until when replies or the appraisal are due; `by` is null where no number of days is on record."""

    waits_for: WaitsFor
    stage: Stage
    body: AppraisingBody | None
    since: date
    days: int | None
    counted_in: DaysOf
    by: date | None
    is_open: bool
    legal_basis: str
    certainty: Certainty


class PostingClockView(BaseModel):
    """A posting for comment on the day asked for; calendar days, the first one not counted.

    `posted_days` are those until that day or its end, `lawful_end` is the earliest last day by `rule`.
    """

    posting_id: UUID
    stage: Stage
    opened_on: date
    planned_end: date | None
    closed_on: date | None
    posted_days: int
    min_days: int | None
    lawful_end: date | None
    rule: PostingRuleView | None


class FindingView(BaseModel):
    """A lasting finding about an entry or a posting (`about`), or the draft; not every one is a warning.

    It never changes a verdict.
    """

    kind: FindingKind
    is_warning: bool
    about: UUID | None
    on: date | None
    vi: str
    en: str
    legal_basis: str | None
