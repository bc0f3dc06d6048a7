"""What was known earlier, and reports that are frozen: the same bytes later, the same numbers made rendered_again, and why they differ today."""

import hashlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from deploy.local.keys.keyring import Keyring
from shared.contracts.vocabulary import Role
from tests.integration.metrics.office import Office, today
from tests.support.platform.service import Api, Platform, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

ASKED: dict[str, Any] = {"as_of": "2025-04-20", "year": 2025, "unit": "FROZEN"}


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as result,
    ):
        office = Office(result, "FROZEN")
        await office.open()
        await office.enter("draft_consultation", "2025-03-03")
        await office.communicate("2025-03-05", 1)
        await result.settled()
        yield result


@pytest.fixture
def metrics(platform: Platform) -> Api:
    return platform.services["metrics"]


async def ask(metrics: Api, path: str, **query: Any) -> dict[str, Any]:
    answer = await metrics.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_a_report_stays_as_it_was_published_and_says_what_changed(
    platform: Platform, metrics: Api
) -> None:
    made = await metrics.client.post("/reports/407/published", json={**ASKED, "document": "12/BC-STP"})
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    again = await metrics.client.post("/reports/407/published", json={**ASKED, "document": "12/BC-STP"})
    # The announcement of a report is no fact: nothing was recorded in between.
    assert again.json()["id"] == number or again.json()["events"] == ["report_published"]
    files = {}
    for kind in ("json", "xlsx", "docx"):
        answer = await metrics.client.get(f"/reports/407/published/{number}", params={"format": kind})
        assert answer.status_code == 200, answer.text
        files[kind] = answer.content
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    await platform.settled()
    (listed,) = [
        item
        for item in (await ask(metrics, "/reports/407/published", unit="FROZEN"))["items"]
        if item["report_id"] == number
    ]
    assert listed["sha256_xlsx"] == hashlib.sha256(files["xlsx"]).hexdigest()
    assert listed["document"] == "12/BC-STP"

    await Office(platform, "FROZEN").communicate("2025-03-06", 2)
    await platform.settled()
    position = listed["facts_position"]
    rendered_again = await ask(metrics, "/reports/407", **ASKED, known_at=position)
    frozen = (await metrics.client.get(f"/reports/407/published/{number}")).json()
    assert rendered_again == frozen
    for kind, content in files.items():
        answer = await metrics.client.get(f"/reports/407/published/{number}", params={"format": kind})
        assert answer.content == content
    unprinted = (await metrics.client.get(f"/reports/published/{number}")).text
    assert "được dàn trang khi tải về lần đầu" in unprinted
    laid_out, later = [
        await metrics.client.get(f"/reports/407/published/{number}", params={"format": "pdf"}, timeout=60)
        for _ in range(2)
    ]
    if laid_out.status_code != HTTPStatus.SERVICE_UNAVAILABLE:  # without Pango
        text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(laid_out.content)).pages)
        assert "".join(frozen["conclusion"].split()) in "".join(text.split())
        digest = hashlib.sha256(laid_out.content).hexdigest()
        assert later.content == laid_out.content
        assert later.headers["etag"] == laid_out.headers["etag"] == f'"{digest}"'
        printed = (await metrics.client.get(f"/reports/published/{number}")).text
        assert f"<code>{digest[:16]}…</code>" in printed
        assert "được dàn trang khi tải về lần đầu" not in printed
    present = await ask(metrics, "/reports/407", **ASKED)
    assert (frozen["totals"]["begun"], present["totals"]["begun"]) == (1, 2)

    page = (await metrics.client.get(f"/reports/published/{number}")).text
    assert "Số liệu của 1 dự thảo đã thay đổi" in page
    assert "ghi nhận thêm 1 hoạt động truyền thông" in page
    english = (await metrics.client.get(f"/reports/published/{number}", params={"lang": "en"})).text
    assert "communications recorded since: 1" in english
    table = await metrics.client.get(f"/reports/published/{number}", params={"format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert "1/2,2/2,ghi nhận thêm 1 hoạt động truyền thông" in table.text


async def test_every_answer_can_be_asked_as_known_earlier(platform: Platform, metrics: Api) -> None:
    office = Office(platform, "EARLIER")
    await office.open(policies=0)
    await office.enter("draft_consultation", "2025-03-03")
    await platform.settled()
    position = (await ask(metrics, "/compliance"))["position"]
    asked: dict[str, Any] = {"as_of": "2025-04-20", "unit": "EARLIER"}
    await office.communicate("2025-03-05")
    await platform.settled()

    async def begun(**more: Any) -> tuple[int, int]:
        compliance = await ask(metrics, "/compliance", **asked, **more)
        gaps = await ask(metrics, "/gaps", **asked, **more)
        return compliance["groups"][0]["met"], len(gaps["gaps"])

    assert await begun() == (1, 0)
    assert await begun(known_at=position) == (0, 1)
    assert await begun(known_at=today().isoformat()) == (1, 0)
    before = await ask(metrics, "/compliance", as_of="2025-04-20", known_at="2020-01-01")
    assert (before["groups"][0]["policies"], before["position"]) == (0, 0)
    unregistered = await metrics.client.get("/compliance", params={**asked, "known_at": "2020-01-01"})
    assert unregistered.status_code == 404  # the unit was not registered

    async def activities(**more: Any) -> int:
        counts = await ask(metrics, "/counts", **asked, **more)
        number: int = counts["groups"][0]["activities"]
        return number

    assert (await activities(), await activities(known_at=position)) == (1, 0)
    coverage = await ask(metrics, "/drafts/EARLIER/coverage", as_of="2025-04-20", known_at=position)
    assert [policy["verdict"] for policy in coverage["policies"]] == ["missed"]
    unknown = await metrics.client.get("/drafts/EARLIER/coverage", params={"known_at": "2020-01-01"})
    assert unknown.status_code == 404
    page = (await metrics.client.get("/", params={**asked, "known_at": position})).text
    assert f"đến vị trí {position}" in page
    assert "Số liệu theo những gì đã ghi nhận" in page


@pytest.mark.parametrize("given", ["yesterday", "2025-13-01", "-1", "1e3"])
async def test_what_is_no_day_and_no_position_is_refused_in_both_languages(metrics: Api, given: str) -> None:
    answer = await metrics.client.get("/compliance", params={"known_at": given})
    assert answer.status_code == 422
    assert "known_at" in answer.json()["messages"]["vi"]
    assert "known_at" in answer.json()["messages"]["en"]


async def test_a_clerk_publishes_for_the_own_unit_alone(metrics: Api, token_issuer: Issuer) -> None:
    token = token_issuer.token(Role.UNIT, unit="FROZEN")
    headers = {"Authorization": f"Bearer {token}"}
    own = await metrics.client.post("/reports/407/published", json=ASKED, headers=headers)
    assert own.status_code == 201, own.text
    for unit in ("EARLIER", None):
        other = await metrics.client.post(
            "/reports/407/published", json={**ASKED, "unit": unit}, headers=headers
        )
        assert other.status_code == 403, other.text
