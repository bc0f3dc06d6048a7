"""The law table: every row says how far it was checked, and only what was read or a source writes is cited as law."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.vocabulary import Instrument, Procedure, Regime, Stage
from shared.rules.clocks import WaitsFor, reply_clocks, rule_for_people
from shared.rules.facts import DraftFacts, Posting
from shared.rules.findings import FindingKind, findings
from shared.rules.rulebook.legal_basis import UNCITED, Certainty
from shared.rules.rulebook.procedure_rows import GroundedRow
from shared.rules.rulebook.procedures import AppraisingBody, PostingRule, ReplyRule
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.rules.shorthand import draft

BOOK = load_rulebook()
TABLE: dict[str, Any] = json.loads(
    (files("shared.rules") / "data" / "procedures.json").read_text(encoding="utf-8")
)
OLD, NEW, AMENDED = Regime.LAW_2015, Regime.LAW_2025, Regime.LAW_2025_AMENDED
I = Instrument  # noqa: E741  a table is read by its columns
ORDINARY, SIMPLIFIED = Procedure.ORDINARY, Procedure.SIMPLIFIED
GROUNDS = set(GroundedRow.model_fields)
DISTRICT = (I.DISTRICT_RESOLUTION, I.DISTRICT_DECISION)
COMMUNE = (I.COMMUNE_RESOLUTION, I.COMMUNE_DECISION)
TODAY = date(2026, 11, 30)


def grounded(value: Any) -> Iterator[dict[str, Any]]:
    """Give everything in the table that names a law."""
    if isinstance(value, dict):
        if "legal_basis" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from grounded(item)


def test_every_row_and_period_says_how_far_it_was_checked() -> None:
    rows = list(grounded(TABLE))
    assert len(rows) > 100
    for row in rows:
        certainty = Certainty(row["certainty"])
        assert row.keys() >= GROUNDS
        if certainty is Certainty.READ:
            assert re.search(r"(khoản|điểm) \S+.* Điều \d+", row["legal_basis"]), row
        if certainty.is_citable:
            assert row["source"], row
            assert row["content"], row
            assert re.search(r"\d+/\d{4}/|\d+/QĐ-TTg", row["legal_basis"]), row
        assert "theo trí nhớ" not in row["legal_basis"]


def test_only_what_was_read_or_a_source_writes_is_cited() -> None:
    grounds = dict.fromkeys(Certainty, 0)
    for rules in BOOK.procedures.values():
        for rule in rules:
            every = [rule, *rule.posting, *rule.replies, *filter(None, [rule.appraisal, rule.permission])]
            for each in every:
                grounds[each.certainty] += 1
                assert (each.cited is not None) is (each.certainty in {Certainty.READ, Certainty.SECONDARY})
                assert (each.legal_basis in each.grounds.vi) is each.certainty.is_citable
                assert (each.grounds == UNCITED) is not each.certainty.is_citable
            periods: list[PostingRule | ReplyRule] = [*rule.posting, *rule.replies]
            for asked in periods:
                shown = rule_for_people(asked)
                assert (asked.legal_basis in str(shown)) is asked.certainty.is_citable
    assert all(grounds.values()), grounds


@pytest.mark.parametrize(
    ("instrument", "article"),
    [(I.PM_DECISION, "Điều 97"), (I.CIRCULAR, "Điều 101"), (I.JUDGES_COUNCIL_RESOLUTION, "Điều 105")],
)
def test_the_sixty_days_of_2015_stand_in_the_right_articles(instrument: Instrument, article: str) -> None:
    (posting,) = BOOK.procedure(OLD, instrument, ORDINARY, date(2024, 1, 2)).posting
    assert (posting.min_days, posting.legal_basis) == (60, f"{article} Luật số 80/2015/QH13")


@pytest.mark.parametrize("instrument", [*DISTRICT, *COMMUNE])
def test_communes_and_districts_of_2015(instrument: Instrument) -> None:
    rule = BOOK.procedure(OLD, instrument, ORDINARY, date(2024, 1, 2))
    assert rule.appraisal is not None
    commune = instrument in COMMUNE
    assert (Stage.APPRAISAL in rule.expected_order) is not commune
    body = AppraisingBody.NONE if commune else AppraisingBody.DISTRICT_JUSTICE
    assert rule.appraisal.body is body
    assert BOOK.procedure(OLD, instrument, SIMPLIFIED, date(2024, 1, 2)).general, "2015 lists neither"
    assert Stage.STANDING_OPINION not in rule.required


@pytest.mark.parametrize("regime", [OLD, NEW])
@pytest.mark.parametrize("instrument", DISTRICT)
def test_district_documents_exist_until_the_district_ends(regime: Regime, instrument: Instrument) -> None:
    last = date(2025, 6, 30)
    assert BOOK.form_until(regime, instrument, ORDINARY) == last
    assert not BOOK.procedure(regime, instrument, ORDINARY, last).general
    assert BOOK.procedure(regime, instrument, ORDINARY, date(2025, 7, 1)).general
    assert BOOK.form_until(AMENDED, instrument, ORDINARY) is None


def test_the_required_stages_are_those_of_the_instrument() -> None:
    of = {
        (regime, instrument): BOOK.procedure(regime, instrument, ORDINARY, TODAY).required
        for regime in Regime
        for instrument in Instrument
    }
    assert Stage.STANDING_OPINION not in of[AMENDED, I.COMMUNE_RESOLUTION]
    assert Stage.STANDING_OPINION in of[AMENDED, I.LAW]
    assert Stage.POLICY_CONSULTATION not in of[AMENDED, I.PROVINCIAL_DECISION]
    free = {Stage.REGISTERED, Stage.SUBMITTED, Stage.ADOPTED, Stage.WITHDRAWN, Stage.SOCIAL_CRITICISM}
    assert not free & {stage for stages in of.values() for stage in stages}


@pytest.mark.parametrize("instrument", [I.JOINT_RESOLUTION, I.JOINT_CIRCULAR, I.JUDGES_COUNCIL_RESOLUTION, I.STATE_AUDIT_DECISION])  # fmt: skip
def test_bodies_beside_the_government_have_rows(instrument: Instrument) -> None:
    assert all(BOOK.form_until(regime, instrument, ORDINARY) == date.max for regime in Regime)


def test_the_third_amendment_of_the_decree_of_2016_stands_among_the_bases() -> None:
    old = [row for row in TABLE["rows"] if row["regime"] == OLD]
    assert all("59/2024/NĐ-CP" in row["legal_basis"] for row in old)


def test_the_procedure_of_special_cases_is_said_where_it_is_recorded() -> None:
    rule = BOOK.procedure(AMENDED, I.LAW, SIMPLIFIED, TODAY)
    assert rule.permission is not None
    assert (rule.permission.certainty, rule.certainty) == (Certainty.READ, Certainty.MEMORY)
    assert "trường hợp đặc biệt" in rule.permission.note


def kinds(facts: DraftFacts, as_of: date = TODAY) -> list[tuple[str, date | None]]:
    return [(each.kind.value, each.on) for each in findings(facts, BOOK, as_of) if each.about is None]


@pytest.mark.parametrize(
    ("regime", "stages", "expected"),
    [
        (OLD, "drafting 2025-03-31; adopted 2026-01-05", []),
        (OLD, "drafting 2025-04-01", [("regime_not_of_dates", date(2025, 4, 1))]),
        (OLD, "drafting 2025-04", [("regime_not_of_dates", date(2025, 4, 1))]),
        (NEW, "drafting 2025-07-02", [("regime_not_of_dates", date(2025, 7, 2))]),
        (NEW, "drafting 2025-01-02; adopted 2025-04-02", []),
        (AMENDED, "drafting 2025-01-02; adopted 2025-06-30", [("regime_not_of_dates", date(2025, 6, 30))]),
        (AMENDED, "drafting 2025-01-02; adopted 2025-07", []),
        (AMENDED, "drafting 2025-01-02", []),
        (AMENDED, "", []),
    ],
)
def test_a_law_that_does_not_fit_the_days(regime: Regime, stages: str, expected: list[Any]) -> None:
    facts = draft(stages, instrument=I.DECREE, regime=regime)
    assert kinds(facts) == expected
    if expected:
        (finding,) = (f for f in findings(facts, BOOK, TODAY) if f.kind is FindingKind.REGIME_NOT_OF_DATES)
        assert finding.kind.is_warning
        assert finding.legal_basis == BOOK.regimes[regime].cited


@pytest.mark.parametrize(
    ("changes", "stages", "as_of", "expected"),
    [
        ({"instrument": I.DISTRICT_DECISION, "regime": NEW}, "drafting 2025-05-05; adopted 2025-06-30", TODAY, []),
        (
            {"instrument": I.DISTRICT_DECISION, "regime": NEW},
            "drafting 2025-05-05; adopted 2025-07-08",
            TODAY,
            [("instrument_ended", date(2025, 7, 8))],
        ),
        ({"instrument": I.DISTRICT_DECISION}, "drafting 2025-02-05", date(2025, 6, 30), []),
        (
            {"instrument": I.DISTRICT_DECISION},
            "drafting 2025-02-05",
            date(2025, 7, 1),
            [("instrument_ended", date(2025, 7, 1))],
        ),
        ({"instrument": I.DISTRICT_DECISION}, "drafting 2025-02-05; withdrawn 2025-06-20", TODAY, []),
        ({"instrument": I.DISTRICT_DECISION, "regime": AMENDED}, "", TODAY, [("instrument_not_of_regime", None)]),
        (
            {"instrument": I.COMMUNE_DECISION, "procedure": SIMPLIFIED, "procedure_document": "1/TB"},
            "drafting 2024-02-05",
            TODAY,
            [("procedure_not_of_instrument", None)],
        ),
    ],
)  # fmt: skip
def test_a_form_that_the_law_has_no_longer_or_not_in_this_way(
    changes: dict[str, Any], stages: str, as_of: date, expected: list[Any]
) -> None:
    assert kinds(draft(stages, **changes), as_of) == expected


def test_a_stage_that_the_procedure_does_not_list_is_a_finding() -> None:
    facts = draft("drafting 2024-02-05; appraisal 2024-03-05", instrument=I.COMMUNE_DECISION)
    (finding,) = findings(facts, BOOK, TODAY)
    assert (finding.kind, finding.legal_basis) == (FindingKind.STAGE_NOT_OF_PROCEDURE, None)


def clock(facts: DraftFacts, as_of: date = TODAY) -> list[tuple[Any, ...]]:
    return [
        (each.waits_for.value, each.body, each.since, each.by, each.is_open)
        for each in reply_clocks(facts, BOOK, as_of)
    ]


def test_those_who_are_asked_reply_by_the_second_clock() -> None:
    """Law 64/2025/QH15, Art. 30 (1) a: 15 days from receipt; the last day of the first is a Saturday."""
    facts = draft("policy_consultation 2026-03-06; drafting 2026-04-20", instrument=I.LAW, regime=AMENDED)
    assert clock(facts, date(2026, 3, 5)) == []
    assert clock(facts, date(2026, 3, 10)) == [
        ("reply", None, date(2026, 3, 6), date(2026, 3, 23), True),
    ]
    posting = Posting(posting_id=UUID(int=1), stage=Stage.POLICY_CONSULTATION, opened_on=date(2026, 3, 9))
    posted = draft(
        "policy_consultation 2026-03-06; drafting 2026-04-20", instrument=I.LAW, regime=AMENDED, postings=(posting,)
    )  # fmt: skip
    assert clock(posted, date(2026, 3, 9)) == [("reply", None, date(2026, 3, 9), date(2026, 3, 24), True)]
    assert clock(posted) == [("reply", None, date(2026, 3, 9), date(2026, 3, 24), False)]


@pytest.mark.parametrize(
    ("procedure", "by"), [(ORDINARY, date(2026, 3, 16)), (SIMPLIFIED, date(2026, 3, 12))]
)
def test_replies_on_a_decision_of_the_provincial_chair(procedure: Procedure, by: date) -> None:
    facts = draft(
        "draft_consultation 2026-03-09",
        instrument=I.PROVINCIAL_CHAIR_DECISION,
        regime=AMENDED,
        procedure=procedure,
    )
    assert [each.by for each in reply_clocks(facts, BOOK, TODAY)] == [by]


@pytest.mark.parametrize(
    ("instrument", "regime", "body", "by"),
    [
        (I.LAW, AMENDED, AppraisingBody.MINISTRY_OF_JUSTICE, date(2026, 4, 8)),
        (I.PROVINCIAL_DECISION, AMENDED, AppraisingBody.PROVINCIAL_JUSTICE, None),
        (I.CIRCULAR, AMENDED, AppraisingBody.LEGAL_DEPARTMENT, None),
    ],
)
def test_who_appraises_and_until_when(
    instrument: Instrument, regime: Regime, body: AppraisingBody, by: date | None
) -> None:
    facts = draft("appraisal 2026-03-09", instrument=instrument, regime=regime)
    (each,) = reply_clocks(facts, BOOK, TODAY)
    assert (each.waits_for, each.body, each.by) == (WaitsFor.APPRAISAL, body, by)
    assert (each.as_dict()["legal_basis"] == UNCITED.vi) is not each.rule.certainty.is_citable


def test_the_manual_says_how_many_rows_are_how_sure() -> None:
    counts = Counter(row.get("certainty", "unknown") for row in TABLE["rows"])
    manual = " ".join(Path("deploy/README.md").read_text(encoding="utf-8").split())
    words = ", ".join(f"{counts[each.value]} `{each.value}`" for each in list(Certainty)[1:])
    assert f"Of the {len(TABLE['rows'])} packaged rows {counts['read']} are `read`, {words}" in manual
    uncited = counts["memory"] + counts["unknown"]
    assert f"{uncited} rows are cited nowhere" in manual
