"""A link is its recipient's alone: who may read previews, the outbox, logs and problems finds no token there."""

import re

import httpx
from pydantic import SecretStr

from shared.contracts.vocabulary import AlertAnswer, Role
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import working_day

TOKEN = re.compile(r"/answers/ey[\w-]+\.")
MASKED = "/answers/…"


async def test_a_preview_shows_the_buttons_and_no_token(new_owing_unit: NewOwingUnit) -> None:
    owing_unit = await new_owing_unit()
    position = await owing_unit.platform.settled()
    query = {"at": working_day(2).isoformat(), "min_position": str(position)}
    async with owing_unit.platform.services["notifier"].as_(Role.READER) as reader:
        shown = (await reader.get("/preview", params=query)).json()["mails"]
    (mail,) = (item for item in shown if item["unit_code"] == owing_unit.code)
    for part in (mail["text"], mail["html"]):
        assert MASKED in part
        assert not TOKEN.search(part)


async def test_the_outbox_shows_tokens_only_of_mail_that_never_leaves_the_machine(
    new_owing_unit: NewOwingUnit,
) -> None:
    owing_unit = await new_owing_unit()
    await owing_unit.links()
    notifier = owing_unit.platform.services["notifier"]
    listed = (await notifier.client.get("/outbox")).text
    keys = set(re.findall(r'href="/outbox/([^"]+)"', listed))
    pages = {key: (await notifier.client.get(f"/outbox/{key}")).text for key in keys}
    (key,) = (key for key, page in pages.items() if owing_unit.code in page)
    assert TOKEN.search(pages[key])
    async with (
        owing_unit.platform.another("notifier", smtp_url=SecretStr("smtp://127.0.0.1:1")) as sending,
        sending.as_(Role.OPERATOR) as operator,
    ):
        page = (await operator.get(f"/outbox/{key}")).text
    assert MASKED in page
    assert not TOKEN.search(page)


async def test_no_problem_document_repeats_a_token(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[AlertAnswer.DONE]
    refused = await visitor.put(link)
    assert refused.status_code == 405
    assert refused.json()["instance"] == MASKED
    unknown = await visitor.get(f"{link}/elsewhere")
    assert (unknown.status_code, TOKEN.search(unknown.text)) == (404, None)
