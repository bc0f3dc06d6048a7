"""A new link goes by mail, to the address of the old one and to no other, at most once a day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx
import pytest

from shared.contracts.vocabulary import AlertAnswer
from shared.signed_links.links import reader
from tests.integration.answers.conftest import NewRoom
from tests.integration.answers.office import Room, links_of, origin, words
from tests.integration.answers.test_done import DONE
from tests.integration.metrics.office import today
from tests.support.service import eventually


def renewal(room: Room, link: str) -> str:
    port = room.house.services["notifier"].settings.port
    return f"http://127.0.0.1:{port}/answers/{link.rpartition('/')[2]}/renew"


async def renewed(room: Room) -> Sequence[EmailMessage]:
    """Let what waits be delivered, and read the mails that were asked for again."""
    await room.house.services["notifier"].client.post("/tick", json={"at": None})
    files = sorted(room.mail_dir.glob(f"{today()}_{room.code}_*_renewed-*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


async def asked(room: Room, visitor: httpx.AsyncClient, link: str) -> httpx.Response:
    await room.house.settled()
    page = await visitor.post(renewal(room, link), data={"email": "ai.do@example.com"})
    assert page.status_code == 200, page.text
    assert "@example" not in page.text
    return page


def over(room: Room, link: str) -> str:
    """Sign the same link with an end that has passed."""
    known = reader(room.house.links.jwks).read(link.rpartition("/")[2])
    ended = replace(known, expires=datetime(2026, 1, 1, tzinfo=UTC))
    return f"{origin(link)}/answers/{room.house.links.signer.token(ended)}"


@pytest.mark.parametrize("answer", [AlertAnswer.DONE, AlertAnswer.OBSTACLE])
async def test_a_link_that_is_over_gets_a_fresh_one(
    new_room: NewRoom, visitor: httpx.AsyncClient, answer: AlertAnswer
) -> None:
    room = await new_room()
    link = over(room, (await room.links())[answer])
    closed = await visitor.get(link)
    assert (closed.status_code, f'action="{renewal(room, link)}"' in closed.text) == (410, True)

    first = await asked(room, visitor, link)
    again = await asked(room, visitor, link)
    assert again.text == first.text
    (mail,) = await renewed(room)
    assert mail["To"] == f"focal_point.{room.code}@example.vn".lower()
    assert "Gửi lại theo yêu cầu nhận liên kết mới" in words(mail)
    fresh = dict(zip(AlertAnswer, links_of(mail), strict=True))[answer]
    assert fresh.rpartition("/")[2] != link.rpartition("/")[2]
    assert (await visitor.get(fresh)).status_code == 200


async def test_a_used_link_gets_a_fresh_one_that_records_another_activity(
    new_room: NewRoom, visitor: httpx.AsyncClient
) -> None:
    room = await new_room()
    link = (await room.links())[AlertAnswer.DONE]
    await visitor.post(link, data=DONE | {"policies": ["1"]})
    await asked(room, visitor, link)
    (mail,) = await renewed(room)
    await visitor.post(links_of(mail)[0], data=DONE | {"title": "Tọa đàm", "policies": ["2"]})
    await eventually(room.is_closed)
    assert len(await room.communications()) == 2


async def test_who_left_the_list_gets_nothing_and_the_page_does_not_say_so(
    new_room: NewRoom, visitor: httpx.AsyncClient
) -> None:
    room, other = await new_room(), await new_room()
    link = (await room.links())[AlertAnswer.PLANNED]
    usual = await asked(other, visitor, (await other.links())[AlertAnswer.PLANNED])
    body = [{"role": "focal_point", "email": f"khac.{room.code}@example.vn".lower()}]
    await room.house.services["notifier"].client.put(f"/units/{room.code}/recipients", json=body)
    assert (await asked(room, visitor, link)).text == usual.text
    assert await renewed(room) == []


async def test_what_is_over_is_not_mailed_about(new_room: NewRoom, visitor: httpx.AsyncClient) -> None:
    room = await new_room()
    link = (await room.links())[AlertAnswer.DONE]
    await visitor.post(link, data=DONE)
    await eventually(room.is_closed)
    await asked(room, visitor, link)
    assert await renewed(room) == []


async def test_nobody_asks_without_a_link_of_ours(new_room: NewRoom, visitor: httpx.AsyncClient) -> None:
    room = await new_room()
    link = (await room.links())[AlertAnswer.DONE]
    for wrong in (link[:-4], f"{origin(link)}/answers/none"):
        assert (await visitor.post(renewal(room, wrong))).status_code == 404
    assert (await visitor.get(renewal(room, link))).status_code == 405
    assert await renewed(room) == []
