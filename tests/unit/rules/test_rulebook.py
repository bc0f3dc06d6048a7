"""The rules that are data: calendar, procedures, their version, and names for everything."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from deploy import holidays_file as generator
from shared.contracts import vocabulary
from shared.contracts.vocabulary import Instrument, Precision, Procedure, Regime, Stage
from shared.kernel.errors import PermanentError
from shared.rules.rulebook.legal_basis import Certainty
from shared.rules.rulebook.procedures import AppraisingBody, DaysOf
from shared.rules.rulebook.rulebook import (
    Calendar,
    DayKind,
    calendar_of,
    last_day,
    load_rulebook,
    rulebook_of,
)
from shared.rules.sequence import occurrences
from shared.rules.verdicts import Because, OccurrenceVerdict, PolicyVerdict
from shared.rules.words import wording
from tests.support.cases import for_each
from tests.support.rules.shorthand import draft

BOOK = load_rulebook()
ONE_DAY = timedelta(days=1)


def data_text(name: str) -> str:
    return (files("shared.rules") / "data" / name).read_text(encoding="utf-8")


def test_the_calendar_file_matches_the_pinned_package() -> None:
    assert data_text("calendar.csv") == generator.text()


@pytest.mark.parametrize(
    ("day", "working"),
    [
        pytest.param(date(2024, 2, 9), False, id="the eve of Tết 2024"),
        pytest.param(date(2024, 4, 29), False, id="swapped for the Saturday"),
        pytest.param(date(2024, 5, 4), True, id="the swapped Saturday"),
        pytest.param(date(2026, 1, 2), False, id="the package's gap: off"),
        pytest.param(date(2026, 1, 10), True, id="the package's gap: worked"),
        pytest.param(date(2026, 4, 27), False, id="a holiday on a Sunday moves to Monday"),
        pytest.param(date(2026, 11, 24), False, id="Vietnamese Culture Day, from 2026"),
        pytest.param(date(2024, 11, 25), True, id="an ordinary Monday"),
        pytest.param(date(2024, 3, 2), False, id="an ordinary Saturday"),
        pytest.param(date(2050, 1, 3), True, id="beyond the file: a Monday"),
        pytest.param(date(2050, 1, 1), False, id="beyond the file: a Saturday"),
    ],
)
def test_working_days(day: date, working: bool) -> None:
    assert BOOK.calendar.is_working(day) is working


@pytest.mark.parametrize("start", [date(2024, 2, 1), date(2024, 4, 27), date(2025, 12, 29), date(2051, 6, 3)])
def test_counting_and_adding_are_what_stepping_gives(start: date) -> None:
    calendar, day, worked = BOOK.calendar, start, 0
    for _ in range(60):
        day += ONE_DAY
        worked += calendar.is_working(day)
        assert calendar.working_days_between(start, day) == worked
        if calendar.is_working(day):
            assert calendar.add_working_days(start, worked) == day


def test_edges_of_counting() -> None:
    monday, saturday = date(2024, 3, 4), date(2024, 3, 9)
    calendar = BOOK.calendar
    assert calendar.next_working_day(monday) == monday
    assert calendar.next_working_day(saturday) == date(2024, 3, 11)
    assert calendar.add_working_days(saturday, 0) == saturday
    assert calendar.working_days_between(saturday, monday) == 0


@pytest.mark.parametrize(
    ("precision", "last"),
    [
        (Precision.DAY, date(2024, 2, 1)),
        (Precision.MONTH, date(2024, 2, 29)),
        (Precision.YEAR, date(2024, 12, 31)),
    ],
)
def test_the_last_day_that_a_date_may_mean(precision: Precision, last: date) -> None:
    assert last_day(date(2024, 2, 1), precision) == last


def test_a_correction_that_changes_nothing_is_not_kept() -> None:
    sunday = date(2024, 3, 3)
    assert calendar_of({sunday: DayKind.OFF, sunday + ONE_DAY: DayKind.WORK}) == Calendar()


def test_operators_correct_the_calendar_and_so_its_version(tmp_path: Path) -> None:
    extra = tmp_path / "extra.csv"
    extra.write_text("\ufeffday,kind,what,source\n2024-03-05,off,Bão,1/CĐ\n2024-05-04,off,Bỏ làm bù,2/CĐ\n")
    book = load_rulebook([extra])
    assert not book.calendar.is_working(date(2024, 3, 5))
    assert not book.calendar.is_working(date(2024, 5, 4))
    assert book.version != BOOK.version
    assert occurrences(draft("drafting 2024-03-04"), book)[0].due_on == date(2024, 3, 12)


@pytest.mark.parametrize(
    "line", ["2024-13-01,off,x,y", "2024-03-05,closed,x,y", "2024-03-05", "2024-01-01,confirmed,x,"]
)
def test_an_override_that_cannot_be_read_is_named(line: str, tmp_path: Path) -> None:
    extra = tmp_path / "extra.csv"
    extra.write_text(f"day,kind,what,source\n{line}\n")
    with pytest.raises(PermanentError, match=r"extra\.csv, line 2"):
        load_rulebook([extra])


def test_a_year_is_provisional_until_a_notice_or_law_settles_its_days_off(tmp_path: Path) -> None:
    assert BOOK.provisional([date(2026, 5, 1), date(2027, 2, 11), date(2028, 1, 5)]) == (2028,)
    assert "9441/TB-BNV" in BOOK.notices[2026]
    own = tmp_path / "own.csv"
    own.write_text("day,kind,what,source\n2028-01-01,confirmed,Lịch nghỉ năm 2028,5/TB-BNV\n")
    book = load_rulebook([own])
    assert (book.provisional([date(2028, 1, 5)]), book.notices[2028]) == ((), "5/TB-BNV")
    assert (book.calendar, book.version == BOOK.version) == (BOOK.calendar, False)


def test_the_version_is_stable_and_of_the_content() -> None:
    assert load_rulebook() is BOOK
    document = json.loads(data_text("procedures.json"))
    same = rulebook_of(document, {})
    assert len(BOOK.version) == 64
    assert same.version == rulebook_of(dict(reversed(document.items())), {}).version
    document["rows"][0]["grace_working_days"] = 6
    assert rulebook_of(document, {}).version != same.version


@for_each(list(product(Regime, Instrument, Procedure)))
def test_every_combination_has_a_rule_on_every_day(
    regime: Regime, instrument: Instrument, procedure: Procedure
) -> None:
    rules = [
        BOOK.procedure(regime, instrument, procedure, on) for on in (date.min, date(2025, 4, 1), date.max)
    ]
    for rule in rules:
        assert (rule.regime, rule.instrument, rule.procedure) == (regime, instrument, procedure)
        assert rule.grace_working_days == (5 if procedure is Procedure.ORDINARY else 2)
        assert rule.opening == {Stage.POLICY_CONSULTATION, Stage.DRAFT_CONSULTATION}
        assert rule.parallel == {Stage.SOCIAL_CRITICISM}
        assert rule.legal_basis
        order = [stage.order for stage in rule.expected_order]
        assert order == sorted(order)


def changed(**row: Any) -> dict[str, Any]:
    """Give decrees of 2015 another rule from July 2024 on: three days of grace, drafting not required."""
    document: dict[str, Any] = json.loads(data_text("procedures.json"))
    decree = next(row for row in document["rows"] if "decree" in row["instruments"])
    decree["valid_to"] = "2024-06-30"
    later = decree | {"valid_from": "2024-07-01", "valid_to": None, "grace_working_days": 3} | row
    document["rows"].append(later)
    return document


def test_the_rule_in_force_on_the_day_of_the_entry_applies() -> None:
    book = rulebook_of(changed(not_required=["drafting"]), {})
    facts = draft(
        "draft_consultation 2024-06-28; drafting 2024-07-01; appraisal 2024-07-08",
        instrument=Instrument.DECREE,
    )
    of_draft = occurrences(facts, book)
    assert [occurrence.due_on for occurrence in of_draft] == [
        date(2024, 7, 5),
        date(2024, 7, 4),
        date(2024, 7, 11),
    ]
    assert [occurrence.required for occurrence in of_draft] == [True, False, True]


def test_rows_that_leave_days_without_a_rule_are_refused() -> None:
    with pytest.raises(PermanentError, match="without a rule"):
        rulebook_of(changed(valid_from="2024-08-01"), {})


def test_after_the_last_day_of_its_rows_a_form_falls_under_the_general_rule() -> None:
    book = rulebook_of(changed(valid_to="2030-01-01"), {})
    last, after = (
        book.procedure(Regime.LAW_2015, Instrument.DECREE, Procedure.ORDINARY, day)
        for day in (date(2030, 1, 1), date(2030, 1, 2))
    )
    assert (last.general, after.general, after.valid_from) == (False, True, date(2030, 1, 2))
    assert book.form_until(Regime.LAW_2015, Instrument.DECREE, Procedure.ORDINARY) == date(2030, 1, 1)


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (wording.STAGES, vocabulary.Stage),
        (wording.INSTRUMENTS, vocabulary.Instrument),
        (wording.CHANNELS, vocabulary.Channel),
        (wording.POLICY_VERDICTS, PolicyVerdict),
        (wording.OCCURRENCE_VERDICTS, OccurrenceVerdict),
        (wording.REASONS, Because),
        (wording.GAP_STATES, vocabulary.GapState),
        (wording.GAP_CLOSURES, vocabulary.GapClosure),
        (wording.REGIMES, vocabulary.Regime),
        (wording.PROCEDURES, vocabulary.Procedure),
        (wording.CERTAINTIES, Certainty),
        (wording.APPRAISING_BODIES, AppraisingBody),
        (wording.DAYS_OF, DaysOf),
        (wording.UNIT_LEVELS, vocabulary.UnitLevel),
        (wording.SCOPE, vocabulary.Answer),
        (wording.SCOPE_BASES, vocabulary.ScopeBasis),
        (wording.PRECISIONS, vocabulary.Precision),
    ],
)
def test_everything_has_a_name_in_both_languages(names: Mapping[Any, Any], values: Any) -> None:
    assert set(names) == set(values)
    assert all(text.vi and text.en for text in names.values())
    assert len({text.vi for text in names.values()}) == len(names)
