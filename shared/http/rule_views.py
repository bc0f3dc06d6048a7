"""JSON views of what the rules derive for a draft, shared by all services."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from shared.contracts.vocabulary import Stage
from shared.rules.findings import FindingKind
from shared.rules.rulebook.procedures import Certainty


class PostingRuleView(BaseModel):
    """The least number of calendar days of posting in a stage, and how far that figure is confirmed."""

    stage: Stage
    min_days: int
    legal_basis: str
    source: str
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
