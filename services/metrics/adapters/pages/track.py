"""The time track of a draft to scale: stages as bands, and below them what was posted, done, planned and mailed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.metrics.application.list_ports import Planned, Reminder
from services.metrics.application.projections import ESCALATED
from shared.contracts.vocabulary import Precision, Stage
from shared.kernel.errors import Text
from shared.rules.verdicts import COUNTING, OccurrenceVerdict
from shared.rules.words.wording import CHANNELS, STAGES

Body = Mapping[str, Any]
MARGIN = 8  # units free at the right end
LEAST_BAND = 2.0  # units, so that a short stage is seen
LETTER = 7.0  # units that a digit of a band's number takes
FEW_MONTHS, SOME_MONTHS = 8, 24  # up to which each month, each quarter has a tick
TICKS_APART = {1: FEW_MONTHS, 3: SOME_MONTHS}
SPARE = timedelta(days=10)  # of the track after its last day


@dataclass(frozen=True, slots=True)
class Band:
    """A stage: its number in the list below, and its outcome as a tone and words."""

    x: float
    width: float
    number: int | None
    tone: str
    title: Text


@dataclass(frozen=True, slots=True)
class Mark:
    """What lies on a day: `kind` is communication, support, plan, mail, escalation or due."""

    x: float
    kind: str
    title: Text


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Span:
    x: float
    width: float
    title: Text
    open: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """Everything in units of a drawing `width` wide, whose rows begin at `left`."""

    width: int
    left: int
    ticks: Sequence[Tick]
    bands: Sequence[Band]
    window: Span | None
    postings: Sequence[Span]
    marks: Sequence[Mark]
    today: float


@dataclass(frozen=True, slots=True)
class Happening:
    """A row of the table beside the drawing, for who cannot see it."""

    day: date
    precision: Precision
    kind: Text
    what: Text | str


KINDS: Mapping[str, Text] = {
    "stage": Text("Vào giai đoạn", "Enters a stage"),
    "due": Text("Thời hạn theo dõi nội bộ", "Internal deadline"),
    "posting": Text("Đăng tải lấy ý kiến", "Posted for comments"),
    "communication": Text("Truyền thông", "Communication"),
    "support": Text("Hỗ trợ của đơn vị khác", "Support by others"),
    "plan": Text("Dự kiến truyền thông", "Planned communication"),
    "mail": Text("Thư nhắc đã gửi", "Reminder mailed"),
    "escalation": Text("Báo cáo cơ quan cấp trên", "Escalated"),
}
OUTCOMES: Mapping[str, Text] = {
    "good": Text("đã truyền thông", "communicated"),
    "bad": Text("chưa truyền thông, quá hạn", "not communicated, overdue"),
    "warn": Text("chưa đến hạn hoặc truyền thông chậm", "not due yet, or communicated late"),
    "plain": Text("không bắt buộc", "not required"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is drawn: a draft's coverage, its plan and the days on which it was urged."""

    body: Body
    planned: Sequence[Planned]
    reminders: Sequence[Reminder]
    as_of: date

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of the track."""
        days = [happening.day for happening in happenings(self)]
        ends = [_day(each["planned_end"]) for each in self.body["postings"] if each["planned_end"]]
        return min(days, default=self.as_of), max([*days, *ends, self.as_of]) + SPARE


def track(facts: Facts, width: int, left: int) -> Track:
    first, last = facts.days
    scale = (width - left - MARGIN) / max((last - first).days, 1)

    def across(day: date) -> float:
        return round(left + (min(max(day, first), last) - first).days * scale, 1)

    body, end = facts.body, facts.as_of
    return Track(
        width=width,
        left=left,
        ticks=list(_ticks(first, last, across)),
        bands=list(_bands(body, end, across)),
        window=_window(body["window"], end, across),
        postings=[_posting(each, end, across) for each in body["postings"]],
        marks=[
            Mark(across(happening.day), kind, Text(*_titled(happening))) for kind, happening in _marked(facts)
        ],
        today=across(end),
    )


def _titled(happening: Happening) -> tuple[str, str]:
    from_vi, from_en = (
        (happening.what.vi, happening.what.en)
        if isinstance(happening.what, Text)
        else (happening.what, happening.what)
    )
    day = f"{happening.day:%d/%m/%Y}"
    return f"{happening.kind.vi} {day}: {from_vi}", f"{happening.kind.en} {day}: {from_en}"


def happenings(facts: Facts) -> list[Happening]:
    """List everything that the track shows, by day."""
    body = facts.body
    stages = [
        Happening(
            _day(each["entered_on"]),
            Precision(each["precision"]),
            KINDS["stage"],
            STAGES[Stage(each["stage"])],
        )
        for each in (*body["occurrences"], *body["parallel"])
    ]
    postings = [
        Happening(_day(each["opened_on"]), Precision.DAY, KINDS["posting"], STAGES[Stage(each["stage"])])
        for each in body["postings"]
    ]
    marked = (happening for _, happening in _marked(facts))
    return sorted([*stages, *postings, *marked], key=lambda each: each.day)


def _marked(facts: Facts) -> Iterator[tuple[str, Happening]]:
    body = facts.body
    for each in body["occurrences"]:
        if each["required"]:
            stage = STAGES[Stage(each["stage"])]
            yield "due", Happening(_day(each["due_on"]), Precision.DAY, KINDS["due"], stage)
    for kind, items in (("communication", _communications(body)), ("support", body["support"])):
        for fact in items:
            day, precision = _day(fact["held_on"]), Precision(fact["precision"])
            yield kind, Happening(day, precision, KINDS[kind], fact["title"])
    for planned in facts.planned:
        channel = CHANNELS[planned.channel] if planned.channel else KINDS["plan"]
        yield (
            "plan",
            Happening(planned.planned_on, planned.precision, KINDS["plan"], planned.title or channel),
        )
    for reminder in facts.reminders:
        kind = "escalation" if reminder.kind == ESCALATED else "mail"
        yield kind, Happening(reminder.day, Precision.DAY, KINDS[kind], "")


def _communications(body: Body) -> Iterable[Body]:
    distinct = {
        fact["communication_id"]: fact
        for policy in body["policies"]
        for pair in policy["occurrences"]
        for fact in pair["communications"]
    }
    return distinct.values()


def _bands(body: Body, end: date, across: Any) -> Iterator[Band]:
    for number, each in enumerate(body["occurrences"], start=1):
        left = _day(each["exited_on"]) if each["exited_on"] else end
        x = across(_day(each["entered_on"]))
        width = round(max(across(left) - x, LEAST_BAND), 1)
        tone = _tone(body, each)
        stage = STAGES[Stage(each["stage"])]
        title = Text(f"{stage.vi}: {OUTCOMES[tone].vi}", f"{stage.en}: {OUTCOMES[tone].en}")
        shown = number if width >= LETTER * (1 + len(str(number))) else None
        yield Band(x, width, shown, tone, title)


def _tone(body: Body, occurrence: Body) -> str:
    """Give the worst outcome of the policies at a stage."""
    if not occurrence["required"]:
        return "plain"
    verdicts = {
        OccurrenceVerdict(pair["verdict"])
        for policy in body["policies"]
        if policy["verdict"] in COUNTING
        for pair in policy["occurrences"]
        if pair["entry_id"] == occurrence["entry_id"]
    }
    if OccurrenceVerdict.MISSED in verdicts:
        return "bad"
    if verdicts & {OccurrenceVerdict.PENDING, OccurrenceVerdict.COVERED_LATE}:
        return "warn"
    return "good" if OccurrenceVerdict.COVERED in verdicts else "plain"


def _window(window: Body, end: date, across: Any) -> Span | None:
    if window["opened_on"] is None:
        return None
    closed = window["closed_on"]
    x = across(_day(window["opened_on"]))
    title = Text("Thời gian phải truyền thông", "Window of communication")
    return Span(x, round(across(_day(closed) if closed else end) - x, 1), title, open=closed is None)


def _posting(posting: Body, end: date, across: Any) -> Span:
    last = posting["closed_on"] or posting["planned_end"]
    x = across(_day(posting["opened_on"]))
    width = round(max(across(_day(last) if last else end) - x, LEAST_BAND), 1)
    return Span(x, width, KINDS["posting"], open=posting["closed_on"] is None)


def _ticks(first: date, last: date, across: Any) -> Iterator[Tick]:
    """Give the beginnings of months, quarters or years, as many as fit."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((step for step, most in TICKS_APART.items() if months <= most), 12)
    year, month = first.year, first.month
    for _ in range(months + 1):
        day = date(year, month, 1)
        if first <= day <= last and (month - 1) % step == 0:
            label = f"{month:02}/{year % 100:02}" if step < 12 else str(year)  # noqa: PLR2004  months of a year
            yield Tick(across(day), label)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004  months of a year


def _day(value: str) -> date:
    return date.fromisoformat(value)
