"""What a unit asks of its supervisor: shown with the way to settle it, and settled by following it."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from shared.contracts.vocabulary import AlertAnswer, Role
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import CALENDAR, OwingUnit, links_of, words, working_day
from tests.integration.metrics.office import today
from tests.support.platform.service import eventually

EXEMPT = {
    "document": "Công văn 99/VPCP-PL",
    "authority": "Văn phòng Chính phủ",
    "decided_on": today().isoformat(),
}


async def pressed(
    owing_unit: OwingUnit, visitor: httpx.AsyncClient, answer: AlertAnswer, form: dict[str, str]
) -> None:
    page = await visitor.post((await owing_unit.links())[answer], data=form)
    assert page.status_code == 200, page.text


async def requests(owing_unit: OwingUnit) -> list[dict[str, Any]]:
    position = await owing_unit.platform.head()
    answer = await owing_unit.platform.services["notifier"].client.get(
        "/requests", params={"unit": owing_unit.code, "min_position": position}
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def settle(owing_unit: OwingUnit, request: dict[str, Any], **changes: str) -> None:
    way = request["settlement"]
    path = urlsplit(way["url"]).path
    answer = await owing_unit.platform.registry.client.request(
        way["method"], path, json=way["body"] | changes
    )
    assert answer.status_code == 200, answer.text


async def test_an_exemption_is_asked_for_and_granted(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    await pressed(owing_unit, visitor, AlertAnswer.EXEMPT, EXEMPT)
    (request,) = await requests(owing_unit)
    assert (request["kind"], request["said"]) == ("exemption_requested", EXEMPT)
    assert request["unit_name"] == f"Sở Tư pháp {owing_unit.code}"
    assert len(await owing_unit.gaps()) == 1
    await settle(owing_unit, request)
    await eventually(owing_unit.is_closed)
    await eventually(lambda: is_over(owing_unit))
    history = (await owing_unit.platform.registry.client.get(f"/drafts/{owing_unit.code}/history")).json()[
        "events"
    ]
    assert history[-1]["data"]["document"] == EXEMPT["document"]


async def test_a_transfer_is_asked_for_and_made(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit, other = await new_owing_unit(), await new_owing_unit()
    await pressed(
        owing_unit, visitor, AlertAnswer.NOT_OURS, {"to_unit": "Sở khác", "explanation": "Theo phân công"}
    )
    (request,) = await requests(owing_unit)
    assert request["said"] == {"to_unit": "Sở khác", "explanation": "Theo phân công"}
    await settle(owing_unit, request, to_unit_code=other.code)
    await eventually(lambda: is_over(owing_unit))
    drafts = {gap["draft_code"] for gap in await other.gaps()}
    assert drafts == {owing_unit.code, other.code}


async def test_an_obstacle_is_shown_and_no_command_settles_it(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    await pressed(owing_unit, visitor, AlertAnswer.OBSTACLE, {"obstacle": "Chưa có kinh phí"})
    (request,) = await requests(owing_unit)
    assert (request["kind"], request["settlement"]) == ("obstacle_reported", None)
    await pressed(owing_unit, visitor, AlertAnswer.PLANNED, {"planned_on": today().isoformat()})
    assert await requests(owing_unit) == []


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.READER, 403), (Role.UNIT, 403)])
async def test_requests_are_for_who_supervises(
    new_owing_unit: NewOwingUnit, role: Role | None, status: int
) -> None:
    owing_unit = await new_owing_unit()
    async with owing_unit.platform.services["notifier"].as_(role, owing_unit.code) as other:
        assert (await other.get("/requests")).status_code == status


async def is_over(owing_unit: OwingUnit) -> bool:
    return not await requests(owing_unit)


async def test_the_supervisor_reads_in_the_weekly_list_what_was_asked_and_where_it_is_settled(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    above = await new_owing_unit("supervisor")
    owing_unit = await new_owing_unit(parent_code=above.code)
    await pressed(owing_unit, visitor, AlertAnswer.EXEMPT, EXEMPT)
    pressed_on = working_day()  # its own list has gone out by then, on a weekend that of next Monday
    monday = CALENDAR.next_working_day(pressed_on + timedelta(days=7 - pressed_on.weekday()))
    (mail,) = await above.mails_of(monday, "_weekly_list-*")
    assert f"miễn theo {EXEMPT['document']}" in words(mail)
    assert "/requests" in words(mail)
    assert links_of(mail) == []
