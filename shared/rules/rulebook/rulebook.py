"""The calendar of working days, and the rulebook: which procedure is in force on a day and what counts, with one version for all of it."""

import csv
import hashlib
import io
import json
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError

from shared.contracts.vocabulary import (
    Channel,
    CommunicationRole,
    Instrument,
    Precision,
    Procedure,
    Regime,
    ScopeBasis,
)
from shared.kernel.errors import Text
from shared.rules.rulebook.procedure_rows import (
    ANY_INSTRUMENT,
    NAMED,
    GroundedRow,
    ProcedureRow,
    RulesRefused,
    read_document,
    read_rows,
    rule_of,
)
from shared.rules.rulebook.procedures import (
    ONE_DAY,
    Key,
    LocalRule,
    ProcedureRule,
    followed,
    overridden,
)
from shared.rules.rulebook.regimes import RegimeRule, read_regimes

WEEKDAYS = 5


class DayKind(StrEnum):
    OFF = "off"
    WORK = "work"


CONFIRMED = "confirmed"  # a row of this kind names the notice or law that settles the holidays of its year


@dataclass(frozen=True, slots=True)
class Calendar:
    """`off` are weekdays without work, `worked` weekend days with work; all as sorted ordinals."""

    off: tuple[int, ...] = ()
    worked: tuple[int, ...] = ()

    def is_working(self, day: date) -> bool:
        return self._works(day.toordinal())

    def next_working_day(self, day: date) -> date:
        """Return the day itself if it is a working day, else the first one after it."""
        return day if self.is_working(day) else self.add_working_days(day, 1)

    def add_working_days(self, day: date, number: int) -> date:
        """Return the `number`-th working day after `day`, which is not counted itself."""
        ordinal = day.toordinal()
        off, worked = bisect_right(self.off, ordinal), bisect_right(self.worked, ordinal)
        while number > 0:
            ordinal += 1
            if _is_weekday(ordinal):
                if self.off[off : off + 1] == (ordinal,):
                    off += 1
                else:
                    number -= 1
            elif self.worked[worked : worked + 1] == (ordinal,):
                worked += 1
                number -= 1
        return date.fromordinal(ordinal)

    def working_days_between(self, after: date, until: date) -> int:
        """Count the working days in `(after, until]`; 0 if there is no such day."""
        return max(0, self._until(until.toordinal()) - self._until(after.toordinal()))

    def _works(self, ordinal: int) -> bool:
        changes = self.off if _is_weekday(ordinal) else self.worked
        place = bisect_right(changes, ordinal)
        changed = place > 0 and changes[place - 1] == ordinal
        return _is_weekday(ordinal) is not changed

    def _until(self, ordinal: int) -> int:
        weeks, rest = divmod(ordinal, 7)
        plain = weeks * WEEKDAYS + min(rest, WEEKDAYS)
        return plain - bisect_right(self.off, ordinal) + bisect_right(self.worked, ordinal)


def calendar_of(days: Mapping[date, DayKind]) -> Calendar:
    """Keep of the dated corrections those that change something: a Sunday off is off anyway."""
    ordinals = sorted((day.toordinal(), kind) for day, kind in days.items())
    return Calendar(
        off=tuple(day for day, kind in ordinals if kind is DayKind.OFF and _is_weekday(day)),
        worked=tuple(day for day, kind in ordinals if kind is DayKind.WORK and not _is_weekday(day)),
    )


def last_day(first: date, precision: Precision) -> date:
    """Return the last day that a date may mean, which is written as the first day of what is known."""
    match precision:
        case Precision.DAY:
            return first
        case Precision.MONTH:
            return first.replace(day=monthrange(first.year, first.month)[1])
        case Precision.YEAR:
            return date(first.year, 12, 31)


def _is_weekday(ordinal: int) -> bool:
    return 1 <= ordinal % 7 <= WEEKDAYS  # day 1 of the ordinals, 0001-01-01, was a Monday


def in_force(rules: Sequence[ProcedureRule], on: date) -> ProcedureRule:
    """Return the rule of a day; the first one also holds for the days before it."""
    return next((rule for rule in reversed(rules) if rule.valid_from <= on), rules[0])


