"""Drafts counted by the stages of a period, and what consultations brought: each sentence, and a naive second reading."""

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.metrics.domain.draft_counts import (
    CountedDraft,
    DraftsBy,
    OpinionsBy,
    consultations_in,
    grouped_opinions,
    opinions,
)
from services.metrics.domain.record import ConsultationOpinions, ExpectedStage
from shared.contracts.vocabulary import Answer, Dataset, Handling, Instrument, Precision, Regime, Stage
from shared.rules.facts import StageEntry, Transfer
from shared.rules.figures import Period, year_period
from tests.support.rules.stages_of_period import StagesOfPeriod, grouped, numbers, stages_in

YEAR = year_period(2026)
T = date(2026, 6, 1)


def draft(code: str = "NQ-1", **more: Any) -> CountedDraft:
    about: dict[str, Any] = {
        "draft_code": code,
        "title": f"Nghị quyết {code}",
        "instrument": Instrument.PROVINCIAL_RESOLUTION,
        "regime": Regime.LAW_2025_AMENDED,
        "lead_unit_code": "SO-A",
        "dataset": Dataset.LIVE,
        "scope": Answer.YES,
    }
    return CountedDraft(**about | more)


def entry(stage: Stage, on: str, number: int = 1) -> StageEntry:
    return StageEntry(entry_id=UUID(int=number), stage=stage, entered_on=date.fromisoformat(on))


def coming(stage: Stage, on: str, session: str | None = None) -> ExpectedStage:
    return ExpectedStage(
        stage=stage, expected_on=date.fromisoformat(on), precision=Precision.DAY, session=session
    )


APPRAISED = entry(Stage.APPRAISAL, "2026-03-02")


@pytest.mark.parametrize(
    ("facts", "entered", "expected"),
    [
        ({"entries": (APPRAISED,)}, {Stage.APPRAISAL}, set()),
        ({"entries": (entry(Stage.APPRAISAL, "2025-12-14"),)}, set(), set()),  # the day before the year
        ({"entries": (entry(Stage.APPRAISAL, "2026-06-02"),)}, set(), set()),  # after the day asked for
        ({"entries": (APPRAISED, entry(Stage.APPRAISAL, "2026-05-04", 2))}, {Stage.APPRAISAL}, set()),  # once
        ({"expected": (coming(Stage.ADOPTED, "2026-12-08"),)}, set(), {Stage.ADOPTED}),
        ({"expected": (coming(Stage.ADOPTED, "2026-12-15"),)}, set(), set()),  # the next year's
        (
            {
                "expected": (coming(Stage.ADOPTED, "2026-12-08"),),
                "entries": (entry(Stage.WITHDRAWN, "2026-05-05"),),
            },
            {Stage.WITHDRAWN},
            set(),
        ),
        (  # it was entered after the day asked for: on that day it was to come
            {
                "fulfilled": (coming(Stage.ADOPTED, "2026-07-08"),),
                "entries": (entry(Stage.ADOPTED, "2026-07-09"),),
            },
            set(),
            {Stage.ADOPTED},
        ),
        (
            {
                "fulfilled": (coming(Stage.ADOPTED, "2026-05-08"),),
                "entries": (entry(Stage.ADOPTED, "2026-05-09"),),
            },
            {Stage.ADOPTED},
            set(),
        ),
    ],
)
def test_the_stages_of_a_period(facts: dict[str, Any], entered: set[Stage], expected: set[Stage]) -> None:
    seen = stages_in(draft(**facts), T, YEAR)
    assert (set(seen.entered), {each.stage for each in seen.coming}) == (entered, expected)


def test_a_draft_keeps_the_session_that_took_it() -> None:
    of = draft(
        fulfilled=(coming(Stage.ADOPTED, "2026-05-08", "Kỳ họp giữa năm"),),
        entries=(entry(Stage.ADOPTED, "2026-05-09"),),
    )
    groups = grouped([stages_in(of, T, YEAR)], DraftsBy.SESSION, _lead)
    assert list(groups) == ["Kỳ họp giữa năm"]
    assert numbers(groups["Kỳ họp giữa năm"]).entered == 1


def test_the_lead_is_that_of_the_day() -> None:
    of = draft(transfers=(Transfer(on=date(2026, 5, 1), unit_code="SO-B"),), entries=(APPRAISED,))
    assert (of.lead_on(date(2026, 4, 30)), of.lead_on(T)) == ("SO-A", "SO-B")


def summary(
    on: str, received: int, stage: Stage = Stage.DRAFT_CONSULTATION, **more: Any
) -> ConsultationOpinions:
    return ConsultationOpinions(stage=stage, summarised_on=date.fromisoformat(on), received=received, **more)


