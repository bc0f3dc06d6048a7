"""What the page of a draft shows first: its conclusion, and each policy at each stage in one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.metrics.adapters.pages.page_data import day
from shared.contracts.vocabulary import Answer, GapState, Precision, Stage
from shared.kernel.errors import Text
from shared.rules.rulebook.rulebook import Calendar
from shared.rules.summary.draft_conclusion import SETTLED, DraftSituation, PresentGap, draft_conclusion
from shared.rules.verdicts import COUNTING, JUDGED, OccurrenceVerdict, PolicyVerdict
from shared.rules.words.figure_words import time_left

Body = Mapping[str, Any]
DUE_TODAY = Text("hạn trong ngày", "due that day")
LEFT = Text("chưa ghi nhận, đã chuyển giai đoạn", "not recorded, the stage was left")
OWING = frozenset({OccurrenceVerdict.MISSED, OccurrenceVerdict.PENDING})


@dataclass(frozen=True, slots=True)
class Cell:
    """A policy at a stage: a sign and words, never a colour alone."""

    sign: str
    text: Text
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Head:
    stage: Stage
    entered_on: str


@dataclass(frozen=True, slots=True)
class Row:
    policy_no: int
    title: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    heads: Sequence[Head]
    rows: Sequence[Row]


def first_values(body: Body, as_of: date, calendar: Calendar) -> dict[str, Any]:
    return {
        "conclusion": draft_conclusion(_situation(body, as_of, calendar)),
        "grid": _grid(body, as_of, calendar),
    }


def _situation(body: Body, as_of: date, calendar: Calendar) -> DraftSituation:
    policies = body["policies"]
    verdicts = {PolicyVerdict(policy["verdict"]) for policy in policies}
    judged = [policy for policy in policies if policy["verdict"] in JUDGED]
    return DraftSituation(
        scope=Answer(body["in_scope"]),
        policies=len(policies),
        judged=len(judged),
        begun=sum(policy["begun"] for policy in judged),
        is_closed=body["window"]["closed_on"] is not None,
        settled_by=next(iter(verdicts & SETTLED.keys()), None),
        gap=_present_gap(body, as_of, calendar),
    )


def _present_gap(body: Body, as_of: date, calendar: Calendar) -> PresentGap | None:
    """Give what is owed at the stage that the draft is in, if that stage requires communication."""
    occurrences = body["occurrences"]
    if not occurrences or occurrences[-1]["exited_on"] or not occurrences[-1]["required"]:
        return None
    occurrence = occurrences[-1]
    counting = (policy for policy in body["policies"] if policy["verdict"] in COUNTING)
    owed = [_pair(policy, occurrence) for policy in counting]
    lacking = sum(pair["verdict"] in OWING for pair in owed)
    if not lacking:
        return None
    due_on = date.fromisoformat(occurrence["due_on"])
    return PresentGap(
        stage=Stage(occurrence["stage"]),
        due_on=due_on,
        state=GapState.OVERDUE if as_of > due_on else GapState.IN_GRACE,
        working_days=_working_days(due_on, as_of, calendar),
        lacking=lacking,
    )


def _working_days(due_on: date, as_of: date, calendar: Calendar) -> int:
    return calendar.working_days_between(min(due_on, as_of), max(due_on, as_of))


def _pair(policy: Body, occurrence: Body) -> Body:
    pair: Body = next(pair for pair in policy["occurrences"] if pair["entry_id"] == occurrence["entry_id"])
    return pair


def _grid(body: Body, as_of: date, calendar: Calendar) -> Grid:
    """Give the required stages only: the others are listed below with what was done in them."""
    required = [occurrence for occurrence in body["occurrences"] if occurrence["required"]]
    rows = [
        Row(
            policy["policy_no"],
            policy["title"],
            [_cell(policy, occurrence, as_of, calendar) for occurrence in required],
        )
        for policy in body["policies"]
    ]
    heads = [
        Head(Stage(item["stage"]), day(item["entered_on"], Precision(item["precision"]))) for item in required
    ]
    return Grid(heads, rows if heads else [])


def _cell(policy: Body, occurrence: Body, as_of: date, calendar: Calendar) -> Cell:
    if policy["verdict"] not in COUNTING:
        return Cell("–", Text("không tính", "not counted"))
    pair, due_on = _pair(policy, occurrence), date.fromisoformat(occurrence["due_on"])
    verdict = OccurrenceVerdict(pair["verdict"])
    if verdict in OWING:
        return _owed(
            verdict, _working_days(due_on, as_of, calendar), is_past=occurrence["exited_on"] is not None
        )
    if verdict is OccurrenceVerdict.WAIVED:
        return Cell("–", Text("kết thúc trước hạn", "left before the deadline"))
    late = verdict is OccurrenceVerdict.COVERED_LATE
    on = day(pair["covered_on"])
    text = Text(f"chậm hạn, {on}", f"late, {on}") if late else Text(on, on)
    return Cell("✔", text, "warn" if late else "good")


def _owed(verdict: OccurrenceVerdict, days: int, *, is_past: bool) -> Cell:
    if verdict is OccurrenceVerdict.PENDING:
        return Cell("○", _lower(time_left(GapState.IN_GRACE, days)) if days else DUE_TODAY)
    return Cell("✘", LEFT if is_past else _lower(time_left(GapState.OVERDUE, days)), "bad")


def _lower(text: Text) -> Text:
    return Text(text.vi[:1].lower() + text.vi[1:], text.en)
