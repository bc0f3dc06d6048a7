"""From which day to which a law governs drafts that are begun: data of the rule file, for findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from shared.contracts.vocabulary import Regime
from shared.kernel.errors import Text
from shared.rules.rulebook.legal_basis import Grounded
from shared.rules.rulebook.procedure_rows import GroundedRow, RulesRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeRule(Grounded):
    """The days (inclusive) on which drafts are begun under a regime; `last_day` None: it is in force."""

    regime: Regime
    first_day: date
    last_day: date | None


class RegimeRow(GroundedRow):
    regime: Regime
    first_day: date
    last_day: date | None = None

    def rule(self) -> RegimeRule:
        return RegimeRule(**dict(self))


def read_regimes(file: str, document: Mapping[str, Any]) -> Mapping[Regime, RegimeRule]:
    """Read the list `regimes` of a document. Raises `RulesRefused` with the row that cannot be taken."""
    rules: dict[Regime, RegimeRule] = {}
    for number, row in enumerate(document.get("regimes", [])):
        try:
            rule = RegimeRow.model_validate(row).rule()
        except ValidationError as error:
            why = str(error.errors()[0]["msg"])
            raise RulesRefused(file, f"regimes[{number}]", Text(why, why)) from error
        rules[rule.regime] = rule
    return rules
