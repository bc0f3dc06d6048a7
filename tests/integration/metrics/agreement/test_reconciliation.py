"""Gaps in the log: opened once, changed and closed by the facts that change and close them."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from deploy.local.keys.keyring import Keyring
from shared.contracts.envelope import AggregateRef, NewEvent
from shared.contracts.metrics import ComplianceGapClosed
from shared.eventstore.handle import Version
from shared.eventstore.jetstream import JetStreamEventStore
from tests.integration.metrics.office import Office, ago, announced, gap_of, log_of, names, quiet, today
from tests.support.platform.service import Platform, eventually, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as opened,
    ):
        yield opened


@pytest.fixture
async def office(platform: Platform, a_code: str) -> Office:
    opened = Office(platform, a_code)
    await opened.open()
    return opened


def closing(event: Any) -> tuple[date, str]:
    gap = gap_of(event)
    assert isinstance(gap, ComplianceGapClosed)
    return gap.closed_on, gap.reason.value


async def test_a_stage_that_needs_communication_opens_a_gap_once(office: Office) -> None:
    entry = await office.enter("draft_consultation", ago(1))
    (opened,) = await office.announcements(1)
    gap = gap_of(opened)
    assert names([opened]) == ["gap_opened"]
    assert (str(gap.gap_id), opened.ref.id, opened.aggregate_version) == (entry, gap.gap_id, 1)
    assert (gap.stage, gap.since.isoformat(), gap.unit_code) == ("draft_consultation", ago(1), office.code)
    assert gap.policies == (1, 2)
    assert opened.metadata.causation_id == entry
    assert gap.facts_position < opened.position


async def test_before_the_window_there_is_no_gap(office: Office) -> None:
    await office.enter("drafting", ago(3))
    await quiet(office.platform)
    assert await announced(office.platform, office.code) == []


async def test_communications_narrow_the_gap_and_close_it(office: Office) -> None:
    await office.enter("draft_consultation", ago(3))
    await office.announcements(1)
    await office.communicate(ago(2), 1)
    changed = await office.announcements(2)
    assert names(changed) == ["gap_opened", "gap_changed"]
    assert gap_of(changed[-1]).policies == (2,)
    await office.communicate(ago(1), 2)
    closed = await office.announcements(3)
    assert names(closed)[2:] == ["gap_closed"]
    assert closing(closed[-1]) == (date.fromisoformat(ago(1)), "covered")
    assert len({event.ref.id for event in closed}) == 1
    assert [event.aggregate_version for event in closed] == [1, 2, 3]


async def test_from_the_communication_to_the_closed_gap_takes_less_than_a_second(platform: Platform) -> None:
    """The best of three counts: other work may share the machine."""
    took = [await _closing_time(platform, number) for number in range(3)]
    print("from POST to gap_closed in the log:", ", ".join(f"{seconds:.3f} s" for seconds in took))  # noqa: T201
    assert min(took) < 1


async def _closing_time(platform: Platform, number: int) -> float:
    office = Office(platform, f"FAST-{number}")
    await office.open()
    await office.enter("draft_consultation", ago(1))
    (opened,) = await office.announcements(1)
    started = time.perf_counter()
    await office.communicate(ago(0))
    await eventually(lambda: announced(platform, office.code, after=opened.position))
    return time.perf_counter() - started


async def test_a_corrected_date_changes_the_gap_and_keeps_its_id(office: Office) -> None:
    entry = await office.enter("draft_consultation", ago(1))
    await office.announcements(1)
    await office.draft(f"stages/{entry}/correct", stage="draft_consultation", entered_on=ago(9))
    changed = await office.announcements(2)
    assert names(changed) == ["gap_opened", "gap_changed"]
    assert (str(changed[1].ref.id), gap_of(changed[1]).since.isoformat()) == (entry, ago(9))
    assert gap_of(changed[1]).due_on < gap_of(changed[0]).due_on


async def test_a_retracted_communication_opens_the_gap_again(office: Office) -> None:
    await office.enter("draft_consultation", ago(1))
    await office.announcements(1)
    communication = await office.communicate(ago(0))
    await office.announcements(2)
    await office.retract(communication)
    events = await office.announcements(3)
    assert names(events) == ["gap_opened", "gap_closed", "gap_opened"]
    assert len({event.ref.id for event in events}) == 1
    assert [event.aggregate_version for event in events] == [1, 2, 3]


async def test_a_transfer_changes_the_unit(office: Office) -> None:
    heir = f"{office.code}-HEIR"
    await office.platform.import_rows("units", [small_office.unit(heir)])
    await office.enter("draft_consultation", ago(1))
    await office.announcements(1)
    await office.draft("transfer", to_unit_code=heir, on=ago(0))
    events = await office.announcements(2)
    assert names(events) == ["gap_opened", "gap_changed"]
    assert gap_of(events[1]).unit_code == heir


async def test_a_new_title_is_announced(office: Office) -> None:
    await office.enter("draft_consultation", ago(1))
    await office.announcements(1)
    await office.draft("title", title="Luật Đất đai")
    events = await office.announcements(2)
    assert (names(events)[1], gap_of(events[1]).title) == ("gap_changed", "Luật Đất đai")


async def _remove_policies(office: Office) -> None:
    """Policy 1 was covered; the removal of 2 leaves nothing open."""
    await office.communicate(ago(2), 1)
    await office.announcements(2)
    answer = await office.platform.registry.client.delete(f"/drafts/{office.code}/policies/2")
    assert answer.is_success


CLOSINGS: dict[str, tuple[Callable[[Office], Awaitable[Any]], str]] = {
    "stage_left": (lambda office: office.enter("appraisal", ago(1)), ago(1)),
    "suspended": (lambda office: office.enter("suspended", ago(1)), ago(1)),
    "withdrawn": (lambda office: office.draft("withdraw", on=ago(1)), ago(1)),
    "merged": (lambda office: office.enter("merged", ago(1)), ago(1)),
    "exempted": (lambda office: office.draft("exemptions", document="1/QĐ", decided_on=ago(2)), ago(0)),
    "exempted ": (
        lambda office: office.draft("exemptions", document="2/QĐ", stages=["draft_consultation"]),
        ago(0),
    ),
    "out_of_scope": (lambda office: office.draft("scope", in_scope="no"), ago(0)),
    "policy_removed": (_remove_policies, ago(0)),
}


@pytest.mark.parametrize("reason", CLOSINGS)
async def test_every_way_to_close_gives_its_reason(office: Office, reason: str) -> None:
    close, closed_on = CLOSINGS[reason]
    await office.enter("draft_consultation", ago(5))
    (opened,) = await office.announcements(1)
    await close(office)

    async def is_closed() -> bool:
        events = await announced(office.platform, office.code)
        return any(event.ref == opened.ref and names([event]) == ["gap_closed"] for event in events)

    await eventually(is_closed)
    await quiet(office.platform)
    of_gap = [event for event in await announced(office.platform, office.code) if event.ref == opened.ref]
    assert names(of_gap).count("gap_closed") == 1
    assert closing(of_gap[-1]) == (date.fromisoformat(closed_on), reason.strip())


async def test_a_resumed_stage_is_a_gap_of_its_own(office: Office) -> None:
    await office.enter("draft_consultation", ago(5))
    await office.announcements(1)
    await office.enter("suspended", ago(4))
    await office.announcements(2)
    entry = await office.enter("resumed", ago(3))
    events = await office.announcements(3)
    assert names(events) == ["gap_opened", "gap_closed", "gap_opened"]
    assert str(events[2].ref.id) == entry


async def test_after_late_history_only_what_is_open_today_stands_as_open(
    platform: Platform, a_code: str
) -> None:
    """A draft of 2023, recorded today: three stages lacked communication, none of them still stands.

    While it is recorded row by row, each stage may for a moment look like the current one.
    """
    office = Office(platform, a_code)
    await office.open()
    rows = [
        small_office.stage(a_code, "policy_consultation", "2023-01-09"),
        small_office.stage(a_code, "draft_consultation", "2023-03-01"),
        small_office.stage(a_code, "appraisal", "2023-05-04"),
        small_office.stage(a_code, "adopted", "2023-06-15"),
    ]
    await platform.import_rows("stages", rows)
    await platform.import_rows("communications", [small_office.communication(a_code, "2023-06-01")])
    await quiet(platform)
    last = {event.ref.id: event.data for event in await announced(platform, a_code)}
    assert all(isinstance(word, ComplianceGapClosed) for word in last.values())
    gaps = await platform.services["metrics"].client.get("/gaps", params={"as_of": "2023-03-20"})
    assert a_code in {gap["draft_code"] for gap in gaps.json()["gaps"]}


async def test_late_history_of_a_draft_that_still_waits_announces_the_last_gap(
    platform: Platform, a_code: str
) -> None:
    office = Office(platform, a_code)
    await office.open()
    rows = [
        small_office.stage(a_code, "draft_consultation", "2023-03-01"),
        small_office.stage(a_code, "appraisal", "2023-05-04"),
    ]
    await platform.import_rows("stages", rows)
    await office.announcements(1)
    last = {event.ref.id: event for event in await announced(platform, a_code)}
    (opened,) = [event for event in last.values() if names([event]) != ["gap_closed"]]
    assert (gap_of(opened).stage, names([opened])) == ("appraisal", ["gap_opened"])


async def test_a_fact_between_look_and_word_is_not_lost(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gap is covered after metrics looked, but before it has announced it: both must be said."""
    append, waiting = JetStreamEventStore.append, [office.code]

    async def slow(
        store: JetStreamEventStore, ref: AggregateRef, expected: Version, events: list[NewEvent]
    ) -> Version:
        if ref.context == "compliance" and waiting:
            waiting.clear()
            await office.communicate(ago(0))
        return await append(store, ref, expected, events)

    monkeypatch.setattr(JetStreamEventStore, "append", slow)
    await office.enter("draft_consultation", ago(1))
    assert names(await office.announcements(2)) == ["gap_opened", "gap_closed"]


async def test_nothing_was_announced_twice(platform: Platform) -> None:
    """Over all tests above: versions count up without a hole, and no two words in a row are alike."""
    await quiet(platform)
    by_gap: dict[Any, list[Any]] = {}
    for event in await log_of(platform):
        if event.ref.context == "compliance":
            by_gap.setdefault(event.ref.id, []).append(event)
    assert len(by_gap) > 10
    for events in by_gap.values():
        assert [event.aggregate_version for event in events] == list(range(1, len(events) + 1))
        opened = [name != "gap_closed" for name in names(events)]
        assert all(
            not (a == "gap_opened" == b) for a, b in zip(names(events), names(events)[1:], strict=False)
        )
        assert opened[0]
    assert today().isoformat() == ago(0)
