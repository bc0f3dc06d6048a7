"""Lasting findings on a draft's way as a table: what is a return, what no procedure knows, what was too short."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.vocabulary import Instrument, Procedure, Regime, Stage
from shared.rules.clocks import clocks_of
from shared.rules.facts import DraftFacts, Posting
from shared.rules.findings import Finding, findings
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.timeline import timeline
from tests.support.rules.shorthand import draft

BOOK = load_rulebook()
TODAY = date(2024, 12, 31)
DECISION = {"instrument": Instrument.PROVINCIAL_DECISION, "regime": Regime.LAW_2025}  # 10 days, four steps
LONG = "draft_consultation 2024-01-01; "


def stated(facts: DraftFacts, as_of: date = TODAY) -> list[str]:
    result = findings(facts, BOOK, as_of)
    assert all(item.text.vi != item.text.en for item in result)
    return [_short(item) for item in result]


def _short(finding: Finding) -> str:
    return " ".join(filter(None, [finding.kind.value, str(finding.about.int) if finding.about else ""]))


def posting(opened: str, closes: str | None = None, closed: str | None = None, *more: str) -> Posting:
    return Posting(
        posting_id=UUID(int=500 + int(opened[-2:])),
        stage=Stage.DRAFT_CONSULTATION,
        opened_on=date.fromisoformat(opened),
        closes_on=date.fromisoformat(closes) if closes else None,
        closed_on=date.fromisoformat(closed) if closed else None,
        extended_to=tuple(map(date.fromisoformat, more)),
    )


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        pytest.param("", [], id="nothing yet"),
        pytest.param("registered 2024-01-02; drafting 2024-02-01", [], id="in order"),
        pytest.param(LONG + "appraisal 2024-02-01", [], id="a step that was not recorded is no disorder"),
        pytest.param(
            "drafting 2024-01-02; appraisal 2024-02-01; drafting 2024-03-01; appraisal 2024-04-01",
            ["returned 3"],
            id="returned for re-appraisal",
        ),
        pytest.param("appraisal 2024-02-01; drafting 2024-03-01", ["returned 2"], id="returned, first way unknown"),
        pytest.param(
            "drafting 2024-01-02; draft_consultation 2024-02-01; drafting 2024-03-01",
            ["returned 3"],
            id="back to where it was before",
        ),
        pytest.param("drafting 2024-02-01; registered 2024-03-01", ["order_unknown 2"], id="against the order"),
        pytest.param(
            "drafting 2024-01-02; adopted 2024-02-01; drafting 2024-03-01",
            ["regime_not_of_dates", "order_unknown 3"],
            id="nothing comes back from an adoption",
        ),
        pytest.param("promulgated 2024-02-01; adopted 2024-03-01", ["regime_not_of_dates", "order_unknown 2"], id="adopted after signing"),
        pytest.param(
            "policy_consultation 2024-01-02; drafting 2024-03-01",
            ["stage_not_of_procedure 1"],
            id="a decision has no policy stage",
        ),
        pytest.param(
            "drafting 2024-01-02; suspended 2024-02-01; +drafting 2024-03-01; withdrawn 2024-04-01",
            [],
            id="a suspension is no step",
        ),
        pytest.param("appraisal 2024-03; drafting 2024-03-20", [], id="nobody is blamed for a month"),
        pytest.param("appraisal 2024-02; drafting 2024-03-20", ["returned 2"], id="a month before is before"),
        pytest.param(
            "drafting 2024-01-02; social_criticism 2024-01-20; draft_consultation 2024-02-01",
            [],
            id="a parallel stage is no step",
        ),
    ],
)  # fmt: skip
def test_steps(stages: str, expected: list[str]) -> None:
    assert stated(draft(stages, **DECISION)) == expected


@pytest.mark.parametrize(
    ("stages", "postings", "expected"),
    [
        pytest.param("draft_consultation 2024-03-01; appraisal 2024-03-11", [], [], id="ten days in the stage"),
        pytest.param(
            "draft_consultation 2024-03-01; appraisal 2024-03-10", [], ["left_early 2"], id="nine days in the stage"
        ),
        pytest.param("draft_consultation 2024-03-01; appraisal 2024-03", [], [], id="some day of that March"),
        pytest.param("draft_consultation 2024-03-01; withdrawn 2024-03-02", [], [], id="an end is no next stage"),
        pytest.param(
            "draft_consultation 2024-03-01; appraisal 2024-03-15", [posting("2024-03-05")], [], id="ten days posted"
        ),
        pytest.param(
            "draft_consultation 2024-03-01; appraisal 2024-03-20",
            [posting("2024-03-12")],
            ["left_early 2"],
            id="posted late in the stage",
        ),
        pytest.param(
            "draft_consultation 2024-03-01; appraisal 2024-03-20",
            [posting("2024-03-05", None, "2024-03-14")],
            ["posting_short 505", "left_early 2"],
            id="closed a day too early, and gone on",
        ),
        pytest.param(
            "draft_consultation 2024-03-01; appraisal 2024-03-30",
            [posting("2024-03-01", None, "2024-03-04"), posting("2024-03-10", None, "2024-03-20")],
            ["posting_short 501"],
            id="posted again for long enough",
        ),
        pytest.param(
            "draft_consultation 2024-03-01", [posting("2024-03-01", "2024-03-10")], ["posting_planned_short 501"],
            id="planned a day too short",
        ),
        pytest.param(
            "draft_consultation 2024-03-01",
            [posting("2024-03-01", "2024-03-10", None, "2024-03-11")],
            [],
            id="extended to what is asked for",
        ),
        pytest.param("draft_consultation 2024-03-01", [posting("2024-03-01")], [], id="runs as long as it must"),
        pytest.param(
            "draft_consultation 2024-03-01; appraisal 2024-03-20; drafting 2024-04-01; "
            "draft_consultation 2024-04-10; appraisal 2024-04-12",
            [],
            ["returned 3"],
            id="after a return it has been long enough before",
        ),
    ],
)  # fmt: skip
def test_postings(stages: str, postings: list[Posting], expected: list[str]) -> None:
    assert stated(draft(stages, postings=tuple(postings), **DECISION)) == expected


def test_the_clock_counts_calendar_days_and_the_first_not() -> None:
    """Over Tết and weekends: what is posted on 8 February for ten days may end with the 18th."""
    facts = draft(postings=(posting("2024-02-08", None, "2024-02-18"),), **DECISION)
    (clock,) = clocks_of(facts, BOOK, date(2024, 2, 12))
    assert (clock.posted_days, clock.lawful_end, clock.closed_on) == (4, date(2024, 2, 18), None)
    (clock,) = clocks_of(facts, BOOK, TODAY)
    assert (clock.posted_days, clock.is_short, clock.has_run(date(2024, 2, 17))) == (10, False, False)
    assert clock.rule is not None
    assert clock.rule.legal_basis
    assert clocks_of(facts, BOOK, date(2024, 2, 7)) == ()


def test_a_finding_stands_from_its_day_on_and_names_its_rule() -> None:
    facts = draft("draft_consultation 2024-03-01; appraisal 2024-03-05", **DECISION)
    assert stated(facts, date(2024, 3, 4)) == []
    (early,) = findings(facts, BOOK, date(2024, 3, 5))
    assert (early.on, early.legal_basis) == (date(2024, 3, 5), None), "from memory: no law is named"
    assert "4/10 ngày" in early.text.vi
    assert "chưa đối chiếu" in early.text.vi
    chair = {"instrument": Instrument.PROVINCIAL_CHAIR_DECISION, "regime": Regime.LAW_2025_AMENDED}
    facts = draft("draft_consultation 2026-03-02; appraisal 2026-03-05", **chair)
    (early,) = findings(facts, BOOK, date(2026, 3, 5))
    assert early.legal_basis is not None
    assert early.legal_basis.startswith("Điều 51a Nghị định số 78/2025/NĐ-CP")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"procedure": Procedure.SIMPLIFIED}, ["simplified_without_document"]),
        ({"procedure": Procedure.SIMPLIFIED, "procedure_document": "45/TTg-PL"}, []),
        ({"instrument": Instrument.COMMUNE_DECISION}, ["instrument_not_of_regime"]),
    ],
)
def test_what_concerns_the_whole_draft(changes: dict[str, Any], expected: list[str]) -> None:
    facts = draft("draft_consultation 2024-03-01; appraisal 2024-03-02", **(DECISION | changes))
    result = stated(facts)
    assert result[: len(expected)] == expected
    assert ("left_early 2" in result) is False, "no minimum is known"


def test_what_is_recorded_late_is_said_so() -> None:
    facts = draft("drafting 2024-01-02; appraisal 2024-03-01", **DECISION)
    first, second = facts.entries
    late = DraftFacts(**_fields(facts) | {"entries": (second, _late(first))})
    assert stated(late) == ["late 1"]


def _fields(facts: DraftFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in DraftFacts.__dataclass_fields__}


def _late(entry: Any) -> Any:
    return type(entry)(**{name: getattr(entry, name) for name in entry.__slots__} | {"late": True})


def test_no_finding_ever_moves_a_verdict() -> None:
    facts = draft("draft_consultation 2024-03-01; appraisal 2024-03-05; adopted 2024-04-01", "2024-03-02")
    posted = DraftFacts(**_fields(facts) | {"postings": (posting("2024-03-01", None, "2024-03-02"),)})
    assert stated(posted) != stated(facts)
    assert timeline(posted, BOOK) == timeline(facts, BOOK)
