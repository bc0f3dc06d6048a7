"""Why the figures of a report are others today: what was recorded, corrected or decided about its drafts since."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.metrics.domain.record import CommunicationFact, DraftRecord
from services.metrics.domain.report import ReportDraft


class Cause(StrEnum):
    """A kind of fact that changed."""

    REGISTERED = "registered"
    RECORDED = "recorded"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    STAGES = "stages"
    SCOPE = "scope"
    POLICIES = "policies"
    EXEMPTED = "exempted"
    TRANSFERRED = "transferred"
    PROCEDURE = "procedure"
    OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class Reason:
    """A cause, and how many communications it is about (0: it is about none)."""

    cause: Cause
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftDifference:
    """A draft whose figures changed; None where the report didn't or wouldn't have it."""

    draft_code: str
    title: str
    then: ReportDraft | None
    now: ReportDraft | None
    reasons: Sequence[Reason] = ()


def differing(then: Iterable[ReportDraft], now: Iterable[ReportDraft]) -> list[DraftDifference]:
    """Give the drafts whose policies, figures or unit are others than in the report."""
    before, after = ({draft.draft_code: draft for draft in drafts} for drafts in (then, now))
    return [
        DraftDifference(
            draft_code=code,
            title=(after.get(code) or before[code]).title,
            then=before.get(code),
            now=after.get(code),
        )
        for code in sorted({*before, *after})
        if _figures(before.get(code)) != _figures(after.get(code))
    ]


def _figures(draft: ReportDraft | None) -> tuple[object, ...] | None:
    if draft is None:
        return None
    policies = [(policy.policy_no, policy.verdict, policy.begun) for policy in draft.policies]
    return policies, draft.scope, draft.unit_code, draft.work, draft.lacks_communication


def reasons(before: DraftRecord | None, after: DraftRecord | None) -> list[Reason]:
    """Compare what was recorded of a draft with what is recorded now."""
    if before is None or after is None:
        return [Reason(Cause.REGISTERED)]
    causes = [*_of_communications(before.communications, after.communications), *_of_draft(before, after)]
    return causes or [Reason(Cause.OTHERWISE)]


def _of_communications(
    before: Sequence[CommunicationFact], after: Sequence[CommunicationFact]
) -> Iterator[Reason]:
    was, becomes = ({fact.communication_id: fact for fact in facts} for facts in (before, after))
    numbers = {
        Cause.RECORDED: len(becomes.keys() - was.keys()),
        Cause.CORRECTED: sum(was[number] != becomes[number] for number in was.keys() & becomes.keys()),
        Cause.RETRACTED: len(was.keys() - becomes.keys()),
    }
    return (Reason(cause, number) for cause, number in numbers.items() if number)


def _of_draft(before: DraftRecord, after: DraftRecord) -> Iterator[Reason]:
    changed = {
        Cause.STAGES: before.entries != after.entries,
        Cause.SCOPE: before.scope != after.scope,
        Cause.POLICIES: before.policies != after.policies,
        Cause.EXEMPTED: before.exemptions != after.exemptions,
        Cause.TRANSFERRED: before.transfers != after.transfers,
        Cause.PROCEDURE: (before.procedure, before.regime, before.instrument)
        != (after.procedure, after.regime, after.instrument),
    }
    return (Reason(cause) for cause, is_other in changed.items() if is_other)
