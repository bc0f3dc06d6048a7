"""The table of procedures: posting days and where they come from, and an operator's rows in their place."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.vocabulary import (
    Instrument,
    Procedure,
    Regime,
    Stage,
    SupervisionKind,
    UnitKind,
    UnitLevel,
)
from shared.directory.folds import Supervision, Unit, directory_of
from shared.directory.unit_tree import UnitTree
from shared.rules.facts import Transfer
from shared.rules.rulebook.legal_basis import Certainty
from shared.rules.rulebook.procedure_rows import RulesRefused
from shared.rules.rulebook.rulebook import Rulebook, load_rulebook
from shared.rules.sequence import occurrences
from tests.support.rules.shorthand import draft

BOOK = load_rulebook()
OLD, NEW, AMENDED = Regime.LAW_2015, Regime.LAW_2025, Regime.LAW_2025_AMENDED
I = Instrument  # noqa: E741  a table is read by its columns
POLICY, DRAFT = Stage.POLICY_CONSULTATION, Stage.DRAFT_CONSULTATION
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("regime", "instrument", "posting", "cited"),
    [
        (OLD, I.LAW, {POLICY: 30, DRAFT: 60}, set()),
        (OLD, I.NASC_RESOLUTION, {POLICY: 30, DRAFT: 60}, set()),
        (OLD, I.PRESIDENTIAL_ORDER, {DRAFT: 60}, {DRAFT}),
        (OLD, I.DECREE, {POLICY: 30, DRAFT: 60}, set()),
        (OLD, I.CIRCULAR, {DRAFT: 60}, set()),
        (OLD, I.PM_DECISION, {DRAFT: 60}, set()),
        (OLD, I.JUDGES_COUNCIL_RESOLUTION, {DRAFT: 60}, {DRAFT}),
        (OLD, I.STATE_AUDIT_DECISION, {}, set()),
        (OLD, I.PROVINCIAL_RESOLUTION, {POLICY: 30, DRAFT: 30}, set()),
        (OLD, I.PROVINCIAL_DECISION, {DRAFT: 30}, set()),
        (OLD, I.DISTRICT_DECISION, {}, set()),
        (NEW, I.LAW, {POLICY: 20, DRAFT: 20}, set()),
        (NEW, I.PRESIDENTIAL_DECISION, {DRAFT: 20}, {DRAFT}),
        (NEW, I.DECREE, {POLICY: 20, DRAFT: 20}, set()),
        (NEW, I.PROVINCIAL_RESOLUTION, {DRAFT: 10}, set()),
        (AMENDED, I.PROVINCIAL_DECISION, {DRAFT: 10}, set()),
        (AMENDED, I.PROVINCIAL_CHAIR_DECISION, {DRAFT: 10}, {DRAFT}),
        (AMENDED, I.COMMUNE_RESOLUTION, {}, set()),
    ],
)
def test_posting_days_of_the_ordinary_procedure(
    regime: Regime, instrument: Instrument, posting: dict[Stage, int], cited: set[Stage]
) -> None:
    rule = BOOK.procedure(regime, instrument, Procedure.ORDINARY, TODAY)
    assert dict(rule.min_posting_days) == posting
    assert {item.stage for item in rule.posting if item.cited} == cited
    short = BOOK.procedure(regime, instrument, Procedure.SIMPLIFIED, TODAY)
    assert not short.posting, "the opinion step may be skipped or shortened"


@pytest.mark.parametrize(
    ("regime", "instrument", "general"),
    [
        (NEW, I.PROVINCIAL_CHAIR_DECISION, True),
        (AMENDED, I.PROVINCIAL_CHAIR_DECISION, False),
        (NEW, I.COMMUNE_DECISION, True),
        (AMENDED, I.COMMUNE_DECISION, False),
        (OLD, I.DISTRICT_RESOLUTION, True),
        (NEW, I.DISTRICT_RESOLUTION, True),
        (AMENDED, I.JOINT_RESOLUTION, False),
    ],
)
def test_a_form_that_a_regime_does_not_have_falls_under_its_general_rule(
    regime: Regime, instrument: Instrument, general: bool
) -> None:
    assert BOOK.procedure(regime, instrument, Procedure.ORDINARY, TODAY).general is general


def own(**changes: Any) -> dict[str, Any]:
    row = {
        "regime": "law_2025_amended",
        "instruments": ["commune_decision"],
        "procedure": "ordinary",
        "valid_from": "2026-01-01",
        "legal_basis": "Công văn 5/STP",
    }
    return row | changes


def file_of(folder: Path, *rows: Any, name: str = "own.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"rows": rows}), encoding="utf-8")
    return path


def rule_on(book: Rulebook, day: date) -> Any:
    return book.procedure(AMENDED, I.COMMUNE_DECISION, Procedure.ORDINARY, day)


def test_an_operators_row_holds_on_its_days_and_keeps_omitted_fields(tmp_path: Path) -> None:
    posting = [{"stage": "draft_consultation", "min_days": 7, "legal_basis": "Công văn 5/STP"}]
    book = load_rulebook([file_of(tmp_path, own(valid_to="2026-06-30", posting=posting))])
    before, during, after = (
        rule_on(book, day) for day in (date(2025, 12, 31), date(2026, 6, 30), date(2026, 7, 1))
    )
    assert [dict(rule.min_posting_days) for rule in (before, during, after)] == [{}, {DRAFT: 7}, {}]
    assert (before.valid_to, after.valid_from) == (date(2025, 12, 31), date(2026, 7, 1))
    assert during.expected_order == before.expected_order
    assert during.grace_working_days == 5
    assert during.posting[0].certainty is Certainty.UNKNOWN
    assert book.version != BOOK.version
    other = (AMENDED, I.COMMUNE_RESOLUTION, Procedure.ORDINARY)
    assert book.procedures[other] == BOOK.procedures[other]


def test_a_row_from_the_first_day_on_takes_the_whole_place(tmp_path: Path) -> None:
    book = load_rulebook([file_of(tmp_path, own(valid_from="2025-07-01", grace_working_days=4))])
    (rule,) = book.procedures[AMENDED, I.COMMUNE_DECISION, Procedure.ORDINARY]
    assert (rule.grace_working_days, rule.valid_from, rule.valid_to) == (4, date(2025, 7, 1), None)


def test_the_last_file_wins_and_every_instrument_may_be_meant(tmp_path: Path) -> None:
    first = file_of(tmp_path, own(instruments=["*"], grace_working_days=3))
    second = file_of(tmp_path, own(grace_working_days=4), name="second.JSON")
    book = load_rulebook([first, second])
    assert rule_on(book, TODAY).grace_working_days == 4
    assert book.procedure(AMENDED, I.LAW, Procedure.ORDINARY, TODAY).grace_working_days == 3
    assert book.procedure(AMENDED, I.LAW, Procedure.ORDINARY, TODAY).min_posting_days == {
        POLICY: 20,
        DRAFT: 20,
    }
    assert load_rulebook([second, first]).version != book.version


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([own(grace_working_days="5")], r"own\.json, rows\[0\]\.grace_working_days: must be a whole number"),
        ([own(), own(procedure="fast")], r"rows\[1\]\.procedure: 'fast' is none of: ordinary, simplified"),
        ([own(instruments=["decree", "law2"])], r"rows\[0\]\.instruments\[1\].*'law2' is none of"),
        ([own(valid_from="01/01/2026")], r"rows\[0\]\.valid_from: must be a day as yyyy-mm-dd"),
        ([own(valid_to="2025-12-31")], r"rows\[0\]: valid_to lies before valid_from"),
        ([own(valid_from="2020-01-01")], r"rows\[0\]\.valid_from: lies before the regime's first day"),
        ([own(grace=3)], r"rows\[0\]\.grace: is no known field"),
        ([{"legal_basis": "1/QĐ", "regime": "law_2025"}], r"rows\[0\]\.instruments: is mandatory and missing"),
        ([own(posting=[{"stage": "drafting", "min_days": 0, "legal_basis": "x"}])], r"posting\[0\]\.min_days: must be 1"),
        ([own(), own(valid_from="2026-03-01")], r"rows\[1\]: speaks of the same procedure .* rows\[0\]"),
        (["decree"], r"rows\[0\]: "),
    ],
)  # fmt: skip
def test_a_refused_row_is_reported_by_file_and_place(tmp_path: Path, rows: list[Any], message: str) -> None:
    with pytest.raises(RulesRefused, match=message) as caught:
        load_rulebook([file_of(tmp_path, *rows)])
    assert caught.value.text.vi.startswith("own.json, rows[")


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"rows": [}', "line 1, column 11: this is no JSON"), ("[]", "an object with a list"), ('{"rows": 3}', "rows")],
)  # fmt: skip
def test_a_file_that_is_no_table_is_reported(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RulesRefused, match=message):
        load_rulebook([path])


def test_a_local_row_stands_before_the_national_one_in_its_area(tmp_path: Path) -> None:
    posting = [
        {"stage": "draft_consultation", "min_days": 7, "legal_basis": "Điều 9 Quyết định 43/2025/QĐ-UBND"}
    ]
    local = own(area=["DLK-*", "BMT"], posting=posting, valid_to="2026-06-30", certainty="read")
    book = load_rulebook([file_of(tmp_path, local, own(grace_working_days=4))])
    of = {
        (lead, day): book.procedure(AMENDED, I.COMMUNE_DECISION, Procedure.ORDINARY, day, lead)
        for lead in ("DLK-XA-1", "BMT", "BMT-1", "HN")
        for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 7, 1))
    }
    inside = {place for place, rule in of.items() if dict(rule.min_posting_days) == {DRAFT: 7}}
    assert inside == {("DLK-XA-1", date(2026, 1, 1)), ("BMT", date(2026, 1, 1))}
    assert rule_on(book, TODAY).grace_working_days == 4, "the national row of the same file"
    assert book.version != load_rulebook([file_of(tmp_path, own(grace_working_days=4))]).version


def test_a_draft_goes_by_the_rules_of_the_area_of_the_unit_that_leads_on_the_day(tmp_path: Path) -> None:
    book = load_rulebook([file_of(tmp_path, own(area=["DLK-*"], grace_working_days=3))])
    facts = draft(
        "drafting 2026-03-02; draft_consultation 2026-03-09",
        instrument=I.COMMUNE_DECISION,
        regime=AMENDED,
        lead_unit_code="HN-XA",
        transfers=(Transfer(on=date(2026, 3, 9), unit_code="DLK-XA"),),
    )
    assert [each.rule.grace_working_days for each in occurrences(facts, book)] == [5, 3]
    assert [each.due_on for each in occurrences(facts, book)] == [date(2026, 3, 9), date(2026, 3, 12)]


def test_a_row_of_a_province_holds_for_those_below_it_and_those_that_it_follows_on_the_day(
    tmp_path: Path,
) -> None:
    def unit(code: str, parent: str | None = None, **more: Any) -> Unit:
        kind = UnitKind.COMMUNE if parent else UnitKind.PROVINCIAL_COMMITTEE
        level = UnitLevel.COMMUNE if parent else UnitLevel.PROVINCIAL
        return Unit(unit_code=code, unit_name=code, level=level, kind=kind, parent_code=parent, **more)

    follows = Supervision(SupervisionKind.SUPERVISOR, "DLK", date(2026, 4, 1))
    units = [
        *(unit("DLK"), unit("HN"), unit("X1", "DLK")),
        unit("X2", "HN", parents=((date(2026, 3, 9), "DLK"),)),
        unit("X3", "HN", supervisions=(follows,)),
    ]
    tree = UnitTree(directory_of(units))
    book = load_rulebook([file_of(tmp_path, own(area=["DLK"], grace_working_days=3))]).within(tree.lineage)
    days = (date(2026, 3, 8), date(2026, 3, 9), date(2026, 4, 1))

    def grace(lead: str) -> list[int]:
        key = (AMENDED, I.COMMUNE_DECISION, Procedure.ORDINARY)
        return [book.procedure(*key, day, lead).grace_working_days for day in days]

    assert {lead: grace(lead) for lead in ("DLK", "X1", "X2", "X3", "HN", "UNKNOWN")} == {
        "DLK": [3, 3, 3],
        "X1": [3, 3, 3],
        "X2": [5, 3, 3],
        "X3": [5, 5, 3],
        "HN": [5, 5, 5],
        "UNKNOWN": [5, 5, 5],
    }


def test_an_area_is_a_code_or_the_beginning_of_codes(tmp_path: Path) -> None:
    with pytest.raises(RulesRefused, match=r"rows\[0\]\.area\[0\]: must be the code of a unit"):
        load_rulebook([file_of(tmp_path, own(area=["*"]))])
    twice = file_of(tmp_path, own(area=["A-*"]), own(area=["A-*"]))
    with pytest.raises(RulesRefused, match=r"rows\[1\]: speaks of the same procedure"):
        load_rulebook([twice])
