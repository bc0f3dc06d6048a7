"""The page of a supervising body says beside each link how much waits there, as the services count that own it."""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import HEALTH, JUSTICE, SCHOOLS, Office, date_of
from tests.integration.entry.forms.test_communication_form import in_consultation
from tests.integration.entry.forms.test_draft_form import registered
from tests.integration.entry.forms.test_programme_forms import entered
from tests.integration.metrics.office import ago
from tests.support.platform.service import Api
from tests.support.servers.plain import NO_AUTHORITIES

LINK = re.compile(r"<li><a [^>]*>([^<:;]+)(?:(?:; [^:]*)?: (\d+))? *<span")
GAPS, QUALITY = "Dự thảo còn thiếu", "Chất lượng dữ liệu"
URGING, WORK = "Soạn công văn đôn đốc", "Vướng mắc, gia hạn, kết quả, báo cáo chờ xử lý"
VERIFY = "Hoạt động truyền thông chờ xác minh"
LINKS = {"Đề nghị chờ quyết định", WORK, VERIFY, GAPS, URGING, "Ai đã gửi báo cáo", QUALITY}


async def counts(office: Office, registry: Api, unit: str = JUSTICE) -> Mapping[str, str]:
    cookies = await office.cookies(unit, Role.SUPERVISOR)
    async with httpx.AsyncClient(
        base_url=registry.client.base_url,
        cookies=dict(cookies),
        timeout=20,
        verify=NO_AUTHORITIES,
    ) as browser:
        page = await browser.get("/home", headers={"Accept": "text/html"})
    assert page.status_code == 200, page.text
    followed = page.text.partition('id="theo-doi"')[2].partition("</ul>")[0]
    return {name.strip(): number for name, number in LINK.findall(followed)}


async def test_links_have_the_counts_of_the_services_that_own_them(office: Office) -> None:
    services = office.platform.services
    addresses: dict[str, Any] = {
        f"{name}_api": str(services[name].client.base_url) for name in ("metrics", "campaigns")
    }
    async with office.platform.another("registry", **addresses) as registry:
        await registry.settled(await office.platform.settled())
        before = await counts(office, registry)
        assert before.keys() >= LINKS
        assert all(before[name].isdecimal() for name in LINKS), before
        await in_consultation(office, "CON-THIEU", ago(12))
        await registered(office, "CHUA-RO", SCHOOLS, affects_rights="unknown")
        async with office.browser(HEALTH, service="campaigns") as unit:
            raised = {"title": "Thiếu kinh phí", "lead_unit_code": JUSTICE} | date_of("happened_on", ago(2))
            done = await entered(unit, HEALTH, "obstacle_raised", **raised)
            assert done.status_code == 200, done.text
        await registry.settled(await office.platform.settled())
        after = await counts(office, registry)
        asked = {"area_of": JUSTICE}  # other tests left gaps and to-dos in the same area
        gaps = (await services["metrics"].client.get("/gaps", params=asked)).json()["gaps"]
        todos = (await services["metrics"].client.get("/todos", params=asked)).json()["todos"]
        overdue = {gap["unit_code"] for gap in gaps if gap["state"] == "overdue"}
        assert (int(after[GAPS]), int(after[QUALITY])) == (len(gaps), len(todos))
        assert int(after[URGING]) == len(overdue) > 0
        assert int(after[GAPS]) == int(before[GAPS]) + 1
        assert int(after[WORK]) == int(before[WORK]) + 1
        assert int(after[QUALITY]) > int(before[QUALITY])
        assert (await counts(office, registry, "T-UB"))[GAPS] == after[GAPS]


async def test_without_an_answer_a_link_stands_without_a_figure(office: Office) -> None:
    addresses: dict[str, Any] = {f"{name}_api": "http://127.0.0.1:9" for name in ("metrics", "campaigns")}
    async with office.platform.another("registry", **addresses) as registry:
        await registry.settled(await office.platform.settled())
        shown = await counts(office, registry)
    assert shown[GAPS] == shown[URGING] == ""
    assert shown["Đề nghị chờ quyết định"].isdecimal(), "its own count needs no other service"
