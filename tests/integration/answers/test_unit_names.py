"""A unit has one name on one day, wherever it is shown: the latest by day, whenever it was recorded."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.ids import unit_id
from shared.contracts.registry import UnitMoved
from shared.contracts.vocabulary import AlertAnswer
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.clock import new_id
from tests.integration.answers.conftest import NewRoom
from tests.integration.answers.office import Room, links_of, words, working_day
from tests.integration.metrics.office import today
from tests.support import samples
from tests.support.engines import connected

META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="operator/test", correlation_id="test")


async def rename(room: Room, name: str, on: date) -> None:
    body = {"name": name, "on": on.isoformat()}
    answer = await room.house.registry.client.post(f"/units/{room.code}/rename", json=body)
    assert answer.status_code == 200, answer.text


async def move(room: Room, parent: str, on: date) -> None:
    ref = AggregateRef("unit", unit_id(room.code))
    moved = UnitMoved(unit_code=room.code, parent_code=parent, on=on)
    async with connected(room.house.server, "registry") as nc:
        store = JetStreamEventStore(nc)
        history = await store.load(ref)
        await store.append(ref, history.version, [NewEvent(new_id(), moved, META)])


async def names(room: Room, visitor: httpx.AsyncClient) -> dict[str, str]:
    """Read the unit's name everywhere; a page gives itself."""
    (mail,) = await room.mails_of(working_day())
    links = dict(zip(AlertAnswer, links_of(mail), strict=True))
    registry, metrics = room.house.registry.client, room.house.services["metrics"].client
    listed: Any = (await registry.get("/units", params={"q": room.code})).json()["items"]
    gaps: Any = (await metrics.get("/gaps", params={"unit": room.code})).json()["gaps"]
    figures = await metrics.get("/compliance", params={"unit": room.code, "group_by": "unit"})
    return {
        "one unit": (await registry.get(f"/units/{room.code}")).json()["unit_name"],
        "list of units": listed[0]["unit_name"],
        "gaps": gaps[0]["unit_name"],
        "figures": figures.json()["groups"][0]["label"],
        "dashboard": (await metrics.get("/", params={"unit": room.code})).text,
        "mail": words(mail),
        "answer page of campaigns": (await visitor.get(links[AlertAnswer.DONE])).text,
        "answer page of the notifier": (await visitor.get(links[AlertAnswer.PLANNED])).text,
    }


async def test_a_rename_of_2023_recorded_after_one_of_2025(
    new_room: NewRoom, visitor: httpx.AsyncClient
) -> None:
    room = await new_room()
    await rename(room, "Sở mới 2025", date(2025, 7, 1))
    await rename(room, "Sở cũ 2023", date(2023, 7, 1))
    shown = await names(room, visitor)
    assert [where for where, text in shown.items() if "Sở mới 2025" not in text] == []
    assert [where for where, text in shown.items() if "Sở cũ 2023" in text] == []


async def test_a_rename_that_is_dated_later_does_not_hold_yet(
    new_room: NewRoom, visitor: httpx.AsyncClient
) -> None:
    room = await new_room()
    await rename(room, "Sở hiện nay", date(2025, 7, 1))
    await rename(room, "Sở tương lai", working_day() + timedelta(days=30))
    shown = await names(room, visitor)
    assert [where for where, text in shown.items() if "Sở hiện nay" not in text] == []
    assert [where for where, text in shown.items() if "Sở tương lai" in text] == []
    found = (await room.house.registry.client.get("/units", params={"q": "so tuong lai"})).json()["items"]
    assert room.code in {one["unit_code"] for one in found}


async def test_the_name_of_the_day_that_is_asked_for(new_room: NewRoom) -> None:
    room = await new_room()
    await rename(room, "Tên mới", today() - timedelta(days=5))
    await room.house.settled()
    metrics = room.house.services["metrics"].client
    for days, name in ((10, None), (3, "Tên mới")):
        as_of = (today() - timedelta(days=days)).isoformat()
        gaps = (await metrics.get("/gaps", params={"unit": room.code, "as_of": as_of})).json()["gaps"]
        assert (gaps[0]["unit_name"] == "Tên mới") is (name is not None)


async def test_a_move_holds_from_its_day(new_room: NewRoom) -> None:
    room = await new_room()
    await room.house.import_rows("units", [samples.unit(f"{room.code}-{n}") for n in (1, 2, 3)])
    await move(room, f"{room.code}-2", date(2025, 7, 1))
    await move(room, f"{room.code}-1", date(2023, 7, 1))
    await move(room, f"{room.code}-3", working_day() + timedelta(days=30))
    await room.house.settled()
    registry, metrics = room.house.registry.client, room.house.services["metrics"].client
    listed: Any = (await registry.get("/units", params={"q": room.code})).json()["items"]
    parents = {one["unit_code"]: one["parent_code"] for one in listed}
    assert parents[room.code] == f"{room.code}-2"
    assert (await registry.get(f"/units/{room.code}")).json()["parent_code"] == f"{room.code}-2"
    for number, found in ((1, 0), (2, 1), (3, 0)):
        query: dict[str, str | bool] = {"unit": f"{room.code}-{number}", "include_descendants": True}
        assert len((await metrics.get("/gaps", params=query)).json()["gaps"]) == found