CALENDARS = ("calendar.csv", "calendar_overrides.csv")  # a later file corrects an earlier one
PROCEDURES = "procedures.json"
Days = dict[date, DayKind]
Notices = dict[int, str]
Rules = dict[Key, tuple[ProcedureRule, ...]]
Regimes = Mapping[Regime, RegimeRule]
Local = Mapping[Key, tuple[LocalRule, ...]]
Lineage = Callable[[str, date], Iterable[str]]


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
            "communications": [
                _with_sorted_lists(rule.model_dump(mode="json")) for rule in self.communications
            ],
            "scope": [
                [*form, rule.asks_proposal, rule.basis, rule.legal_basis]
                for form, rule in sorted(self.scope.items())
            ],
        }


def read_counting(file: str, document: Mapping[str, Any]) -> Counting:
    """Read the lists `communications` and `scope` of a document; either may be absent."""
    communications = _counting_rows(file, "communications", CommunicationRule, document)
    scope = _counting_rows(file, "scope", ScopeRule, document)
    return Counting(
        sorted(communications, key=lambda rule: rule.valid_from),
        {form: rule for rule in scope for form in rule.forms},
    )


def _counting_rows(file: str, name: str, kind: Any, document: Mapping[str, Any]) -> Iterable[Any]:
    rows = []
    for number, row in enumerate(document.get(name, [])):
        try:
            rows.append(kind.model_validate(row))
        except ValidationError as error:
            item = error.errors()[0]
            place = ".".join([f"{name}[{number}]", *map(str, item["loc"])])
            raise RulesRefused(file, place, Text(str(item["msg"]), str(item["msg"]))) from error
    return rows


def _with_sorted_lists(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in rule.items()}


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file of an operator: a calendar (`.csv`) or procedures (`.json`)."""

    name: str
    text: str

    @property
    def is_calendar(self) -> bool:
        return not self.name.lower().endswith(".json")


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Procedures, calendar and what counts; `version` is the SHA-256 of what they say, in hex.

    `notices`: by year the notice or law that settles its days off. `lineage` gives the units above one on a day, and those
    that follow its work, for local rules; it is no part of the rules themselves.
    """

    procedures: Mapping[Key, tuple[ProcedureRule, ...]]
    calendar: Calendar
    counting: Counting
    regimes: Mapping[Regime, RegimeRule]
    notices: Mapping[int, str]
    local: Mapping[Key, tuple[LocalRule, ...]]
    version: str
    lineage: Lineage = field(default=lambda _code, _day: (), compare=False, repr=False)

    def within(self, lineage: Lineage) -> Self:
        """Give the same rules among the units of an installation."""
        return replace(self, lineage=lineage)

    def procedure(
        self, regime: Regime, instrument: Instrument, procedure: Procedure, on: date, lead: str | None = None
    ) -> ProcedureRule:
        """Return the rule in force on a day; the first one also holds for the days before it.

        A rule of the area of the unit that leads on that day holds in the place of the national one; of several the last.

        The regime is an attribute of the draft, so a stage dated before the law's own first day (or after
        its last, Law 64/2025/QH15 Art. 72) still goes by the draft's regime.
        """
        key = regime, instrument, procedure
        if lead is not None and (local := self.local.get(key, ())):
            lineage = (lead, *self.lineage(lead, on))
            for own in reversed(local):
                if own.holds(lineage, on):
                    return own.rule
        return in_force(self.procedures[key], on)

    def provisional(self, days: Iterable[date]) -> tuple[int, ...]:
        """Give those years of some days whose days off no notice has settled yet: a due day in them may still move."""
        return tuple(sorted({day.year for day in days} - set(self.notices)))

    def form_until(self, regime: Regime, instrument: Instrument, procedure: Procedure) -> date | None:
        """Give the last day on which the table has the form (`date.max`: it has it today), None if it never has."""
        own = [rule for rule in self.procedures[regime, instrument, procedure] if not rule.general]
        return max((rule.valid_to or date.max for rule in own), default=None)


