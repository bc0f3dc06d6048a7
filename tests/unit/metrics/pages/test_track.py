"""The time track of a draft: everything to scale, outcomes as tones, and the same in a table."""

from datetime import date
from typing import Any
from uuid import UUID

from services.metrics.adapters.pages.track import Facts, Track, happenings, track
from services.metrics.application.list_ports import Planned, Reminder
from shared.contracts.vocabulary import Channel, Dataset, Precision, Stage

DAY = date(2026, 3, 31)
WIDTH, LEFT = 1000, 100


def occurrence(number: int, stage: str, entered: str, left: str | None, *, required: bool) -> dict[str, Any]:
    return {
        "entry_id": str(number),
        "stage": stage,
        "entered_on": entered,
        "precision": "day",
        "exited_on": left,
        "required": required,
        "due_on": "2026-03-09",
    }


def pair(number: int, verdict: str, held: str | None = None) -> dict[str, Any]:
    fact = {"communication_id": f"c{number}", "held_on": held, "precision": "day", "title": "Hội nghị"}
    return {"entry_id": str(number), "verdict": verdict, "communications": [fact] if held else []}


BODY: dict[str, Any] = {
    "occurrences": [
        occurrence(1, "drafting", "2026-02-01", "2026-03-02", required=False),
        occurrence(2, "draft_consultation", "2026-03-02", "2026-03-16", required=True),
        occurrence(3, "appraisal", "2026-03-16", None, required=True),
    ],
    "parallel": [],
    "postings": [
        {
            "stage": "draft_consultation",
            "opened_on": "2026-03-02",
            "closed_on": None,
            "planned_end": "2026-04-20",
        }
    ],
    "window": {"opened_on": "2026-03-02", "closed_on": None},
    "policies": [
        {"verdict": "missed", "occurrences": [pair(2, "covered", "2026-03-04"), pair(3, "missed")]},
        {
            "verdict": "met",
            "occurrences": [pair(2, "covered", "2026-03-04"), pair(3, "covered", "2026-03-20")],
        },
    ],
    "support": [],
}
PLANNED = Planned(
    draft_id=UUID(int=1),
    draft_code="ND-1",
    draft_title="Nghị định",
    unit_code="BTP",
    dataset=Dataset.LIVE,
    planned_on=date(2026, 4, 10),
    precision=Precision.DAY,
    stage=Stage.APPRAISAL,
    channel=Channel.CONFERENCE,
    title=None,
    responsible_code=None,
)
MAILED = [Reminder(day=date(2026, 3, 24), kind="sent"), Reminder(day=date(2026, 3, 27), kind="escalated")]
FACTS = Facts(BODY, [PLANNED], MAILED, DAY)


def drawn() -> Track:
    return track(FACTS, WIDTH, LEFT)


def test_stages_follow_each_other_to_scale_and_the_present_lasts_until_the_day() -> None:
    drafting, consultation, appraisal = drawn().bands
    assert drafting.x == LEFT
    assert consultation.x == drafting.x + drafting.width
    assert abs(drafting.width / 29 - consultation.width / 14) < 0.1  # units a day
    assert appraisal.x + appraisal.width == drawn().today
    assert [band.number for band in drawn().bands] == [1, 2, 3]


def test_a_band_has_the_worst_outcome_of_its_policies() -> None:
    assert [band.tone for band in drawn().bands] == ["plain", "good", "bad"]


def test_everything_lies_within_the_drawing() -> None:
    made = drawn()
    places = [*(mark.x for mark in made.marks), *(tick.x for tick in made.ticks), made.today]
    assert all(LEFT <= x <= WIDTH for x in places)
    (posting,) = made.postings
    assert posting.open
    assert posting.x + posting.width <= WIDTH
    assert made.window is not None
    assert made.window.open


def test_each_mark_stands_once_and_the_table_has_what_the_drawing_has() -> None:
    kinds = [mark.kind for mark in drawn().marks]
    assert kinds == ["due", "due", "communication", "communication", "plan", "mail", "escalation"]
    days = [happening.day for happening in happenings(FACTS)]
    assert days == sorted(days)
    assert len(days) == len(kinds) + len(BODY["occurrences"]) + len(BODY["postings"])
    planned = next(mark for mark in drawn().marks if mark.kind == "plan")
    assert planned.title.vi == "Dự kiến truyền thông 10/04/2026: Hội nghị, hội thảo"


def test_a_draft_without_any_day_has_a_track_without_marks() -> None:
    empty = {**BODY, "occurrences": [], "postings": [], "policies": [], "window": {"opened_on": None}}
    made = track(Facts(empty, [], [], DAY), WIDTH, LEFT)
    assert (list(made.bands), list(made.marks), made.window) == ([], [], None)
