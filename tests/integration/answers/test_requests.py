"""What a unit asks of its supervisor: shown with the way to settle it, and settled by following it."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from shared.contracts.vocabulary import AlertAnswer, Role
from tests.integration.answers.conftest import NewRoom
from tests.integration.answers.office import CALENDAR, Room, links_of, words, working_day
from tests.integration.metrics.office import today
from tests.support.service import eventually

EXEMPT = {
    "document": "Công văn 99/VPCP-PL",
    "authority": "Văn phòng Chính phủ",
    "decided_on": today().isoformat(),
}


async def pressed(room: Room, visitor: httpx.AsyncClient, answer: AlertAnswer, form: dict[str, str]) -> None:
    page = await visitor.post((await room.links())[answer], data=form)
    assert page.status_code == 200, page.text


async def requests(room: Room) -> list[dict[str, Any]]:
    position = await room.house.head()
    answer = await room.house.services["notifier"].client.get(
        "/requests", params={"unit": room.code, "min_position": position}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def settle(room: Room, request: dict[str, Any], **changes: str) -> None:
    way = request["settlement"]
    path = urlsplit(way["url"]).path
    answer = await room.house.registry.client.request(way["method"], path, json=way["body"] | changes)
    assert answer.status_code == 200, answer.text


async def test_an_exemption_is_asked_for_and_granted(new_room: NewRoom, visitor: httpx.AsyncClient) -> None:
    room = await new_room()
    await pressed(room, visitor, AlertAnswer.EXEMPT, EXEMPT)
    (request,) = await requests(room)
    assert (request["kind"], request["said"]) == ("exemption_requested", EXEMPT)
    assert request["unit_name"] == f"Sở Tư pháp {room.code}"
    assert len(await room.gaps()) == 1
    await settle(room, request)
    await eventually(room.is_closed)
    await eventually(lambda: is_over(room))
    history = (await room.house.registry.client.get(f"/drafts/{room.code}/history")).json()["events"]
    assert history[-1]["data"]["document"] == EXEMPT["document"]


async def test_a_transfer_is_asked_for_and_made(new_room: NewRoom, visitor: httpx.AsyncClient) -> None:
    room, other = await new_room(), await new_room()
    await pressed(
        room, visitor, AlertAnswer.NOT_OURS, {"to_unit": "Sở khác", "explanation": "Theo phân công"}
    )
    (request,) = await requests(room)
    assert request["said"] == {"to_unit": "Sở khác", "explanation": "Theo phân công"}
    await settle(room, request, to_unit_code=other.code)
    await eventually(lambda: is_over(room))
    drafts = {gap["draft_code"] for gap in await other.gaps()}
    assert drafts == {room.code, other.code}


async def test_an_obstacle_is_shown_and_no_command_settles_it(
    new_room: NewRoom, visitor: httpx.AsyncClient
) -> None:
    room = await new_room()
    await pressed(room, visitor, AlertAnswer.OBSTACLE, {"obstacle": "Chưa có kinh phí"})
    (request,) = await requests(room)
    assert (request["kind"], request["settlement"]) == ("obstacle_reported", None)
    await pressed(room, visitor, AlertAnswer.PLANNED, {"planned_on": today().isoformat()})
    assert await requests(room) == []


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.READER, 403), (Role.UNIT, 403)])
async def test_requests_are_for_who_supervises(new_room: NewRoom, role: Role | None, status: int) -> None:
    room = await new_room()
    async with room.house.services["notifier"].as_(role, room.code) as other:
        assert (await other.get("/requests")).status_code == status


async def is_over(room: Room) -> bool:
    return not await requests(room)


async def test_the_supervisor_reads_in_the_weekly_list_what_was_asked_and_where_it_is_settled(
    new_room: NewRoom, visitor: httpx.AsyncClient
) -> None:
    above = await new_room("supervisor")
    room = await new_room(parent_code=above.code)
    await pressed(room, visitor, AlertAnswer.EXEMPT, EXEMPT)
    pressed_on = working_day()  # its own list has gone out by then, on a weekend that of next Monday
    monday = CALENDAR.next_working_day(pressed_on + timedelta(days=7 - pressed_on.weekday()))
    (mail,) = await above.mails_of(monday, "_weekly_list-*")
    assert f"miễn theo {EXEMPT['document']}" in words(mail)
    assert "/requests" in words(mail)
    assert links_of(mail) == []
