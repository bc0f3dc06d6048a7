"""A link is its recipient's alone: ledger, backup, outbox, previews, logs and problems have no token that works."""

import logging
import re

import httpx
import pytest

from shared.contracts.vocabulary import AlertAnswer, Role
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import OwingUnit, links_of, working_day

SIGNED = re.compile(r"/(answers|mailbox)/ey[\w-]+\.")
SHORT = re.compile(r"[a-z2-7]{26}")
MASKED = "/answers/…"
MOST_ADDRESS = 80


async def tokens_of(owing_unit: OwingUnit) -> set[str]:
    """Give all tokens of the mail of a day, those of the mailbox too."""
    (mail,) = await owing_unit.mails_of(working_day())
    body = mail.get_body(("plain",))
    assert body is not None
    addresses = re.findall(r"https?://\S+/(?:answers|mailbox)/\S+", str(body.get_content()))
    assert len(addresses) == len(AlertAnswer) + 1
    assert all(len(address) <= MOST_ADDRESS for address in addresses), addresses
    return {address.rpartition("/")[2] for address in addresses}


async def working(owing_unit: OwingUnit, text: str, visitor: httpx.AsyncClient) -> set[str]:
    """Try whatever in a text may be a token at every page that takes one; give those that open something."""
    bases = [
        f"http://127.0.0.1:{owing_unit.platform.services[service].settings.port}/{page}"
        for service, page in (("notifier", "answers"), ("campaigns", "answers"), ("notifier", "mailbox"))
    ]
    opened = set()
    for token in {
        *SHORT.findall(text),
        *(match[0] for match in re.finditer(r"ey[\w-]+\.[\w-]+\.[\w-]+", text)),
    }:
        for base in bases:
            if (await visitor.get(f"{base}/{token}")).status_code == httpx.codes.OK:
                opened.add(token)
    return opened


async def test_no_row_that_a_backup_takes_has_a_working_token(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    tokens = await tokens_of(owing_unit)
    notifier = owing_unit.platform.services["notifier"]
    rows = (await notifier.client.get("/own-data")).text
    assert owing_unit.code in rows
    assert [token for token in tokens if token in rows] == []
    assert not SIGNED.search(rows)
    mine = "\n".join(line for line in rows.splitlines() if owing_unit.code in line)
    assert SHORT.search(mine), "references stand in the place of the tokens"
    assert await working(owing_unit, mine, visitor) == set()


async def test_the_links_of_the_mail_itself_work(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    (mail,) = await owing_unit.mails_of(working_day())
    assert {(await visitor.get(link)).status_code for link in links_of(mail)} == {200}


@pytest.mark.parametrize("role", [None, Role.READER, Role.UNIT])
async def test_who_does_not_supervise_sees_no_mail_though_reading_is_public(
    new_owing_unit: NewOwingUnit, role: Role | None
) -> None:
    owing_unit = await new_owing_unit()
    await owing_unit.links()
    key = await digest_key(owing_unit)
    refused = {401 if role is None else 403}
    async with (
        owing_unit.platform.another("notifier", public_read=True) as public,
        public.as_(role, owing_unit.code) as reader,
    ):
        for path in (
            "/outbox",
            f"/outbox/{key}",
            f"/outbox/{key}/files/0",
            "/preview",
            "/recipients",
            "/recipients/missing",
            f"/units/{owing_unit.code}/recipients",
            "/digests/counts",
        ):
            assert {(await reader.get(path)).status_code} == refused, path
        assert (await reader.get("/alerts")).status_code == 200
        requests = await reader.get("/requests")  # a unit reads its own, which are none here
        if role is Role.UNIT:
            assert (requests.status_code, requests.json()["items"]) == (200, [])
        else:
            assert {requests.status_code} == refused


async def digest_key(owing_unit: OwingUnit) -> str:
    notifier = owing_unit.platform.services["notifier"].client
    keys = re.findall(r'href="/outbox/([^"]+)"', (await notifier.get("/outbox")).text)
    pages = {key: (await notifier.get(f"/outbox/{key}")).text for key in keys}
    (key,) = (str(key) for key, page in pages.items() if owing_unit.code in page)
    return key


async def test_the_outbox_and_the_preview_show_buttons_without_tokens(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    query = {"at": working_day(2).isoformat(), "min_position": str(await owing_unit.platform.settled())}
    notifier = owing_unit.platform.services["notifier"].client
    shown = (await notifier.get("/preview", params=query)).json()["mails"]
    (previewed,) = (item for item in shown if item["unit_code"] == owing_unit.code)
    tokens = await tokens_of(owing_unit)
    page = (await notifier.get(f"/outbox/{await digest_key(owing_unit)}")).text
    for part in (previewed["text"], previewed["html"], page):
        assert MASKED in part
        assert [token for token in tokens if token in part] == []
        assert await working(owing_unit, part, visitor) == set()


async def test_no_problem_document_repeats_a_token(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[AlertAnswer.DONE]
    token = link.rpartition("/")[2]
    refused = await visitor.put(link)
    assert refused.status_code == 405
    assert refused.json()["instance"] == MASKED
    unknown = await visitor.get(f"{link}/elsewhere")
    assert (unknown.status_code, token in unknown.text) == (404, False)


async def test_no_log_line_has_a_token(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    owing_unit = await new_owing_unit()
    links = await owing_unit.links()
    logging.getLogger().setLevel(logging.DEBUG)
    for link in links.values():
        await visitor.get(link)
        await visitor.post(link, data={})
        await visitor.get(f"{link}x")
    written = "".join(capfd.readouterr())
    assert [link for link in links.values() if link.rpartition("/")[2] in written] == []
