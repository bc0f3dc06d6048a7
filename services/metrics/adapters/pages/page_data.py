"""Filters and groupings of the pages: numbers and days as officials write them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

from services.metrics.application.ports import Todo
from services.metrics.application.queries import SeenGap, overdue_of
from services.metrics.domain.grouping import LONG_SUSPENSION, Group
from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    GapState,
    Instrument,
    Precision,
    Procedure,
    Regime,
    ScopeBasis,
    Stage,
)
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.figures import rates
from shared.rules.rulebook.procedures import AppraisingBody, DaysOf
from shared.rules.verdicts import COUNTING, Because, OccurrenceVerdict, PolicyVerdict
from shared.rules.words import wording
from shared.rules.words.figure_words import time_left
from shared.rules.words.percent import percent as percent_text

MOST_SHOWN = 100  # drafts of a unit, or of a kind of to-do, on one page; the lists have all of them
_NAMES: Mapping[type, Mapping[Any, Text]] = {
    Answer: wording.SCOPE,
    CommunicationRole: wording.ROLES,
    AppraisingBody: wording.APPRAISING_BODIES,
    DaysOf: wording.DAYS_OF,
    Because: wording.REASONS,
    Channel: wording.CHANNELS,
    Instrument: wording.INSTRUMENTS,
    OccurrenceVerdict: wording.OCCURRENCE_VERDICTS,
    PolicyVerdict: wording.POLICY_VERDICTS,
    Procedure: wording.PROCEDURES,
    Regime: wording.REGIMES,
    ScopeBasis: wording.SCOPE_BASES,
    Stage: wording.STAGES,
}


def name(value: Any, lang: str = "vi") -> str:
    """Give the name of any value of the vocabulary."""
    text = _NAMES[type(value)][value]
    return text.en if lang == "en" else text.vi


def number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def points(share: float) -> str:
    return f"{share * 100:.1f}".replace(".", ",")


def percent(share: float | None, lang: str = "vi") -> str:
    text = percent_text(share)
    return text.en if lang == "en" else text.vi


def day(value: date | str, precision: Precision = Precision.DAY) -> str:
    """Write a day with its precision."""
    exact = value if isinstance(value, date) else date.fromisoformat(value)
    whole = f"{exact:%d/%m/}{exact.year:04}"
    return {Precision.DAY: whole, Precision.MONTH: whole[3:], Precision.YEAR: whole[6:]}[precision]


def numbers(values: Sequence[int]) -> str:
    """Write numbers in order, neighbours as a range: 1–3, 5."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def standing(seen: SeenGap, as_of: date, today: date) -> str:
    return standing_text(seen, as_of, today).vi


def standing_text(seen: SeenGap, as_of: date, today: date) -> Text:
    """State how far a gap is from its due day."""
    if seen.state is GapState.OVERDUE:
        days = seen.overdue_working_days
        return _lower_text(time_left(seen.state, days)) if days else Text("vừa quá hạn", "just overdue")
    if seen.gap.due_on == as_of:
        return (
            Text("hạn hôm nay", "due today") if as_of == today else Text("đến hạn trong ngày", "due that day")
        )
    return _lower_text(time_left(seen.state, seen.working_days_left))


def _lower_text(text: Text) -> Text:
    return Text(_lower(text.vi), _lower(text.en))


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def urgency(seen: SeenGap, as_of: date) -> str:
    if seen.state is GapState.OVERDUE:
        return "bad"
    return "warn" if seen.gap.due_on == as_of else "plain"


@dataclass(frozen=True)
class UnitGaps:
    """The gaps of a unit, of which a page shows the first."""

    unit_code: str
    unit_name: str
    gaps: Sequence[SeenGap]

    @property
    def shown(self) -> Sequence[SeenGap]:
        return self.gaps[:MOST_SHOWN]

    @cached_property
    def most_overdue(self) -> int:
        """Give the working days of the gap that is overdue longest: the first, for its day came first."""
        return self.gaps[0].overdue_working_days

    @cached_property
    def overdue(self) -> int:
        return overdue_of(self.gaps)


def by_unit(gaps: Iterable[SeenGap]) -> list[UnitGaps]:
    """Put gaps together by unit, what is overdue longest first."""
    of_unit: dict[str, list[SeenGap]] = defaultdict(list)
    for seen in sorted(gaps, key=lambda seen: (seen.gap.due_on, seen.gap.draft_code)):
        of_unit[seen.gap.unit_code].append(seen)
    units = [UnitGaps(code, seen[0].unit_name, seen) for code, seen in of_unit.items()]

    def place(unit: UnitGaps) -> tuple[int, int, int, date]:
        return -unit.most_overdue, -unit.overdue, -len(unit.gaps), unit.gaps[0].gap.due_on

    return sorted(units, key=place)


