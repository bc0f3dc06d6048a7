"""The tables of the report with typed values, made from its JSON: the page, the workbook and the document write them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from services.metrics.adapters.counts.activities import CountGroupView
from services.metrics.adapters.figures.views import GapView
from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.leaders import Words
from services.metrics.adapters.programmes.api import GroupView
from services.metrics.adapters.reports import words
from services.metrics.adapters.reports.views import ObstacleView, ReportDraftView, ReportView
from shared.contracts.vocabulary import Answer, GapState
from shared.kernel.errors import Text
from shared.rules.facts import WHOLE_DRAFT
from shared.rules.verdicts import JUDGED
from shared.rules.words.figure_words import COUNTS, OPINION_NUMBERS, PUBLISHED, RATES, SHARES, time_left
from shared.rules.words.wording import (
    CHANNELS,
    INSTRUMENTS,
    NOT_APPLICABLE,
    POLICY_VERDICTS,
    SCOPE,
    STAGES,
    WHOLE_DRAFT_TITLE,
)

Value = str | int | float | date | None
VIETNAMESE = Words("vi")
YES, NO = Text("Có", "Yes"), Text("Không", "No")


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    SHARE = "share"


_CSS = {Kind.NUMBER: "num", Kind.SHARE: "num", Kind.DAY: "day"}


@dataclass(frozen=True, slots=True)
class Column:
    """`summed` columns have a total; a share with `of` is the first of these columns divided by the second.

    `named` is the column whose words it bears, if it isn't the one of its key.
    """

    key: str
    kind: Kind = Kind.TEXT
    width: int = 14
    summed: bool = False
    of: tuple[str, str] | None = None
    named: str | None = None

    @property
    def label(self) -> Text:
        return words.COLUMNS[self.named or self.key]


@dataclass(frozen=True, slots=True)
class Whole:
    """The number of all rows of a table, and the sums of its columns that have one."""

    rows: int
    sums: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Table:
    """The texts of `rows` are in `language`, in which numbers and shares are written too.

    Where rows are left out, `whole` says how many there are, and what their columns sum up to.
    """

    key: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Value]]
    language: Words
    whole: Whole | None = None

    @property
    def rows_in_all(self) -> int:
        return self.whole.rows if self.whole else len(self.rows)

    @property
    def title(self) -> Text:
        return words.TABLES[self.key]

    @property
    def has_total(self) -> bool:
        return bool(self.rows) and any(column.summed for column in self.columns)

    def total(self, column: Column) -> int | float | None:
        """Sum a column, or divide the sums that a share is made of; None where there is nothing to sum."""
        if column.summed:
            return self._sum(column.key) if self.has_values(column) else None
        if column.of is None:
            return None
        part, whole = map(self._sum, column.of)
        return part / whole if whole else None

    def has_values(self, column: Column) -> bool:
        return any(row[column.key] is not None for row in self.rows)

    def _sum(self, key: str) -> int:
        if self.whole:
            return self.whole.sums[key]
        return sum(value for row in self.rows if isinstance(value := row[key], int))

    def shown(self, row: Mapping[str, Value], column: Column) -> str:
        return shown(row[column.key], column.kind, self.language)

    def cells(self, most: int) -> Iterator[list[tuple[str, str, str]]]:
        """Write the first rows for the page: of each cell its class, the head of its column, and its text."""
        columns = [
            (column, _CSS.get(column.kind, ""), self.language.text(column.label)) for column in self.columns
        ]
        for row in self.rows[:most]:
            yield [(css, label, self.shown(row, column)) for column, css, label in columns]

    def shown_total(self, column: Column) -> str:
        return shown(self.total(column), column.kind, self.language)


def shown(value: Value, kind: Kind, language: Words = VIETNAMESE) -> str:
    """Write a value as officials do."""
    match kind, value:
        case Kind.SHARE, None:
            return language.text(NOT_APPLICABLE)
        case _, None:
            return "–"
        case Kind.SHARE, float() | int():
            return page_data.percent(value, language.code)
        case Kind.NUMBER, int():
            return page_data.number(value)
        case Kind.DAY, date():
            return page_data.day(value)
    return str(value)


def _number(key: str, width: int = 12, *, summed: bool = False) -> Column:
    return Column(key, Kind.NUMBER, width, summed=summed)


_RATE = Column("rate_plan", Kind.SHARE, 14, of=("begun", "judged"))
COLUMNS: Mapping[str, Sequence[Column]] = {
    "figures": (Column("label", width=60), _number("now"), _number("before")),
    "rates": (Column("label", width=60), Column("now", Kind.SHARE), Column("before", Kind.SHARE)),
    "activities": (Column("label", width=60), _number("now"), _number("before")),
    "channels": (
        Column("label", width=50, named="channel_names"),
        *(_number(key, summed=True) for key in ("activities", "items", "attendance", "reach_count")),
        *(_number(key, 16, summed=True) for key in ("cost_state", "cost_social")),
    ),
    "audiences": (
        Column("label", width=50, named="audience"),
        *(_number(key) for key in ("activities", "items", "attendance", "reach_count")),
    ),
    "money": (
        Column("label", width=40, named="source"),
        _number("now", 18, summed=True),
        _number("recorded"),
        _number("before", 18, summed=True),
    ),
    "consultations": (Column("label", width=60), _number("now"), _number("before")),
    "units": (
        Column("label", width=50, named="unit_name"),
        *(_number(key, summed=True) for key in ("policies", "judged", "begun")),
        _RATE,
        Column("rate_plan_low", Kind.SHARE),
        _number("lacking", summed=True),
    ),
    "drafts": (
        _number("row_no", 6),
        Column("draft_code"),
        Column("title", width=60),
        Column("instrument_name", width=24),
        Column("unit_name", width=30),
        Column("scope_name"),
        Column("consultation_started_on", Kind.DAY),
        Column("communicated_from", Kind.DAY),
        Column("communicated_to", Kind.DAY),
        Column("channel_names", width=40),
        *(_number(key) for key in ("events", "attendance", "articles_press", "articles_portal")),
        *(
            _number(key)
            for key in ("articles_social", "broadcasts", "opinions_received", "opinions_accepted")
        ),
        *(_number(key, 16) for key in ("opinions_explained", "cost_state", "cost_social")),
        Column("adopted_on", Kind.DAY),
        *(_number(key, summed=True) for key in ("policies", "judged", "begun")),
        _RATE,
    ),
    "policies": (
        Column("draft_code"),
        _number("policy_no"),
        Column("policy_title", width=60),
        Column("verdict_name", width=36),
        Column("begun_name"),
    ),
    "lacking": (
        _number("row_no", 6),
        Column("unit_name", width=30),
        Column("draft_code"),
        Column("title", width=60),
        Column("stage_name", width=30),
        Column("due_on", Kind.DAY),
        Column("standing", width=26),
    ),
    "programme": (
        Column("group", width=44),
        Column("label", width=50),
        *(_number(key) for key in ("entries", "quantity")),
        _number("amount", 16),
        *(_number(key) for key in ("done", "late", "open")),
    ),
    "obstacles": (
        _number("row_no", 6),
        Column("entry_ref", width=20),
        Column("title", width=60, named="obstacle"),
        Column("unit_name", width=30, named="raised_by"),
        Column("raised_on", Kind.DAY),
        Column("due_on", Kind.DAY, named="due_on_programme"),
        Column("standing", width=26),
        Column("waits_with", width=30),
        Column("decided_on", Kind.DAY),
        Column("document", width=30),
    ),
    "proposed": (_number("row_no", 6), Column("proposal", width=100)),
}


def tables(view: ReportView, language: Words = VIETNAMESE) -> dict[str, Table]:
    """Give every table by its key, in the order of the report, with its texts in `language`."""
    rows: dict[str, list[dict[str, Value]]] = {
        "figures": _figures(view, language),
        "rates": _rates(view, language),
        "activities": _activities(view, language),
        "channels": [_count_row(group, language) for group in view.totals.by_channel if group.activities],
        "audiences": [_count_row(group, language) for group in view.totals.by_audience if group.activities],
        "money": [
            {
                "label": language.pair(row.label, row.label_en),
                "now": row.amount,
                "recorded": row.recorded,
                "before": row.amount_before,
            }
            for row in view.totals.money
        ],
        "consultations": _consultations(view, language),
        "units": [unit.model_dump(include=_keys("units")) for unit in view.totals.units],
        "drafts": [_draft_row(draft, language) for draft in view.results.drafts],
        "policies": [row for draft in view.results.drafts for row in _policy_rows(draft, language)],
        "lacking": [
            _gap_row(number, gap, language) for number, gap in enumerate(view.results.lacking, start=1)
        ],
        "programme": [row for group in view.direction.groups for row in _programme_rows(group, language)],
        "obstacles": [
            _obstacle_row(number, item, language)
            for number, item in enumerate(view.difficulties.obstacles, start=1)
        ],
        "proposed": [
            {"row_no": number, "proposal": language.pair(text.vi, text.en)}
            for number, text in enumerate(view.proposals.proposals, start=1)
        ],
    }
    return {key: Table(key, COLUMNS[key], listed, language) for key, listed in rows.items()}


def _keys(table: str) -> set[str]:
    return {column.key for column in COLUMNS[table]}


SHOWN_COUNTS = (
    *("policies", "judged", "met", "missed", "pending", "not_opened", "closed_unopened", "exempt", "ended"),
    *("undetermined", "any_statutory_only", "any_verified", "drafts", "drafts_judged", "drafts_plan"),
)


def _figures(view: ReportView, language: Words) -> list[dict[str, Value]]:
    now, before = view.totals.figures, view.totals.figures_before
    begun = {
        "label": language.text(words.COLUMNS["begun"]),
        "now": view.totals.begun,
        "before": view.totals.begun_before,
    }
    rows = [
        {"label": language.text(COUNTS[name]), "now": getattr(now, name), "before": getattr(before, name)}
        for name in SHOWN_COUNTS
    ]
    return [*rows[:2], begun, *rows[2:]]


def _rates(view: ReportView, language: Words) -> list[dict[str, Value]]:
    now, before = view.totals.figures, view.totals.figures_before
    named = {**RATES, "floor": words.TARGET_OF_YEAR}
    return [
        {"label": language.text(label), "now": getattr(now, name), "before": getattr(before, name)}
        for name, label in named.items()
    ]


def _activities(view: ReportView, language: Words) -> list[dict[str, Value]]:
    now = view.totals.activities
    return [
        {"label": language.text(text), "now": getattr(now, name), "before": getattr(now.year_before, name)}
        for name, text in PUBLISHED.items()
    ]


def _consultations(view: ReportView, language: Words) -> list[dict[str, Value]]:
    now = view.totals.consultations
    return [
        {"label": language.text(text), "now": getattr(now, name), "before": getattr(now.year_before, name)}
        for name, text in OPINION_NUMBERS.items()
        if name not in SHARES
    ]


def _count_row(group: CountGroupView, language: Words) -> dict[str, Value]:
    return group.model_dump(include=_keys("channels")) | {"label": language.pair(group.label, group.label_en)}


def _draft_row(draft: ReportDraftView, language: Words) -> dict[str, Value]:
    row: dict[str, Any] = draft.model_dump(exclude={"policies"})
    row |= {
        "instrument_name": language.text(INSTRUMENTS[draft.instrument]),
        "scope_name": language.text(SCOPE[draft.in_scope]),
        "channel_names": "; ".join(language.text(CHANNELS[channel]) for channel in draft.channels) or None,
        "policies": len(draft.policies) if draft.in_scope is Answer.YES else 0,
        "rate_plan": draft.begun / draft.judged if draft.judged else None,
    }
    return row


def _policy_rows(draft: ReportDraftView, language: Words) -> Iterable[dict[str, Value]]:
    """A policy of a draft whose scope is undetermined has no outcome yet."""
    for policy in draft.policies:
        counted = draft.in_scope is Answer.YES
        judged = counted and policy.verdict in JUDGED
        whole = language.text(WHOLE_DRAFT_TITLE) if policy.policy_no == WHOLE_DRAFT else None
        yield {
            "draft_code": draft.draft_code,
            "policy_no": policy.policy_no,
            "policy_title": policy.title or whole,
            "verdict_name": language.text(
                POLICY_VERDICTS[policy.verdict] if counted else SCOPE[Answer.UNKNOWN]
            ),
            "begun_name": language.text(YES if policy.begun else NO) if judged else None,
        }


def _gap_row(number: int, gap: GapView, language: Words) -> dict[str, Value]:
    days = gap.overdue_working_days if gap.state is GapState.OVERDUE else gap.working_days_left
    return {
        "row_no": number,
        "unit_name": gap.unit_name,
        "draft_code": gap.draft_code,
        "title": gap.title,
        "stage_name": language.text(STAGES[gap.stage]),
        "due_on": gap.due_on,
        "standing": language.text(time_left(gap.state, days)),
    }


def _programme_rows(group: GroupView, language: Words) -> Iterable[dict[str, Value]]:
    """Give the kinds of entries of a group, then its own figures that the report shows."""
    named = f"{group.group}. {language.pair(group.label, group.label_en)}"
    for kind in group.kinds:
        states, has_state = kind.states, kind.states.open is not None
        yield {
            "group": named,
            "label": language.pair(kind.label, kind.label_en),
            "entries": kind.entries,
            "quantity": kind.quantity,
            "amount": kind.amount,
            "done": (states.done or 0) + (states.done_late or 0) if has_state else None,
            "late": states.late,
            "open": states.open,
        }
    for name, text in words.OF_GROUPS.items():
        value = group.figures.get(name)
        if isinstance(value, int):
            empty: dict[str, Value] = dict.fromkeys(_keys("programme"))
            yield empty | {"group": named, "label": language.text(text), "entries": value}


def _obstacle_row(number: int, item: ObstacleView, language: Words) -> dict[str, Value]:
    row: dict[str, Any] = item.model_dump(include=_keys("obstacles"))
    return row | {"row_no": number, "standing": language.text(words.STATES[item.status])}