def load_rulebook(overrides: Iterable[Path] = ()) -> Rulebook:
    """Read the packaged rules, corrected by an operator's own files in their order, the last one winning.

    Raises `PermanentError("bad_rules", …)` naming file and place if a file cannot be taken.
    """
    return rulebook_with(read_files(overrides))


def read_files(paths: Iterable[Path]) -> tuple[RuleFile, ...]:
    return tuple(RuleFile(path.name, path.read_text(encoding="utf-8-sig")) for path in paths)


def rulebook_with(overrides: Sequence[RuleFile]) -> Rulebook:
    """Correct the packaged rules by an operator's files, the last one winning."""
    if not overrides:
        return _packaged()
    days, notices, rules = _packaged_days(), _packaged_notices(), _packaged_rules()
    counting, regimes = _packaged_counting(), _packaged_regimes()
    local: Local = {}
    for file in overrides:
        if file.is_calendar:
            days |= _days(file.name, file.text)
            notices |= _notices(file.name, file.text)
        else:
            document = read_document(file.name, file.text)
            rows = read_rows(file.name, document["rows"])
            rules |= _overridden(rules, file.name, rows)
            local = _with_local(local, rules, file.name, rows)
            counting = counting.overridden(read_counting(file.name, document))
            regimes = {**regimes, **read_regimes(file.name, document)}
    return _rulebook(rules, days, counting, regimes, notices, local)


def rulebook_of(document: dict[str, Any], days: Mapping[date, DayKind]) -> Rulebook:
    """Build the rulebook from the document of procedures and the dated corrections of the calendar."""
    counting = _packaged_counting().overridden(read_counting(PROCEDURES, document))
    regimes = {**_packaged_regimes(), **read_regimes(PROCEDURES, document)}
    return _rulebook(_resolved(document), days, counting, regimes, _packaged_notices())


