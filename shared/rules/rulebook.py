"""The rules that are data: procedures by regime, instrument and day, and the calendar, with one version."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from shared.contracts.vocabulary import Instrument, Procedure, Regime, Stage
from shared.errors import PermanentError
from shared.rules.working_days import Calendar, DayKind, calendar_of

ANY_INSTRUMENT = "*"
CALENDARS = ("calendar.csv", "calendar_overrides.csv")  # a later file corrects an earlier one
PROCEDURES = "procedures.json"

Key = tuple[Regime, Instrument, Procedure]
Days = dict[date, DayKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRule:
    """What one procedure asks of a draft, for stages entered from `valid_from` to `valid_to` (inclusive).

    `min_posting_days` are calendar days by stage; `expected_order` serves warnings, never verdicts.
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
    grace_working_days: int
    min_posting_days: Mapping[Stage, int]
    expected_order: tuple[Stage, ...]
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Procedures and calendar; `version` is the SHA-256 of what they say, in hex."""

    procedures: Mapping[Key, tuple[ProcedureRule, ...]]
    calendar: Calendar
    version: str

    def procedure(
        self, regime: Regime, instrument: Instrument, procedure: Procedure, on: date
    ) -> ProcedureRule:
        """Return the rule in force on a day; the first one also holds for the days before it.

        The regime is an attribute of the draft, so a stage dated before the law's own first day (or after
        its last, Law 64/2025/QH15 Art. 72) still goes by the draft's regime.
        """
        rules = self.procedures[regime, instrument, procedure]
        return next((rule for rule in reversed(rules) if rule.valid_from <= on), rules[0])


def load_rulebook(overrides: Iterable[Path] = ()) -> Rulebook:
    """Read the packaged rules, corrected by an operator's own calendar files, the last one winning.

    Raises `PermanentError("bad_rules", …)` naming file and line if a file cannot be taken.
    """
    paths = tuple(overrides)
    if not paths:
        return _packaged()
    days = _packaged_days()
    for path in paths:
        days |= _days(path.name, path.read_text(encoding="utf-8-sig"))
    return rulebook_of(_packaged_document(), days)


def rulebook_of(document: dict[str, Any], days: Mapping[date, DayKind]) -> Rulebook:
    """Build the rulebook from the document of procedures and the dated corrections of the calendar."""
    calendar = calendar_of(days)
    canonical = json.dumps(
        {"procedures": document, "off": calendar.off, "worked": calendar.worked},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    version = hashlib.sha256(canonical.encode()).hexdigest()
    return Rulebook(_procedures(document), calendar, version)


@cache
def _packaged() -> Rulebook:
    return rulebook_of(_packaged_document(), _packaged_days())


def _packaged_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_packaged_text(PROCEDURES))
    return document


def _packaged_days() -> Days:
    days: Days = {}
    for name in CALENDARS:
        days |= _days(name, _packaged_text(name))
    return days


def _packaged_text(name: str) -> str:
    return (files("shared.rules") / "data" / name).read_text(encoding="utf-8")


def _days(name: str, text: str) -> Days:
    days: Days = {}
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            days[date.fromisoformat(row["day"].strip())] = DayKind(row["kind"].strip())
        except (KeyError, ValueError, AttributeError) as error:
            raise PermanentError("bad_rules", f"{name}, line {line}: {error}") from error
    return days


def _procedures(document: dict[str, Any]) -> dict[Key, tuple[ProcedureRule, ...]]:
    """Resolve every combination: its own rows, else those for any instrument of its regime."""
    named: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in document["rows"]:
        for instrument in row["instruments"]:
            named.setdefault((row["regime"], instrument, row["procedure"]), []).append(row)
    resolved = {}
    for key in _every_key():
        regime, instrument, procedure = key
        rows = named.get(key) or named.get((regime, ANY_INSTRUMENT, procedure), [])
        resolved[regime, instrument, procedure] = _dated(key, rows, document["defaults"])
    return resolved


def _every_key() -> list[Key]:
    return [(regime, form, way) for regime in Regime for form in Instrument for way in Procedure]


def _dated(key: Key, rows: list[dict[str, Any]], defaults: dict[str, Any]) -> tuple[ProcedureRule, ...]:
    rules = sorted((_rule(key, defaults | row) for row in rows), key=lambda rule: rule.valid_from)
    follows = all(
        earlier.valid_to == later.valid_from - timedelta(days=1) for earlier, later in pairwise(rules)
    )
    if not rules or not follows or rules[-1].valid_to is not None:
        raise PermanentError("bad_rules", f"{'/'.join(key)}: the rows leave days without a rule")
    return tuple(rules)


def _rule(key: Key, row: dict[str, Any]) -> ProcedureRule:
    regime, instrument, procedure = key
    valid_to = row["valid_to"]
    return ProcedureRule(
        regime=regime,
        instrument=instrument,
        procedure=procedure,
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(valid_to) if valid_to else None,
        opening=_stages(row["opening"]),
        closing=_stages(row["closing"]),
        parallel=_stages(row["parallel"]),
        not_required=_stages(row["not_required"]),
        grace_working_days=int(row["grace_working_days"]),
        min_posting_days={Stage(stage): days for stage, days in row["min_posting_days"].items()},
        expected_order=tuple(Stage(stage) for stage in row["expected_order"]),
        legal_basis=row["legal_basis"],
    )


def _stages(names: Iterable[str]) -> frozenset[Stage]:
    return frozenset(Stage(name) for name in names)
