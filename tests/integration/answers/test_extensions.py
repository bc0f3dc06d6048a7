"""The CloudEvents extensions `draftcode`, `unitcode`, `dataset`: every event about a draft that a real service writes."""

from datetime import timedelta
from typing import Any

import httpx

from services.registry.application.commands import draft_ref
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent, Recorded
from shared.contracts.event import ABOUT_DRAFTS, About, unit_id
from shared.contracts.registry import DraftTransferred
from shared.contracts.vocabulary import AlertAnswer
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel import runtime
from shared.pages.date_boxes import in_boxes
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import OwingUnit, working_day
from tests.integration.metrics.office import ago, gap_of, log_of, today
from tests.support.platform.service import eventually
from tests.support.samples import small_office
from tests.support.servers.engines import connected

HELD = {"channel": "dialogue", "title": "Đối thoại", "policies": [1]}
EVIDENCE = {"url": "https://example.vn/1"}
OBSTACLE = {"obstacle": "Chưa được bố trí kinh phí truyền thông"}


async def events_about(owing_unit: OwingUnit) -> list[Recorded]:
    """Give the events of the owing unit's draft: those that name it, and those of its aggregates."""
    events = await log_of(owing_unit.platform)
    gaps = {str(gap_of(e).gap_id) for e in events if _gap(e) and gap_of(e).draft_code == owing_unit.code}
    return [event for event in events if _names(event, owing_unit.code, gaps)]


def _gap(event: Recorded) -> bool:
    return event.ref.context == "compliance"


def _names(event: Recorded, code: str, gaps: set[str]) -> bool:
    named = getattr(event.data, "draft_code", None) == code or str(getattr(event.data, "gap_id", "")) in gaps
    return named or event.ref.id == draft_ref(code).id


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any], *, method: str = "POST") -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, (path, answer.text)
    return answer.json()


async def carry_out(owing_unit: OwingUnit) -> None:
    """Record, show, correct, verify, answer and retract a communication, and plan one more."""
    campaigns = owing_unit.platform.campaigns.client
    await owing_unit.platform.settled()
    drafts, held = f"/drafts/{owing_unit.code}", HELD | {"held_on": ago(1)}
    path = f"/communications/{(await post(campaigns, f'{drafts}/communications', held))['id']}"
    await post(campaigns, f"{path}/evidence", EVIDENCE)
    await post(campaigns, f"{path}/verify", {})
    await post(campaigns, f"{path}/correct", held | {"place": "Huế"})
    await post(campaigns, f"{path}/feedback", {"received": 3}, method="PUT")
    await post(campaigns, f"{path}/retract", {})
    plan = {"document": "Kế hoạch 2", "approved_on": ago(1)}
    await post(campaigns, f"{drafts}/plan", plan, method="PUT")
    later = (today() + timedelta(days=20)).isoformat()
    planned = await post(campaigns, f"{drafts}/plan/activities", {"planned_on": later})
    moved = (today() + timedelta(days=21)).isoformat()
    await post(campaigns, f"{drafts}/plan/activities/{planned['id']}/reschedule", {"planned_on": moved})


async def import_as(owing_unit: OwingUnit, dataset: str) -> None:
    """Register an own draft of a dataset, by the bulk route of registry and campaigns, with one open gap."""
    platform, code = owing_unit.platform, owing_unit.code
    row = small_office.draft(code, code, in_scope="yes", dataset=dataset)
    await platform.import_rows("drafts", [row])
    await platform.import_rows("policies", [small_office.policy(code, 1), small_office.policy(code, 2)])
    await platform.import_rows("stages", [small_office.stage(code, "draft_consultation", ago(40))])
    row = small_office.communication(code, ago(30), policies="1", dataset=dataset)
    await platform.import_rows("communications", [row])
    later = (today() + timedelta(days=9)).isoformat()
    await platform.import_rows("activities", [small_office.activity(code, later, dataset=dataset)])