def _rulebook(
    rules: Rules,
    days: Mapping[date, DayKind],
    counting: Counting,
    regimes: Regimes,
    notices: Notices,
    local: Local | None = None,
) -> Rulebook:
    calendar, of_areas = calendar_of(days), local or {}
    dumped = [
        _RULE_ADAPTER.dump_python(rule, mode="json") for _, dated in sorted(rules.items()) for rule in dated
    ]
    canonical = json.dumps(
        {
            "procedures": [_sorted(rule) for rule in dumped],
            "off": calendar.off,
            "worked": calendar.worked,
            "regimes": [
                _REGIME_ADAPTER.dump_python(rule, mode="json") for _, rule in sorted(regimes.items())
            ],
            "notices": sorted(notices.items()),
            "local": [
                [each.area, _sorted(_RULE_ADAPTER.dump_python(each.rule, mode="json"))]
                for _, dated in sorted(of_areas.items())
                for each in dated
            ],
            **counting.as_data(),
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    version = hashlib.sha256(canonical.encode()).hexdigest()
    return Rulebook(rules, calendar, counting, regimes, notices, of_areas, version)


_RULE_ADAPTER: TypeAdapter[ProcedureRule] = TypeAdapter(ProcedureRule)
_REGIME_ADAPTER: TypeAdapter[RegimeRule] = TypeAdapter(RegimeRule)


def _sorted(rule: dict[str, Any]) -> dict[str, Any]:
    """Write a rule always alike: a set has another order in every process."""
    return rule | {name: sorted(rule[name]) for name in NAMED}


@cache
def _packaged() -> Rulebook:
    rules, counting, regimes = _packaged_rules(), _packaged_counting(), _packaged_regimes()
    return _rulebook(rules, _packaged_days(), counting, regimes, _packaged_notices())


def _packaged_rules() -> Rules:
    return _resolved(_packaged_document())


def _packaged_counting() -> Counting:
    return read_counting(PROCEDURES, _packaged_document())


def _packaged_regimes() -> Regimes:
    return read_regimes(PROCEDURES, _packaged_document())


@cache
def _packaged_document() -> dict[str, Any]:
    """Read the packaged procedures once; nobody changes what is returned."""
    return read_document(PROCEDURES, _packaged_text(PROCEDURES))


def _packaged_days() -> Days:
    days: Days = {}
    for name in CALENDARS:
        days |= _days(name, _packaged_text(name))
    return days


def _packaged_notices() -> Notices:
    notices: Notices = {}
    for name in CALENDARS:
        notices |= _notices(name, _packaged_text(name))
    return notices


def _packaged_text(name: str) -> str:
    return (files("shared.rules") / "data" / name).read_text(encoding="utf-8")


def _days(name: str, text: str) -> Days:
    return {day: DayKind(kind) for day, kind, _ in _calendar_rows(name, text) if kind != CONFIRMED}


def _notices(name: str, text: str) -> Notices:
    return {day.year: source for day, kind, source in _calendar_rows(name, text) if kind == CONFIRMED}


def _calendar_rows(name: str, text: str) -> Iterator[tuple[date, str, str]]:
    """Give the day, kind and source of every row; a row that confirms a year names its notice."""
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            day, kind = date.fromisoformat(row["day"].strip()), row["kind"].strip()
            if kind != CONFIRMED:
                DayKind(kind)
        except (KeyError, ValueError, AttributeError) as error:
            raise RulesRefused(name, f"line {line}", Text(f"{error}", f"{error}")) from error
        source = (row.get("source") or "").strip()
        if kind == CONFIRMED and not source:
            why = Text(
                "dòng “confirmed” cần cột source: số, ngày của văn bản về lịch nghỉ",
                "a row 'confirmed' needs the column source: the number and day of the notice",
            )
            raise RulesRefused(name, f"line {line}", why)
        yield day, kind, source


def _resolved(document: dict[str, Any]) -> Rules:
    """Resolve every combination: its own rows, on other days those for any instrument of its regime."""
    rows = read_rows(PROCEDURES, document["rows"])
    return {key: _dated(key, rows, document["defaults"]) for key in _every_key()}


def _every_key() -> list[Key]:
    return [(regime, form, way) for regime in Regime for form in Instrument for way in Procedure]


def _dated(key: Key, rows: Sequence[ProcedureRow], defaults: Mapping[str, Any]) -> tuple[ProcedureRule, ...]:
    regime, instrument, procedure = key
    alike = [row for row in rows if (row.regime, row.procedure) == (regime, procedure)]
    own = [row for row in alike if instrument in row.instruments]
    general = [row for row in alike if ANY_INSTRUMENT in row.instruments]
    rules = [rule_of(row, key, defaults) for row in own or general]
    ended = max(rule.valid_to or date.max for rule in rules)
    if ended < date.max:  # the law has this form no longer
        after = (rule_of(row, key, defaults) for row in general if row.valid_to is None)
        rules += [replace(rule, valid_from=ended + ONE_DAY) for rule in after]
    return followed(rules)


def _overridden(rules: Rules, file: str, rows: Sequence[ProcedureRow]) -> Rules:
    """Let the national rows of a file hold on their days, one after the other."""
    changed: Rules = {}
    for number, row in enumerate(rows):
        for instrument in row.named if not row.area else ():
            key = (row.regime, instrument, row.procedure)
            before = changed.get(key) or rules[key]
            _check_begun(file, number, row, before[0])
            by = replace(in_force(before, row.valid_from), **row.fields)
            changed[key] = overridden(before, by)
    return changed


def _with_local(local: Local, rules: Rules, file: str, rows: Sequence[ProcedureRow]) -> Local:
    """Add the local rows of a file; what they leave out is as in the national rule of their first day."""
    added = dict(local)
    for number, row in enumerate(rows):
        for instrument in row.named if row.area else ():
            key = (row.regime, instrument, row.procedure)
            _check_begun(file, number, row, rules[key][0])
            own = replace(in_force(rules[key], row.valid_from), **row.fields)
            added[key] = (*added.get(key, ()), LocalRule(row.area, own))
    return added


def _check_begun(file: str, number: int, row: ProcedureRow, first: ProcedureRule) -> None:
    if row.valid_from < first.valid_from:
        why = Text(
            f"sớm hơn ngày đầu của chế độ ({first.valid_from:%d/%m/%Y}); quy tắc đầu tiên cũng được dùng cho những ngày trước đó",
            f"lies before the regime's first day ({first.valid_from}); its first rule also holds for the days before",
        )
        raise RulesRefused(file, f"rows[{number}].valid_from", why)
