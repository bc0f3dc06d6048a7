"""The words of the compliance rules: occurrences in order, and the window, row by row."""

from datetime import date

import pytest

from shared.contracts.vocabulary import Stage
from shared.rules.facts import Exemption
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.sequence import Window, occurrences, window
from tests.support.rules.shorthand import draft

BOOK = load_rulebook()


def in_short(stages: str) -> str:
    """Write the occurrences as `entry id:stage entered-exited`, days of March 2024 as their number."""
    return " ".join(
        f"{occurrence.entry_id.int}:{occurrence.stage.value}"
        f" {occurrence.entered_on.day}-{occurrence.exited_on.day if occurrence.exited_on else ''}"
        for occurrence in occurrences(draft(stages), BOOK)
    )


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        pytest.param("", "", id="a draft without entries has no occurrence"),
        pytest.param(
            "appraisal 2024-03-11; drafting 2024-03-04",
            "2:drafting 4-11 1:appraisal 11-",
            id="by date, never by the order of recording",
        ),
        pytest.param(
            "appraisal 2024-03-04; drafting 2024-03-04",
            "2:drafting 4-4 1:appraisal 4-",
            id="on one date by the usual order: the first has zero length",
        ),
        pytest.param(
            "suspended 2024-03-04; published 2024-03-04",
            "2:published 4-4 1:suspended 4-",
            id="on one date suspended stands after every working stage",
        ),
        pytest.param(
            "drafting 2024-03-04; drafting 2024-03-06; appraisal 2024-03-08",
            "1:drafting 4-8 3:appraisal 8-",
            id="an entry into the stage that it is in continues that occurrence",
        ),
        pytest.param(
            "drafting 2024-03-04; appraisal 2024-03-06; drafting 2024-03-08",
            "1:drafting 4-6 2:appraisal 6-8 3:drafting 8-",
            id="coming back to a stage is a new occurrence",
        ),
        pytest.param(
            "drafting 2024-03; drafting 2024-03-01; appraisal 2024-03-08",
            "2:drafting 1-8 3:appraisal 8-",
            id="of one stage on the same first day the most precise begins: day before month",
        ),
        pytest.param(
            "drafting 2024-03; drafting 2024-03-05; appraisal 2024-03-08",
            "1:drafting 1-8 3:appraisal 8-",
            id="a month stands at its first day: it comes before a day of that month",
        ),
        pytest.param(
            "drafting 2024-03-04; social_criticism 2024-03-06; appraisal 2024-03-08",
            "1:drafting 4-8 3:appraisal 8-",
            id="a parallel stage is no occurrence and ends none",
        ),
        pytest.param(
            "drafting 2024-03-04; suspended 2024-03-06; +drafting 2024-03-08",
            "1:drafting 4-6 2:suspended 6-8 3:drafting 8-",
            id="resumed begins a new occurrence of the interrupted stage",
        ),
        pytest.param(
            "drafting 2024-03-04; suspended 2024-03-06; +drafting 2024-03-06",
            "1:drafting 4-6 2:suspended 6-6 3:drafting 6-",
            id="on the day of its suspension resumed stands after it",
        ),
        pytest.param(
            "drafting 2024-03-04; suspended 2024-03-06; +drafting 2024-03-06; withdrawn 2024-03-06",
            "1:drafting 4-6 2:suspended 6-6 3:drafting 6-6 4:withdrawn 6-",
            id="and yet before an end of that day",
        ),
        pytest.param(
            "drafting 2024-03-04; suspended 2024-03-06; +drafting 2024-03-11; suspended 2024-03-11",
            "1:drafting 4-6 2:suspended 6-11 3:drafting 11-11 4:suspended 11-",
            id="a suspension of the day on which an earlier one ends is not its own: it follows",
        ),
        pytest.param(
            "drafting 2024-03-04; suspended 2024-03-06; appraisal 2024-03-08",
            "1:drafting 4-6 2:suspended 6-8 3:appraisal 8-",
            id="the next entered stage resumes",
        ),
        pytest.param(
            "withdrawn 2024-03-06; drafting 2024-03-04; appraisal 2024-03-07; merged 2024-03-08",
            "2:drafting 4-6 1:withdrawn 6-",
            id="ends are final: what is later by date is refused whenever it was recorded",
        ),
        pytest.param(
            "merged 2024-03-06; withdrawn 2024-03-06",
            "2:withdrawn 6-",
            id="of two ends on one date withdrawn",
        ),
        pytest.param("merged 2024-03-06; withdrawn 2024-03-08", "1:merged 6-", id="of two ends the earliest"),
        pytest.param(
            "withdrawn 2024-03-06; adopted 2024-03-06",
            "2:adopted 6-6 1:withdrawn 6-",
            id="on the day of an end everything else stands before it",
        ),
    ],
)
def test_occurrences(stages: str, expected: str) -> None:
    assert in_short(stages) == expected


