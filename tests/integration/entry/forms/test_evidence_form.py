"""A clerk attaches a link and a file to a communication; a file of the wrong kind or size loses nothing that was typed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.auth.sessions import CSRF_FIELD
from tests.integration.campaigns.test_evidence_files import PDF
from tests.integration.entry.conftest import HEALTH, SCHOOLS, Office, filled
from tests.integration.entry.forms.test_communication_form import in_consultation, listed, recorded
from tests.support.servers.plain import NO_AUTHORITIES

TITLE = "Biên bản hội nghị"


@pytest.fixture(scope="module")
async def keeping(office: Office, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Give the address of a replica that keeps files."""
    folder: Path = tmp_path_factory.mktemp("evidence")
    async with office.platform.another("campaigns", evidence_url=folder.as_uri()) as api:
        yield str(api.client.base_url)


async def clerk_of(office: Office, unit: str, url: str) -> httpx.AsyncClient:
    cookies = dict(await office.cookies(unit))
    return httpx.AsyncClient(
        base_url=url, cookies=cookies, headers={"Accept": "text/html"}, verify=NO_AUTHORITIES, timeout=60
    )


async def sent(
    client: httpx.AsyncClient, page: httpx.Response, content: bytes | None = None, **typed: Any
) -> httpx.Response:
    files = {"file": ("bien-ban.pdf", content if content is not None else b"")}
    return await client.post(page.url, data=filled(page) | {"step": "record"} | typed, files=files)


async def test_what_was_typed_is_kept_until_the_evidence_is_attached(
    office: Office, keeping: str, a_code: str
) -> None:
    await in_consultation(office, a_code)
    assert (await recorded(office, a_code)).status_code == 200
    (held,) = await listed(office, a_code)
    path = f"/entry/communications/{held['communication_id']}/evidence"
    async with await clerk_of(office, HEALTH, keeping) as clerk:
        form = await clerk.get(path)
        nothing = await sent(clerk, form, title=TITLE)
        assert (nothing.status_code, 'id="url-error"' in nothing.text) == (422, True), nothing.text
        program = await sent(clerk, nothing, b"MZ" + bytes(5000))
        assert (program.status_code, filled(program)["title"]) == (422, TITLE)
        assert 'id="file-error"' in program.text
        large = await sent(clerk, program, PDF + bytes(51 << 20))
        assert (large.status_code, filled(large)["title"]) == (413, TITLE)
        assert "Tệp lớn hơn 50 MiB" in large.text
        wrong = await sent(clerk, large, PDF, url="javascript:1")
        assert (wrong.status_code, "chọn lại tệp" in wrong.text) == (422, True)
        stolen = await sent(clerk, wrong, PDF, **{CSRF_FIELD: "x"})
        assert stolen.status_code == 403
        address = "https://syt.example.vn/tin/2"
        done = await sent(clerk, wrong, PDF, url=address)
        assert done.status_code == 200, done.text
        assert (await sent(clerk, wrong, PDF, url=address)).status_code == 200
        assert TITLE in (await clerk.get(path)).text
    (held,) = await listed(office, a_code)
    assert [(each["title"], each["url"], each["size"]) for each in held["evidence"]] == [
        (TITLE, None, len(PDF)),
        (TITLE, address, None),
    ]
    async with await clerk_of(office, SCHOOLS, keeping) as other:
        assert (await other.get(path)).status_code == 403


async def test_an_installation_without_a_place_for_files_takes_links(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    assert (await recorded(office, a_code)).status_code == 200
    (held,) = await listed(office, a_code)
    async with office.browser(HEALTH, service="campaigns") as clerk:
        form = await clerk.get(f"/entry/communications/{held['communication_id']}/evidence")
        assert 'type="file"' not in form.text
        refused = await sent(clerk, form, PDF, title=TITLE)
        assert (refused.status_code, filled(refused)["title"]) == (422, TITLE)
        assert (await sent(clerk, refused, url="https://syt.example.vn/tin/3")).status_code == 200
