"""Views of what follows from the rules: procedures, postings with their clock, and findings."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from pydantic import BaseModel

from services.registry.domain.draft_state import Draft
from services.registry.domain.postings import Posting
from shared.contracts.registry import Notes
from shared.contracts.vocabulary import Instrument, Procedure, Regime, Stage
from shared.http.request_context import Accepted
from shared.http.rule_views import FindingView, PostingClockView, PostingRuleView
from shared.rules.findings import Finding
from shared.rules.postings import PostingClock
from shared.rules.rulebook.procedures import Certainty
from shared.rules.rulebook.rulebook import Rulebook


class Extension(BaseModel):
    closes_on: date
    reason: str | None


class PostingView(PostingClockView):
    """One posting for comment, as it was recorded, with its clock."""

    closes_on: date | None
    extensions: list[Extension]
    close_reason: str | None
    place: str | None
    source: str | None
    notes: Notes


class AcceptedStep(Accepted):
    """The answer to a step of the draft, with its lasting findings."""

    findings: list[FindingView]


class AcceptedPosting(AcceptedStep):
    """The answer to a command on a posting: how it stands, and the rule that was used."""

    posting: PostingView


class ProcedureView(BaseModel):
    """What one procedure asks for, for stages entered from `valid_from` to `valid_to`.

    `general`: the regime has no row of its own for the instrument. `certainty` is that of the order of stages.
    """

    regime: Regime
    instrument: Instrument
    procedure: Procedure
    valid_from: date
    valid_to: date | None
    opening: list[Stage]
    closing: list[Stage]
    parallel: list[Stage]
    not_required: list[Stage]
    grace_working_days: int
    min_posting_days: dict[Stage, int]
    posting: list[PostingRuleView]
    expected_order: list[Stage]
    may_return: list[Stage]
    legal_basis: str
    source: str
    certainty: Certainty
    general: bool


class ProceduresView(BaseModel):
    rules_version: str
    procedures: list[ProcedureView]


def procedures_view(rulebook: Rulebook) -> ProceduresView:
    """The procedure table as it is in force, with what every answer names: `rules_version`."""
    rows = [
        {
            "regime": rule.regime,
            "instrument": rule.instrument,
            "procedure": rule.procedure,
            "valid_from": rule.valid_from.isoformat(),
            "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
            "opening": sorted(rule.opening),
            "closing": sorted(rule.closing),
            "parallel": sorted(rule.parallel),
            "not_required": sorted(rule.not_required),
            "grace_working_days": rule.grace_working_days,
            "min_posting_days": dict(rule.min_posting_days),
            "posting": [asdict(posting) for posting in rule.posting],
            "expected_order": rule.expected_order,
            "may_return": sorted(rule.may_return),
            "legal_basis": rule.legal_basis,
            "source": rule.source,
            "certainty": rule.certainty,
            "general": rule.general,
        }
        for rules in rulebook.procedures.values()
        for rule in rules
    ]
    return ProceduresView.model_validate({"rules_version": rulebook.version, "procedures": rows})


def finding_views(findings: Iterable[Finding]) -> list[FindingView]:
    return [FindingView.model_validate(finding.as_dict()) for finding in findings]


def posting_view(posting: Posting, clock: PostingClock) -> PostingView:
    shown = {
        **posting.opened.model_dump(mode="json"),
        "extensions": [extension.model_dump(mode="json") for extension in posting.extensions],
        "close_reason": posting.closed.reason if posting.closed else None,
        **clock.as_dict(),
    }
    return PostingView.model_validate(shown)


def posting_views(draft: Draft, clocks: Iterable[PostingClock]) -> list[PostingView]:
    """Show the postings in the order of their first days, each with its clock."""
    by_id = {posting.opened.posting_id: posting for posting in draft.postings}
    return [posting_view(by_id[clock.posting.posting_id], clock) for clock in clocks]