OPEN, CLOSE = date(2024, 3, 4), date(2024, 3, 8)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        pytest.param("drafting 2024-03-04", Window(), id="no opening stage: no window"),
        pytest.param(
            "policy_consultation 2024-03-04; draft_consultation 2024-03-06",
            Window(opened_on=OPEN),
            id="opens on the first opening stage, whichever comes first",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; appraisal 2024-03-04",
            Window(opened_on=OPEN),
            id="a zero-length occurrence opens too",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; adopted 2024-03-08; published 2024-03-11",
            Window(opened_on=OPEN, closed_on=CLOSE, closed_by=Stage.ADOPTED),
            id="closes on the first closing stage after the opening",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; published 2024-03-08",
            Window(opened_on=OPEN, closed_on=CLOSE, closed_by=Stage.PUBLISHED),
            id="publication alone closes too",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; merged 2024-03-08",
            Window(opened_on=OPEN, closed_on=CLOSE, closed_by=Stage.MERGED, ended_on=CLOSE),
            id="an end closes",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; adopted 2024-03-08; withdrawn 2024-03-11",
            Window(opened_on=OPEN, closed_on=CLOSE, closed_by=Stage.ADOPTED),
            id="an end after adoption ends nothing that is judged",
        ),
        pytest.param(
            "adopted 2024-03-04; draft_consultation 2024-03-08",
            Window(unopened_closed_on=OPEN),
            id="an opening stage after an adoption without opening opens no window",
        ),
        pytest.param(
            "adopted 2024-03-04; draft_consultation 2024-03-06; withdrawn 2024-03-08",
            Window(unopened_closed_on=OPEN, ended_on=CLOSE),
            id="adopted without opening, then withdrawn",
        ),
        pytest.param("withdrawn 2024-03-08", Window(ended_on=CLOSE), id="an end without opening"),
        pytest.param(
            "draft_consultation 2024-03-04; adopted 2024-03-04",
            Window(opened_on=OPEN, closed_on=OPEN, closed_by=Stage.ADOPTED),
            id="opened and closed on one day",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; suspended 2024-03-06",
            Window(opened_on=OPEN),
            id="a suspension closes nothing",
        ),
    ],
)
def test_window(stages: str, expected: Window) -> None:
    assert window(draft(stages), BOOK) == expected


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        pytest.param("drafting 2024-03-04", [False], id="no window, nothing required"),
        pytest.param(
            "drafting 2024-03-01; draft_consultation 2024-03-04; appraisal 2024-03-06; adopted 2024-03-08",
            [False, True, True, False],
            id="entered within [open, close), the closing stage itself not",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; appraisal 2024-03-04",
            [False, True],
            id="zero length is not required",
        ),
        pytest.param(
            "draft_consultation 2024-03-01; policy_approved 2024-03-04; executive_review 2024-03-05;"
            "submitted 2024-03-06; suspended 2024-03-07; registered 2024-03-08; deliberation 2024-03-11",
            [True, False, False, False, False, False, True],
            id="stages that only pass paper on, and a suspension",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; adopted 2024-03-04; deliberation 2024-03-06",
            [False, False, False],
            id="opened and closed on one day leaves nothing to require",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; verification 2024-03-06", [True, False], id="an exempted stage"
        ),
    ],
)
def test_required(stages: str, expected: list[bool]) -> None:
    facts = draft(stages, exemptions=(Exemption(stages=frozenset({Stage.VERIFICATION})),))
    assert [occurrence.required for occurrence in occurrences(facts, BOOK)] == expected


@pytest.mark.parametrize(
    ("entered", "procedure", "due_on"),
    [
        pytest.param("2024-03-04", "ordinary", date(2024, 3, 11), id="the fifth working day after, ordinary"),
        pytest.param("2024-03-04", "simplified", date(2024, 3, 6), id="the second, simplified"),
        pytest.param("2024-03-02", "simplified", date(2024, 3, 5), id="entered on a Saturday"),
        pytest.param("2024-02-07", "ordinary", date(2024, 2, 21), id="Tết 8-14 February is no working time"),
        pytest.param(
            "2024-05-03", "simplified", date(2024, 5, 6), id="the swapped Saturday 4 May 2024 is worked"
        ),
        pytest.param("2026-01-01", "simplified", date(2026, 1, 6), id="2 January 2026 was off"),
        pytest.param("2026-01-09", "simplified", date(2026, 1, 12), id="Saturday 10 January 2026 was worked"),
        pytest.param("2024-03", "ordinary", date(2024, 4, 5), id="a month counts from its last day"),
        pytest.param("2024", "simplified", date(2025, 1, 3), id="a year counts from its last day"),
    ],
)
def test_due_on(entered: str, procedure: str, due_on: date) -> None:
    (occurrence,) = occurrences(draft(f"drafting {entered}", procedure=procedure), BOOK)
    assert occurrence.due_on == due_on
