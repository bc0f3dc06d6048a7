"""What each of five roles must see in ten seconds stands on the first screen of a phone, without scrolling.

| role | page | facts |
|---|---|---|
| leader | `/` of metrics | the conclusion, the bar over all policies with its legend, who owes what and how late, what waits for a decision |
| justice body, supervisor | `/home` | requests to decide with their number, other decisions, gaps, urging letters, figures, reports, who has sent |
| clerk of a drafting unit | `/home` | the unit, registering a draft; of the first draft: title, stage, entering a stage, recording a communication |
| commune | `/entry/programme` | the unit and year; of the task due first: title, due day, state, reporting its result; raising an obstacle |
| operator | `/outbox` | how mail is sent, how many failed, wait or went; the newest mail with its state |
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page

from shared.contracts.vocabulary import Role
from tests.integration.answers.office import working_day
from tests.integration.entry.conftest import COMMUNE, HEALTH, JUSTICE, PROVINCE, Office, date_of
from tests.integration.entry.forms.test_communication_form import in_consultation
from tests.integration.entry.forms.test_programme_forms import entered
from tests.integration.metrics.office import ago
from tests.support.servers.browser import in_browser

pytestmark = in_browser

SCREENSHOTS = Path(__file__).parents[4] / ".screenshots"
WIDTH, HEIGHT = 390, 844
TASK = "Tuyên truyền dự thảo Nghị quyết về học phí"


@dataclass(frozen=True, slots=True)
class Seat:
    """Who looks at which page, and the facts by their selectors (the first match is meant)."""

    role: Role
    unit: str
    service: str
    path: str
    facts: tuple[str, ...]


def link(name: str) -> str:
    return f"main a:has-text('{name}')"


SEATS = {
    "leader": Seat(
        Role.HEAD,
        PROVINCE,
        "metrics",
        f"/?unit={PROVINCE}&include_descendants=true",
        (
            "h1",
            ".stack",
            ".legend",
            "#cho-quyet-dinh",
            *(f".owing tbody {part}" for part in (".unit", ".draft", ".status")),
        ),
    ),
    "supervisor": Seat(
        Role.SUPERVISOR,
        JUSTICE,
        "registry",
        "/home",
        (
            link("Đề nghị chờ quyết định: "),
            link("Vướng mắc, gia hạn, kết quả, báo cáo chờ xử lý"),
            link("Dự thảo còn thiếu"),
            link("Soạn công văn đôn đốc"),
            link("Số liệu"),
            link("Báo cáo"),
            link("Ai đã gửi báo cáo"),
            link("Chất lượng dữ liệu"),
            link("Chương trình"),
        ),
    ),
    "clerk": Seat(
        Role.UNIT,
        HEALTH,
        "registry",
        "/home",
        (
            "h2:has-text('Sở Y tế tỉnh T')",
            link("Đăng ký dự thảo"),
            "main h3 a",
            "main p:has-text('từ ngày')",
            link("Vào giai đoạn"),
            link("Ghi nhận truyền thông"),
        ),
    ),
    "commune": Seat(
        Role.UNIT,
        COMMUNE,
        "campaigns",
        "/entry/programme",
        (
            "h2:has-text('Ủy ban nhân dân xã A, năm')",
            f"h3:has-text('{TASK}')",
            ".due",
            "main .mark",
            link("Báo cáo kết quả"),
            link("Nêu khó khăn, vướng mắc"),
            link("Báo cáo phải gửi"),
        ),
    ),
    "operator": Seat(
        Role.OPERATOR,
        PROVINCE,
        "notifier",
        "/outbox",
        ("h1", "p:has-text('Thư được lưu tại chỗ')", ".counts", ".mail h2", ".mail .state"),
    ),
}


@pytest.fixture(scope="module")
async def at_work(office: Office) -> Office:
    """A draft in consultation that lacks communication, and two tasks of a commune, the later one entered first."""
    await in_consultation(office, "MUOI-GIAY", ago(12))
    async with office.browser(PROVINCE, service="campaigns") as province:
        for title, due in (("Việc có thời hạn sau", ago(-40)), (TASK, ago(-5))):
            typed = {"title": title, "lead_unit_code": COMMUNE} | date_of("due_on", due)
            done = await entered(province, PROVINCE, "task_assigned", **typed)
            assert done.status_code == 200, done.text
    recipient = [{"role": "focal_point", "email": "dau.moi@t-syt.example.vn", "language": "vi"}]
    notifier = office.platform.services["notifier"].client
    assert (await notifier.put(f"/units/{HEALTH}/recipients", json=recipient)).status_code < 300
    position = await office.platform.settled()
    tick = await notifier.post(
        "/tick", json={"at": working_day().isoformat()}, params={"min_position": position}
    )
    assert tick.status_code == 200, tick.text
    return office


@pytest.fixture
async def phone(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, is_mobile=True, locale="vi-VN"
    )
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("name", SEATS)
async def test_the_first_screen_has_the_facts_of_a_role(at_work: Office, phone: Page, name: str) -> None:
    seat = SEATS[name]
    cookies = await at_work.cookies(seat.unit, seat.role)
    await phone.context.add_cookies(
        [{"name": key, "value": value, "url": at_work.url("registry")} for key, value in cookies.items()]
    )
    joint = "&" if "?" in seat.path else "?"
    waits = (
        ""
        if seat.service == "notifier"
        else f"{joint}min_position={quote(str(await at_work.platform.head()))}"
    )
    answer = await phone.goto(f"{at_work.url(seat.service)}{seat.path}{waits}")
    assert answer is not None
    assert answer.status == 200, await phone.content()
    if SCREENSHOTS.exists():
        await phone.screenshot(path=SCREENSHOTS / f"ten-seconds-{name}.png")
    assert [fact for fact in seat.facts if not await _is_on_the_first_screen(phone, fact)] == []


async def _is_on_the_first_screen(page: Page, selector: str) -> bool:
    first = page.locator(selector).first
    box = await first.bounding_box() if await first.count() else None
    return (
        box is not None
        and box["width"] > 0
        and box["height"] > 0
        and min(box["x"], box["y"]) >= 0
        and box["x"] + box["width"] <= WIDTH
        and box["y"] + box["height"] <= HEIGHT
    )