def worst_first(groups: Iterable[Group]) -> list[Group]:
    """Order groups by their headline; groups without judged policies come last."""

    def place(group: Group) -> tuple[bool, float, int, str]:
        share = rates(group.counts).rate_plan
        return share is None, share or 0.0, group.counts.begun - group.counts.judged, group.label

    return sorted(groups, key=place)


@dataclass(frozen=True, slots=True)
class TodoKind:
    kind: str
    title: Text
    meaning: Text
    since: Text


TODO_KINDS = (
    TodoKind(
        "scope_undetermined",
        Text("Chưa xác định phạm vi", "Scope undetermined"),
        Text(
            "Chưa đủ thông tin để biết dự thảo có thuộc phạm vi Đề án 407 hay không; chính sách của các dự thảo "
            "này chưa được tính vào tỷ lệ. Đề nghị cơ quan chủ trì soạn thảo bổ sung bốn tiêu chí.",
            "It is not clear whether the draft is in scope; its policies are not counted in the rate. The lead drafting "
            "body is asked for the four criteria.",
        ),
        Text("", ""),
    ),
    TodoKind(
        "closed_unopened",
        wording.POLICY_VERDICTS[PolicyVerdict.CLOSED_UNOPENED],
        Text(
            "Dự thảo đã thông qua, ban hành; hệ thống chưa ghi nhận giai đoạn lấy ý kiến. Đề nghị kiểm tra: "
            "bổ sung ngày lấy ý kiến nếu còn thiếu.",
            "The draft was adopted, and no consultation is recorded. Please check, and enter its day if it is missing.",
        ),
        Text("Thông qua, ban hành ngày", "Adopted on"),
    ),
    TodoKind(
        "suspended_long",
        Text(
            f"Tạm dừng quá {LONG_SUSPENSION.days} ngày",
            f"Suspended for more than {counted(LONG_SUSPENSION.days, 'day')}",
        ),
        Text(
            "Trong thời gian tạm dừng, dự thảo không phải truyền thông. Đề nghị xác nhận còn tạm dừng, đã tiếp "
            "tục, hay đã rút khỏi chương trình.",
            "While it is suspended, nothing is required. Please confirm that it still is, was resumed, or withdrawn.",
        ),
        Text("Tạm dừng từ ngày", "Suspended since"),
    ),
)


def by_kind(todos: Iterable[Todo]) -> list[tuple[TodoKind, list[Todo]]]:
    of_kind: dict[str, list[Todo]] = defaultdict(list)
    for todo in todos:
        of_kind[todo.kind].append(todo)
    return [(kind, of_kind[kind.kind]) for kind in TODO_KINDS if of_kind[kind.kind]]


@dataclass(frozen=True, slots=True)
class Alike:
    """Policies with the same outcome in a stage."""

    policies: list[int]
    verdict: OccurrenceVerdict
    covered_on: str | None


def alike(body: Mapping[str, Any], entry_id: str) -> list[Alike]:
    """Group the policies of a stage by outcome; only policies whose verdict depends on stages."""
    by_outcome: dict[tuple[OccurrenceVerdict, str | None], list[int]] = defaultdict(list)
    for policy in body["policies"]:
        if policy["verdict"] in COUNTING:
            pair = _pair(policy, entry_id)
            by_outcome[pair["verdict"], pair["covered_on"]].append(policy["policy_no"])
    return [Alike(policies, *outcome) for outcome, policies in by_outcome.items()]


def communications_in(body: Mapping[str, Any], entry_id: str) -> list[Mapping[str, Any]]:
    """List the communications that cover a stage for some policy, each once, by day."""
    pairs = (_pair(policy, entry_id)["communications"] for policy in body["policies"])
    distinct = {fact["communication_id"]: fact for fact in chain.from_iterable(pairs)}
    return sorted(distinct.values(), key=lambda fact: (fact["held_on"], fact["title"]))


def unlisted_in(body: Mapping[str, Any], entry_id: str) -> int:
    """Return how many communications a stage has at least, if not all of them are listed; else 0."""
    pairs = [_pair(policy, entry_id) for policy in body["policies"]]
    totals = (
        pair["communications_total"]
        for pair in pairs
        if pair["communications_total"] > len(pair["communications"])
    )
    return max(totals, default=0)


def _pair(policy: Mapping[str, Any], entry_id: str) -> Mapping[str, Any]:
    match: Mapping[str, Any] = next(pair for pair in policy["occurrences"] if pair["entry_id"] == entry_id)
    return match


FILTERS = {
    "day": day,
    "name": name,
    "number": number,
    "numbers": numbers,
    "percent": percent,
    "points": points,
    "rates": rates,
}