async def test_every_event_about_a_draft_names_its_lead(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    links = await owing_unit.links()
    day = in_boxes("planned_on", working_day(3)) | {"channel": ["dialogue"]}
    assert (await visitor.post(links[AlertAnswer.PLANNED], data=day)).status_code == 200
    assert (await visitor.post(links[AlertAnswer.OBSTACLE], data=OBSTACLE)).status_code == 200
    (alert,) = await owing_unit.alert()
    until = (today() + timedelta(days=3)).isoformat()
    snooze = f"/alerts/{alert['alert_id']}/snooze"
    await post(owing_unit.platform.services["notifier"].client, snooze, {"until": until})
    await carry_out(owing_unit)
    await owing_unit.office.draft("withdraw", on=ago(0))
    await eventually(lambda: _has(owing_unit, "plan.activity_cancelled", "alert.resolved"))
    events = [event for event in await events_about(owing_unit) if event.ref.context in ABOUT_DRAFTS]
    assert {event.ref.context for event in events} == set(ABOUT_DRAFTS)
    expected = About(draft_code=owing_unit.code, unit_code=owing_unit.code, dataset="live")
    assert [event.type for event in events if event.metadata.about != expected] == []


async def _has(owing_unit: OwingUnit, *wanted: str) -> bool:
    types = {event.type for event in await events_about(owing_unit)}
    return all(f"vn.loa.{name}.v1" in types for name in wanted)


async def test_exercise_data_is_distinguished_from_live_data(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit("focal_point", dataset="exercise")
    links = await owing_unit.links()
    day = in_boxes("planned_on", working_day(3))
    assert (await visitor.post(links[AlertAnswer.PLANNED], data=day)).status_code == 200
    assert (await visitor.post(links[AlertAnswer.OBSTACLE], data=OBSTACLE)).status_code == 200
    await eventually(lambda: _has(owing_unit, "plan.activity_planned", "programme.obstacle_raised"))
    events = await events_about(owing_unit)
    assert {event.metadata.about.dataset for event in events if event.metadata.about} == {"exercise"}
    datasets = {getattr(event.data, "dataset", "exercise") for event in events}
    assert datasets == {"exercise"}, "what follows from an exercise is no live data"
    unit = await _load(owing_unit, AggregateRef("unit", unit_id(owing_unit.code)))
    assert unit[0].metadata.about == About(unit_code=owing_unit.code, dataset="exercise")


async def test_rows_of_an_import_name_the_lead_too(new_owing_unit: NewOwingUnit) -> None:
    owing_unit = await new_owing_unit()
    other = OwingUnit(
        owing_unit.platform,
        type(owing_unit.office)(owing_unit.platform, f"{owing_unit.code}-2"),
        owing_unit.mail_dir,
    )
    await owing_unit.platform.import_rows("units", [small_office.unit(other.code)])
    await import_as(other, "sample")
    await eventually(lambda: _has(other, "compliance.gap_opened"))
    expected = About(draft_code=other.code, unit_code=other.code, dataset="sample")
    events = await events_about(other)
    assert {event.ref.context for event in events} >= {"draft", "plan", "communication", "compliance"}
    assert {event.metadata.about for event in events} == {expected}


async def test_the_lead_is_that_of_the_day_of_recording(new_owing_unit: NewOwingUnit) -> None:
    owing_unit, second, third, coming = [await new_owing_unit() for _ in range(4)]
    await owing_unit.office.draft("transfer", to_unit_code=third.code, on=ago(2))
    await owing_unit.office.draft("transfer", to_unit_code=second.code, on=ago(9))  # recorded late
    position = await _transfer_later(owing_unit, coming.code)
    await owing_unit.platform.settled(position)
    await owing_unit.office.draft("title", title="Tên khác")
    await carry_out(owing_unit)
    await eventually(lambda: _has(owing_unit, "compliance.gap_changed", "communication.retracted"))
    after = [event for event in await events_about(owing_unit) if event.position > position]
    assert {"draft", "plan", "communication"} <= {event.ref.context for event in after}
    assert {event.metadata.about.unit_code for event in after if event.metadata.about} == {third.code}


async def _load(owing_unit: OwingUnit, ref: AggregateRef) -> list[Recorded]:
    async with connected(owing_unit.platform.server, "registry") as nc:
        return [*(await JetStreamEventStore(nc).load(ref)).events]


async def _transfer_later(owing_unit: OwingUnit, to: str) -> int:
    """Write a transfer that holds from a coming day on: no route takes one, but a log may have it."""
    meta = Metadata(time=runtime.now(), actor="service/test", correlation_id="c")
    event = DraftTransferred(to_unit_code=to, on=today() + timedelta(days=30))
    async with connected(owing_unit.platform.server, "registry") as nc:
        store = JetStreamEventStore(nc)
        history = await store.load(draft_ref(owing_unit.code))
        new = NewEvent(runtime.new_id(), event, meta)
        return (await store.append(draft_ref(owing_unit.code), history.version, [new])).position
