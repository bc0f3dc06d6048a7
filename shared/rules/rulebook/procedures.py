"""What one procedure asks of a draft, dated; and how an operator's rows stand in the place of packaged ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.contracts.vocabulary import Instrument, Procedure, Regime, Stage
from shared.kernel.errors import PermanentError

ONE_DAY = timedelta(days=1)


Key = tuple[Regime, Instrument, Procedure]


class Certainty(StrEnum):
    """How far a figure can be relied on: its text was found, or a lawyer has to confirm it."""

    SOURCED = "sourced"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRule:
    """The least number of calendar days that a draft is posted for comment in a stage."""

    stage: Stage
    min_days: int
    legal_basis: str
    source: str
    certainty: Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRule:
    """What one procedure asks of a draft, for stages entered from `valid_from` to `valid_to` (inclusive).

    `posting`, `expected_order` and `may_return` (from which stages a dossier may go back) serve warnings,
    never verdicts. `general`: the regime has no row of its own for this instrument.
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
    expected_order: tuple[Stage, ...]
    legal_basis: str
    source: str
    certainty: Certainty
    general: bool

    @property
    def key(self) -> Key:
        return self.regime, self.instrument, self.procedure

    @property
    def min_posting_days(self) -> Mapping[Stage, int]:
        """Calendar days by stage."""
        return {rule.stage: rule.min_days for rule in self.posting}

    def posting_of(self, stage: Stage) -> PostingRule | None:
        return next((rule for rule in self.posting if rule.stage is stage), None)


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