def test_opinions_are_summed_and_the_share_is_of_those_that_answered() -> None:
    listed = [
        draft("A", opinions=(summary("2026-02-02", 100, agree=60, disagree=20, groups={"VNeID": 70}),)),
        draft(
            "B", opinions=(summary("2026-02-03", 50, agree=9, counting_rule="Không tính ý kiến phát biểu"),)
        ),
        draft("C", opinions=(summary("2025-02-03", 7),)),  # of another year
    ]
    counted = [each for of in listed for each in consultations_in(of, T, YEAR)]
    whole = opinions(counted)
    assert (whole.consultations, whole.drafts, whole.received, whole.agree) == (2, 2, 150, 69)
    assert (whole.share_agree, whole.accepted) == (0.75, None)  # B says nothing of those that disagree
    assert whole.counting_rules == ["Không tính ý kiến phát biểu"]
    by_group = grouped_opinions(counted, OpinionsBy.GROUP, _lead)
    assert {key: opinions(of, key).received for key, of in by_group.items()} == {"VNeID": 70}
    assert opinions([]).received is None


@pytest.mark.parametrize("seed", range(60))
def test_random_drafts_are_counted_as_a_naive_reading_does(seed: int) -> None:
    random = Random(seed)
    drafts = [_random(random, number) for number in range(random.randint(0, 12))]
    as_of = date(2025, 11, 1) + timedelta(days=random.randint(0, 500))
    period = random.choice([None, YEAR, Period(date(2026, 2, 1), date(2026, 8, 31))])
    seen = [stages for of in drafts if (stages := stages_in(of, as_of, period)).stages]
    for by in DraftsBy:
        mine = {key: numbers(of) for key, of in grouped(seen, by, _lead).items()}
        assert {key: (n.drafts, n.entered, n.expected) for key, n in mine.items()} == _naive(
            drafts, as_of, period, by
        ), by


def _lead(of: CountedDraft) -> str:
    return of.lead_on(T)


def _random(random: Random, number: int) -> CountedDraft:
    def day() -> date:
        return date(2025, 11, 1) + timedelta(days=random.randint(0, 500))

    stages = [Stage.APPRAISAL, Stage.ADOPTED, Stage.WITHDRAWN, Stage.APPRAISAL]
    entries = [
        StageEntry(entry_id=UUID(int=at), stage=random.choice(stages), entered_on=day())
        for at in range(random.randint(0, 4))
    ]
    later = [
        ExpectedStage(
            stage=stage,
            expected_on=day(),
            precision=Precision.DAY,
            session=random.choice([None, "Kỳ 1", "Kỳ 2"]),
        )
        for stage in (Stage.APPRAISAL, Stage.ADOPTED)
        if random.random() < 0.6
    ]
    entered = {of.stage for of in entries}
    return draft(
        f"NQ-{number}",
        handling=random.choice([None, *Handling]),
        instrument=random.choice([Instrument.PROVINCIAL_RESOLUTION, Instrument.PROVINCIAL_DECISION]),
        lead_unit_code=random.choice(["SO-A", "SO-B"]),
        entries=tuple(entries),
        expected=tuple(of for of in later if of.stage not in entered),
        fulfilled=tuple(of for of in later if of.stage in entered),
    )


def _naive(
    drafts: list[CountedDraft], as_of: date, period: Period | None, by: DraftsBy
) -> dict[str | None, tuple[int, int, int]]:
    """Look at every stage of every draft, one by one."""
    first, end = (period.from_day, period.to_day) if period else (date.min, date.max)
    last = min(as_of, end)
    entered: dict[str | None, set[str]] = {}
    expected: dict[str | None, set[str]] = {}
    for of in drafts:
        done = {each.stage for each in of.entries if each.entered_on <= last}
        now = {each.stage for each in of.entries if first <= each.entered_on <= last}
        ended = bool(done & {Stage.WITHDRAWN, Stage.MERGED})
        later = [
            each
            for each in of.expected + of.fulfilled
            if not ended and each.stage not in done and first <= each.expected_on <= end
        ]
        sessions = {each.session for each in [*later, *(e for e in of.fulfilled if e.stage in now)]} - {None}
        keys: dict[DraftsBy, set[Any]] = {
            DraftsBy.NONE: {None},
            DraftsBy.INSTRUMENT: {of.instrument},
            DraftsBy.HANDLING: {of.handling},
            DraftsBy.UNIT: {of.lead_unit_code},
            DraftsBy.SESSION: sessions or {None},
        }
        for stage in now:
            for key in keys.get(by, {stage.value}):
                entered.setdefault(key, set()).add(of.draft_code)
        for each in later:
            for key in keys.get(by, {each.stage.value}):
                expected.setdefault(key, set()).add(of.draft_code)
    return {
        key: (
            len(entered.get(key, set()) | expected.get(key, set())),
            len(entered.get(key, ())),
            len(expected.get(key, ())),
        )
        for key in {*entered, *expected}
    }


def test_of_one_stage_only_what_concerns_it_is_kept() -> None:
    seen = stages_in(draft(entries=(APPRAISED,), expected=(coming(Stage.ADOPTED, "2026-12-08"),)), T, YEAR)
    assert seen.of(Stage.ADOPTED) == StagesOfPeriod(seen.draft, frozenset(), seen.coming)
