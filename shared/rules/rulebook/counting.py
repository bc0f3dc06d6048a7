"""Which communications count for the duty, and which criteria of scope are asked: dated data of the rule file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationError

from shared.contracts.vocabulary import Channel, CommunicationRole, Instrument, Regime, ScopeBasis
from shared.kernel.errors import Text
from shared.rules.rulebook.procedure_rows import GroundedRow, RulesRefused

Form = tuple[Regime, Instrument]


class CommunicationRule(GroundedRow):
    """Which communications count for verdicts, gaps and rates, by their first possible day, from `valid_from` on.

    `statutory` are the channels of the consultation that the law asks for anyway.
    """

    valid_from: date
    roles: frozenset[CommunicationRole] = Field(min_length=1)
    channels: frozenset[Channel | Literal["*"]] = Field(min_length=1)
    statutory: frozenset[Channel]

    def counts(self, role: CommunicationRole, channel: Channel) -> bool:
        return role in self.roles and ("*" in self.channels or channel in self.channels)


class ScopeRule(GroundedRow):
    """Whether criterion (i), the proposal step, is asked of some forms, and the basis of a scope without it."""

    regimes: tuple[Regime, ...] = Field(min_length=1)
    instruments: tuple[Instrument, ...] = Field(min_length=1)
    asks_proposal: bool
    basis: ScopeBasis

    @property
    def forms(self) -> list[Form]:
        return [(regime, instrument) for regime in self.regimes for instrument in self.instruments]


@dataclass(frozen=True, slots=True)
class Counting:
    """`communications` in the order of their days; the first one also holds for the days before it."""

    communications: Sequence[CommunicationRule]
    scope: Mapping[Form, ScopeRule]

    def communication(self, on: date) -> CommunicationRule:
        rules = self.communications
        return next((rule for rule in reversed(rules) if rule.valid_from <= on), rules[0])

    def scope_of(self, regime: Regime, instrument: Instrument) -> ScopeRule | None:
        """Return the rule for a form; None where all four criteria of Decision 407/QĐ-TTg are asked."""
        return self.scope.get((regime, instrument))

    def asks_proposal(self, regime: Regime, instrument: Instrument) -> bool:
        """Tell whether criterion (i) of Decision 407/QĐ-TTg is asked of a form."""
        rule = self.scope_of(regime, instrument)
        return rule is None or rule.asks_proposal

    def overridden(self, by: "Counting") -> "Counting":
        """Let an operator's rows stand in the place of those with the same first day, or of the same form."""
        dated = {rule.valid_from: rule for rule in (*self.communications, *by.communications)}
        return Counting([dated[day] for day in sorted(dated)], {**self.scope, **by.scope})

    def as_data(self) -> dict[str, Any]:
        """Give what follows from the rules as data, always written alike: the order of a set differs by process."""
        return {
            "communications": [_sorted(rule.model_dump(mode="json")) for rule in self.communications],
            "scope": [
                [*form, rule.asks_proposal, rule.basis, rule.legal_basis]
                for form, rule in sorted(self.scope.items())
            ],
        }


def read_counting(file: str, document: Mapping[str, Any]) -> Counting:
    """Read the lists `communications` and `scope` of a document; either may be absent."""
    communications = _rows(file, "communications", CommunicationRule, document)
    scope = _rows(file, "scope", ScopeRule, document)
    return Counting(
        sorted(communications, key=lambda rule: rule.valid_from),
        {form: rule for rule in scope for form in rule.forms},
    )


def _rows(file: str, name: str, kind: Any, document: Mapping[str, Any]) -> Iterable[Any]:
    rows = []
    for number, row in enumerate(document.get(name, [])):
        try:
            rows.append(kind.model_validate(row))
        except ValidationError as error:
            item = error.errors()[0]
            place = ".".join([f"{name}[{number}]", *map(str, item["loc"])])
            raise RulesRefused(file, place, Text(str(item["msg"]), str(item["msg"]))) from error
    return rows


def _sorted(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in rule.items()}
