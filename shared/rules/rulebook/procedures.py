"""What one procedure asks of a draft, dated; and how an operator's rows stand in the place of packaged ones."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.contracts.vocabulary import ENDS, Instrument, Procedure, Regime, Stage
from shared.kernel.errors import PermanentError
from shared.rules.rulebook.legal_basis import Grounded

ONE_DAY = timedelta(days=1)


Key = tuple[Regime, Instrument, Procedure]


class AppraisingBody(StrEnum):
    """Who appraises a draft before it is submitted."""

    MINISTRY_OF_JUSTICE = "ministry_of_justice"
    LEGAL_DEPARTMENT = "legal_department"
    PROVINCIAL_JUSTICE = "provincial_justice"
    DISTRICT_JUSTICE = "district_justice"
    NONE = "none"


class DaysOf(StrEnum):
    """What a period of reply is counted in."""

    CALENDAR = "calendar"
    WORKING = "working"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRule(Grounded):
    """The least number of calendar days that a draft is posted for comment in a stage."""

    stage: Stage
    min_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRule(Grounded):
    """Within how many days, from receipt, a body that is asked in a stage replies in writing."""

    stage: Stage
    days: int
    counted_in: DaysOf


@dataclass(frozen=True, slots=True, kw_only=True)
class AppraisalRule(Grounded):
    """Who appraises, and within how many calendar days from the complete dossier (None: no figure is on record)."""

    body: AppraisingBody
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRule(Grounded):
    """Where the law says when a procedure other than the ordinary one may be used, and who decides it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRule(Grounded):
    """What one procedure asks of a draft, for stages entered from `valid_from` to `valid_to` (inclusive).

    `posting`, `replies`, `appraisal`, `expected_order` and `may_return` (from which stages a dossier may go back)
    serve warnings and clocks, never verdicts. The legal basis is that of the order of stages. `general`: the regime has
    no row of its own for this instrument and procedure.
    """

    regime: Regime
    instrument: Instrument
    procedure: Procedure
    valid_from: date
    valid_to: date | None
    opening: frozenset[Stage]
    closing: frozenset[Stage]
    parallel: frozenset[Stage]
    not_required: frozenset[Stage]
    may_return: frozenset[Stage]
    grace_working_days: int
    posting: tuple[PostingRule, ...]
    replies: tuple[ReplyRule, ...]
    appraisal: AppraisalRule | None
    permission: PermissionRule | None
    expected_order: tuple[Stage, ...]
    general: bool

    @property
    def key(self) -> Key:
        return self.regime, self.instrument, self.procedure

    @property
    def min_posting_days(self) -> Mapping[Stage, int]:
        """Calendar days by stage."""
        return {rule.stage: rule.min_days for rule in self.posting}

    @property
    def required(self) -> tuple[Stage, ...]:
        """Give the stages of the procedure in which communication is required, in their order."""
        opens = min(stage.order for stage in self.opening)
        closes = min(stage.order for stage in self.closing - ENDS)
        free = self.not_required | self.parallel
        return tuple(
            stage for stage in self.expected_order if opens <= stage.order < closes and stage not in free
        )

    def posting_of(self, stage: Stage) -> PostingRule | None:
        return next((rule for rule in self.posting if rule.stage is stage), None)

    def reply_of(self, stage: Stage) -> ReplyRule | None:
        return next((rule for rule in self.replies if rule.stage is stage), None)


@dataclass(frozen=True, slots=True)
class LocalRule:
    """A rule of a province's own, in the place of the national one for drafts that a unit of its `area` leads.

    The area are the units that are named, those below them, and those whose work they follow.
    """

    area: tuple[str, ...]
    rule: ProcedureRule

    def holds(self, lineage: Collection[str], on: date) -> bool:
        """Say whether it holds on a day for a unit; `lineage` is the unit, those above it, and those that follow its work."""
        until = self.rule.valid_to or date.max
        return self.rule.valid_from <= on <= until and any(
            _is_in(code, pattern) for pattern in self.area for code in lineage
        )


def _is_in(code: str, pattern: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


def followed(rules: Iterable[ProcedureRule]) -> tuple[ProcedureRule, ...]:
    """Order the rules of one key by day; raises `PermanentError` if a day has none, or two."""
    ordered = sorted(rules, key=lambda rule: rule.valid_from)
    closed = all(earlier.valid_to == later.valid_from - ONE_DAY for earlier, later in pairwise(ordered))
    if not ordered or not closed or ordered[-1].valid_to is not None:
        name = "/".join(ordered[0].key) if ordered else "?"
        raise PermanentError("bad_rules", f"{name}: the rows leave days without a rule")
    return tuple(ordered)


def overridden(rules: Sequence[ProcedureRule], by: ProcedureRule) -> tuple[ProcedureRule, ...]:
    """Let a rule hold on its days; what stood there holds on the others."""
    kept = [part for rule in rules for part in _outside(rule, by)]
    return followed([*kept, by])


def _outside(rule: ProcedureRule, by: ProcedureRule) -> Iterable[ProcedureRule]:
    if rule.valid_from < by.valid_from:
        until = by.valid_from - ONE_DAY
        yield replace(rule, valid_to=min(rule.valid_to or until, until))
    if by.valid_to is not None and (rule.valid_to is None or rule.valid_to > by.valid_to):
        yield replace(rule, valid_from=max(rule.valid_from, by.valid_to + ONE_DAY))
