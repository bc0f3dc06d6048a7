"""A unit has one name on one day, wherever it is shown: the latest by day, whenever it was recorded."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import unit_id
from shared.contracts.registry import UnitMoved
from shared.contracts.vocabulary import AlertAnswer
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import OwingUnit, links_of, words, working_day
from tests.integration.metrics.office import today
from tests.support.samples import small_office
from tests.support.servers.engines import connected

META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="operator/test", correlation_id="test")


async def rename(owing_unit: OwingUnit, name: str, on: date) -> None:
    body = {"name": name, "on": on.isoformat()}
    answer = await owing_unit.platform.registry.client.post(f"/units/{owing_unit.code}/rename", json=body)
    assert answer.status_code == 200, answer.text


async def move(owing_unit: OwingUnit, parent: str, on: date) -> None:
    ref = AggregateRef("unit", unit_id(owing_unit.code))
    moved = UnitMoved(unit_code=owing_unit.code, parent_code=parent, on=on)
    async with connected(owing_unit.platform.server, "registry") as nc:
        store = JetStreamEventStore(nc)
        history = await store.load(ref)
        await store.append(ref, history.version, [NewEvent(new_id(), moved, META)])


async def names(owing_unit: OwingUnit, visitor: httpx.AsyncClient) -> dict[str, str]:
    """Read the unit's name everywhere; a page gives itself."""
    (mail,) = await owing_unit.mails_of(working_day())
    links = dict(zip(AlertAnswer, links_of(mail), strict=True))
    registry, metrics = owing_unit.platform.registry.client, owing_unit.platform.services["metrics"].client
    listed: Any = (await registry.get("/units", params={"q": owing_unit.code})).json()["items"]
    gaps: Any = (await metrics.get("/gaps", params={"unit": owing_unit.code})).json()["gaps"]
    figures = await metrics.get("/compliance", params={"unit": owing_unit.code, "group_by": "unit"})
    return {
        "one unit": (await registry.get(f"/units/{owing_unit.code}")).json()["unit_name"],
        "list of units": listed[0]["unit_name"],
        "gaps": gaps[0]["unit_name"],
        "figures": figures.json()["groups"][0]["label"],
        "dashboard": (await metrics.get("/", params={"unit": owing_unit.code})).text,
        "mail": words(mail),
        "answer page of campaigns": (await visitor.get(links[AlertAnswer.DONE])).text,
        "answer page of the notifier": (await visitor.get(links[AlertAnswer.PLANNED])).text,
    }


async def test_a_rename_of_2023_recorded_after_one_of_2025(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    await rename(owing_unit, "Sở mới 2025", date(2025, 7, 1))
    await rename(owing_unit, "Sở cũ 2023", date(2023, 7, 1))
    shown = await names(owing_unit, visitor)
    assert [where for where, text in shown.items() if "Sở mới 2025" not in text] == []
    assert [where for where, text in shown.items() if "Sở cũ 2023" in text] == []


async def test_a_rename_that_is_dated_later_does_not_hold_yet(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    await rename(owing_unit, "Sở hiện nay", date(2025, 7, 1))
    await rename(owing_unit, "Sở tương lai", working_day() + timedelta(days=30))
    shown = await names(owing_unit, visitor)
    assert [where for where, text in shown.items() if "Sở hiện nay" not in text] == []
    assert [where for where, text in shown.items() if "Sở tương lai" in text] == []
    items = (await owing_unit.platform.registry.client.get("/units", params={"q": "so tuong lai"})).json()[
        "items"
    ]
    assert owing_unit.code in {item["unit_code"] for item in items}


async def test_the_name_of_the_day_that_is_asked_for(new_owing_unit: NewOwingUnit) -> None:
    owing_unit = await new_owing_unit()
    await rename(owing_unit, "Tên mới", today() - timedelta(days=5))
    await owing_unit.platform.settled()
    metrics = owing_unit.platform.services["metrics"].client
    for days, name in ((10, None), (3, "Tên mới")):
        as_of = (today() - timedelta(days=days)).isoformat()
        gaps = (await metrics.get("/gaps", params={"unit": owing_unit.code, "as_of": as_of})).json()["gaps"]
        assert (gaps[0]["unit_name"] == "Tên mới") is (name is not None)


async def test_a_move_holds_from_its_day(new_owing_unit: NewOwingUnit) -> None:
    owing_unit = await new_owing_unit()
    await owing_unit.platform.import_rows(
        "units", [small_office.unit(f"{owing_unit.code}-{n}") for n in (1, 2, 3)]
    )
    await move(owing_unit, f"{owing_unit.code}-2", date(2025, 7, 1))
    await move(owing_unit, f"{owing_unit.code}-1", date(2023, 7, 1))
    await move(owing_unit, f"{owing_unit.code}-3", working_day() + timedelta(days=30))
    await owing_unit.platform.settled()
    registry, metrics = owing_unit.platform.registry.client, owing_unit.platform.services["metrics"].client
    listed: Any = (await registry.get("/units", params={"q": owing_unit.code})).json()["items"]
    parents = {row["unit_code"]: row["parent_code"] for row in listed}
    assert parents[owing_unit.code] == f"{owing_unit.code}-2"
    assert (await registry.get(f"/units/{owing_unit.code}")).json()["parent_code"] == f"{owing_unit.code}-2"
    for number, expected in ((1, 0), (2, 1), (3, 0)):
        query: dict[str, str | bool] = {"unit": f"{owing_unit.code}-{number}", "include_descendants": True}
        assert len((await metrics.get("/gaps", params=query)).json()["gaps"]) == expected
