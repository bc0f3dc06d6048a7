"""Drafts made up at random: strategies for property tests, and seeded ones that the system would accept."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from uuid import UUID

from hypothesis import strategies as st

from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    Instrument,
    Precision,
    Procedure,
    Regime,
    Stage,
)
from shared.rules.facts import Communication, DraftFacts, Exemption, Scope, StageEntry, Transfer
from tests.support.rules.naive import ordered

UNITS = ("BTP", "BTC", "BCA", "TINH-22")
WORKING_STAGES = tuple(stage for stage in Stage if stage not in {"suspended", "withdrawn", "merged"})
FIRST_DAY = date(2024, 1, 1)
YES = Scope(explicit=Answer.YES)

# Short spans make entries collide: one date, zero length, before and after Tết (8-14 February 2024).
_days = (st.integers(0, 75) | st.integers(32, 37) | st.integers(32, 37)).map(
    lambda number: FIRST_DAY + timedelta(days=number)
)
_precisions = st.sampled_from([Precision.DAY] * 7 + [Precision.MONTH, Precision.MONTH, Precision.YEAR])
_dates = st.builds(lambda day, precision: (_first_day(day, precision), precision), _days, _precisions)
_likely = st.sampled_from(
    [Stage.POLICY_CONSULTATION, Stage.DRAFTING, Stage.DRAFT_CONSULTATION, Stage.APPRAISAL, Stage.DELIBERATION]
)
_stages = _likely | st.sampled_from([Stage.SUSPENDED, Stage.ADOPTED]) | st.sampled_from(Stage)
_policies = st.frozensets(st.integers(1, 3), max_size=3)
_answers = st.sampled_from(Answer)
_scopes = st.just(YES) | st.builds(
    Scope,
    requires_proposal=_answers,
    affects_rights=_answers,
    contested=_answers,
    wide_impact=_answers,
    explicit=_answers | st.just(Answer.UNKNOWN),
    state_secret=_answers | st.just(Answer.UNKNOWN),
)
_performed = st.fixed_dictionaries(
    {
        "role": st.none() | st.none() | st.sampled_from(CommunicationRole),
        "unit_code": st.none() | st.sampled_from(UNITS),
        "channel": st.sampled_from([Channel.CONFERENCE, Channel.WRITTEN_REQUEST, Channel.PORTAL_POSTING]),
        "verified": st.booleans(),
    }
)
_exemptions = st.builds(
    Exemption, stages=st.frozensets(st.sampled_from(WORKING_STAGES), min_size=1, max_size=2)
) | st.builds(Exemption)


@st.composite
def drafts(draw: st.DrawFn) -> DraftFacts:
    """Draw any facts at all, also such as the registry would refuse: the rules must not depend on it."""
    ids = iter(UUID(int=number) for number in draw(st.permutations(range(1, 20))))
    entries = draw(st.lists(st.tuples(_stages, _dates, st.booleans()), max_size=8))
    about = st.frozensets(st.integers(0, 3), max_size=2)
    held = draw(st.lists(st.tuples(_dates, about, _performed), max_size=5))
    return DraftFacts(
        draft_id=UUID(int=1),
        instrument=draw(st.sampled_from(Instrument)),
        regime=draw(st.sampled_from(Regime)),
        procedure=draw(st.sampled_from(Procedure)),
        lead_unit_code="BTP",
        scope=draw(_scopes),
        policies=draw(_policies),
        entries=tuple(_entry(next(ids), *parts) for parts in entries),
        communications=tuple(
            Communication(
                communication_id=next(ids), held_on=day, precision=precision, policies=policies, **performed
            )
            for (day, precision), policies, performed in held
        ),
        exemptions=tuple(draw(st.lists(_exemptions, max_size=1))) if draw(st.integers(0, 3)) == 0 else (),
        transfers=tuple(
            Transfer(on=on, unit_code=draw(st.sampled_from(UNITS)))
            for on in draw(st.lists(_days, max_size=2, unique=True))
        ),
    )


def _entry(number: UUID, stage: Stage, on: tuple[date, Precision], resumed: bool) -> StageEntry:
    day, precision = on
    return StageEntry(
        entry_id=number,
        stage=stage,
        entered_on=day,
        precision=precision,
        resumed=resumed and stage in WORKING_STAGES and stage is not Stage.SOCIAL_CRITICISM,
    )


def _first_day(day: date, precision: Precision) -> date:
    if precision is Precision.DAY:
        return day
    return day.replace(day=1) if precision is Precision.MONTH else date(day.year, 1, 1)


def random_drafts(seed: int, number: int, today: date = date(2026, 6, 30)) -> list[DraftFacts]:
    """Make drafts that the system accepts if their facts are recorded in the order given.

    Entries come in dated order, nothing after an end or after `today`, no two of one stage on one day;
    `resumed` goes on in the stage that was interrupted.
    """
    random = Random(seed)
    return [_random_draft(random, UUID(int=random.getrandbits(128)), today) for _ in range(number)]


def _random_draft(random: Random, draft_id: UUID, today: date) -> DraftFacts:
    policies = frozenset(random.sample(range(1, 6), random.choice([0, 1, 1, 2, 3])))
    entries = _random_entries(random, today)
    begun = entries[0].entered_on if entries else today - timedelta(days=200)
    unit = random.choice(UNITS)
    return DraftFacts(
        draft_id=draft_id,
        instrument=random.choice(list(Instrument)),
        regime=random.choice(list(Regime)),
        procedure=random.choices(list(Procedure), [5, 1])[0],
        lead_unit_code=unit,
        scope=_random_scope(random),
        policies=policies,
        entries=tuple(entries),
        communications=tuple(_random_communications(random, policies, begun, today)),
        exemptions=tuple(_random_exemptions(random)),
        transfers=tuple(_random_transfers(random, unit, begun, today)),
    )


def _random_entries(random: Random, today: date) -> list[StageEntry]:
    day = today - timedelta(days=random.randint(0, 1000))
    entries: list[StageEntry] = []
    for _ in range(random.randint(0, 9)):
        entry = _next_entry(random, entries, day)
        if entry.entered_on > today or (entries and entry.entered_on < entries[-1].entered_on):
            break
        if not any((e.stage, e.entered_on) == (entry.stage, entry.entered_on) for e in entries):
            entries.append(entry)
        if entry.stage in {"withdrawn", "merged"}:
            break
        day = max(day, entry.entered_on) + timedelta(days=random.choice([0, 1, 2, 5, 9, 20, 45, 120]))
    return entries


def _next_entry(random: Random, entries: list[StageEntry], day: date) -> StageEntry:
    number = UUID(int=random.getrandbits(128))
    sequence = ordered(entries)
    if len(sequence) > 1 and sequence[-1].stage == "suspended" and random.random() < 0.7:
        return StageEntry(entry_id=number, stage=sequence[-2].stage, entered_on=day, resumed=True)
    if sequence and random.random() < 0.12:
        stage = random.choices([Stage.SUSPENDED, Stage.WITHDRAWN, Stage.MERGED], [6, 1, 1])[0]
        stage = Stage.WITHDRAWN if stage == sequence[-1].stage else stage
        return StageEntry(entry_id=number, stage=stage, entered_on=day)
    stage = _next_stage(random, sequence[-1].stage if sequence else None)
    precision = random.choices(list(Precision), [8, 1, 1])[0]
    return StageEntry(
        entry_id=number,
        stage=stage,
        entered_on=_first_day(day, precision),
        precision=precision,
        resumed=len(sequence) > 1 and sequence[-1].stage == "suspended" and sequence[-2].stage == stage,
    )


def _next_stage(random: Random, current: Stage | None) -> Stage:
    """Mostly onwards, from an early stage; sometimes anywhere, back too."""
    if random.random() < 0.1:
        return random.choice(WORKING_STAGES)
    if current is None:
        return random.choice(WORKING_STAGES[:7])
    onwards = current.order + random.choice([1, 1, 1, 2, 3])
    return WORKING_STAGES[onwards] if onwards < len(WORKING_STAGES) else random.choice(WORKING_STAGES)


def _random_communications(
    random: Random, policies: frozenset[int], begun: date, today: date
) -> Iterable[Communication]:
    for _ in range(random.randint(0, 7)):
        day = begun + timedelta(days=random.randint(-20, max(30, (today - begun).days)))
        precision = random.choices(list(Precision), [8, 1, 1])[0]
        some = random.sample(sorted(policies), random.randint(0, min(2, len(policies))))
        if day <= today:
            yield Communication(
                communication_id=UUID(int=random.getrandbits(128)),
                held_on=_first_day(day, precision),
                precision=precision,
                policies=frozenset(some),
                role=random.choice([None, None, None, None, None, *CommunicationRole]),
                unit_code=random.choice([None, None, *UNITS]),
                channel=random.choice([*Channel, Channel.WRITTEN_REQUEST, Channel.PORTAL_POSTING]),
                verified=random.random() < 0.3,
            )


def _random_scope(random: Random) -> Scope:
    if random.random() < 0.6:
        return YES
    first, two, three, four, explicit = random.choices(list(Answer), [5, 1, 2], k=5)
    return replace(
        YES,
        requires_proposal=first,
        affects_rights=two,
        contested=three,
        wide_impact=four,
        explicit=explicit if random.random() < 0.3 else Answer.UNKNOWN,
        state_secret=random.choices(list(Answer), [1, 4, 5])[0],
    )


def _random_exemptions(random: Random) -> Iterable[Exemption]:
    if random.random() < 0.05:
        yield Exemption(document="12/QĐ")
    if random.random() < 0.15:
        yield Exemption(stages=frozenset(random.sample(WORKING_STAGES, 2)), document="15/QĐ")


def _random_transfers(random: Random, leading: str, begun: date, today: date) -> Iterable[Transfer]:
    days = {begun + timedelta(days=random.randint(0, 400)) for _ in range(random.choice([0, 0, 0, 1, 2]))}
    for day in sorted(days):
        if day <= today:
            leading = random.choice([unit for unit in UNITS if unit != leading])
            yield Transfer(on=day, unit_code=leading)
