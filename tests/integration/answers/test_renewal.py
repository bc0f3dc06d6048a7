"""A new link goes by mail, to the address of the old one and to no other, at most once a day."""

from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx
import pytest

from shared.contracts.vocabulary import AlertAnswer
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import OwingUnit, links_of, origin, words
from tests.integration.answers.test_done import DONE
from tests.integration.metrics.office import today
from tests.support.platform.service import eventually


def renewal(owing_unit: OwingUnit, link: str) -> str:
    port = owing_unit.platform.services["notifier"].settings.port
    return f"http://127.0.0.1:{port}/answers/{link.rpartition('/')[2]}/renew"


async def renewed(owing_unit: OwingUnit) -> Sequence[EmailMessage]:
    """Let what waits be delivered, and read the mails that were asked for again."""
    await owing_unit.platform.services["notifier"].client.post("/tick", json={"at": None})
    files = sorted(owing_unit.mail_dir.glob(f"{today()}_{owing_unit.code}_*_renewed-*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


async def asked(owing_unit: OwingUnit, visitor: httpx.AsyncClient, link: str) -> httpx.Response:
    await owing_unit.platform.settled()
    page = await visitor.post(renewal(owing_unit, link), data={"email": "ai.do@example.com"})
    assert page.status_code == 200, page.text
    assert "@example" not in page.text
    return page


@pytest.mark.parametrize("answer", [AlertAnswer.DONE, AlertAnswer.OBSTACLE])
async def test_an_expired_link_is_renewed(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, answer: AlertAnswer
) -> None:
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[answer]
    await owing_unit.end(link)
    closed = await visitor.get(link)
    assert (closed.status_code, f'action="{renewal(owing_unit, link)}"' in closed.text) == (410, True)

    first = await asked(owing_unit, visitor, link)
    again = await asked(owing_unit, visitor, link)
    assert again.text == first.text
    (mail,) = await renewed(owing_unit)
    assert mail["To"] == f"focal_point.{owing_unit.code}@example.vn".lower()
    assert "Gửi lại theo yêu cầu nhận liên kết mới" in words(mail)
    fresh = dict(zip(AlertAnswer, links_of(mail), strict=True))[answer]
    assert fresh.rpartition("/")[2] != link.rpartition("/")[2]
    assert (await visitor.get(fresh)).status_code == 200


async def test_a_used_link_is_renewed_for_another_activity(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[AlertAnswer.DONE]
    await visitor.post(link, data=DONE | {"policies": ["1"]})
    await asked(owing_unit, visitor, link)
    (mail,) = await renewed(owing_unit)
    await visitor.post(links_of(mail)[0], data=DONE | {"title": "Tọa đàm", "policies": ["2"]})
    await eventually(owing_unit.is_closed)
    assert len(await owing_unit.communications()) == 2


async def test_a_removed_recipient_gets_no_mail_and_the_page_does_not_reveal_it(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit, other = await new_owing_unit(), await new_owing_unit()
    link = (await owing_unit.links())[AlertAnswer.PLANNED]
    usual = await asked(other, visitor, (await other.links())[AlertAnswer.PLANNED])
    body = [{"role": "focal_point", "email": f"khac.{owing_unit.code}@example.vn".lower()}]
    await owing_unit.platform.services["notifier"].client.put(
        f"/units/{owing_unit.code}/recipients", json=body
    )
    assert (await asked(owing_unit, visitor, link)).text == usual.text
    assert await renewed(owing_unit) == []


async def test_what_is_over_is_not_mailed_about(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[AlertAnswer.DONE]
    await visitor.post(link, data=DONE)
    await eventually(owing_unit.is_closed)
    await asked(owing_unit, visitor, link)
    assert await renewed(owing_unit) == []


async def test_renewal_needs_a_link_of_ours(new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient) -> None:
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[AlertAnswer.DONE]
    for wrong in (link[:-4], f"{origin(link)}/answers/none"):
        assert (await visitor.post(renewal(owing_unit, wrong))).status_code == 404
    assert (await visitor.get(renewal(owing_unit, link))).status_code == 405
    assert await renewed(owing_unit) == []
