"""With the keyboard alone: a clerk from an empty system to a recorded communication, a commune with its programme."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from shared.contracts.vocabulary import Role
from tests.integration.entry.browser.test_in_chromium import WAYS, look
from tests.integration.entry.conftest import COMMUNE, HEALTH, JUSTICE, PROVINCE, Office
from tests.integration.metrics.office import ago, today
from tests.support.servers.browser import in_browser
from tests.support.servers.keyboard import Keyboard

pytestmark = [*in_browser, pytest.mark.timeout(300)]  # hundreds of presses, each looked at
TITLE = "Nghị quyết quy định mức hỗ trợ học phí trên địa bàn tỉnh"


@pytest.fixture(params=["wide", "phone"])
async def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def signed_in(office: Office, chromium: Browser, way: str, unit: str) -> AsyncIterator[Keyboard]:
    context = await chromium.new_context(**WAYS[way], locale="vi-VN")
    context.set_default_timeout(60_000)
    (cookie,) = (await office.cookies(unit, Role.UNIT)).items()
    await context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": office.url("registry")}])
    keys = Keyboard(await context.new_page())
    await keys.page.goto(f"{office.url('registry')}/home")
    yield keys
    keys.asked_no_other_host()
    await context.close()


@pytest.fixture
async def clerk(office: Office, chromium: Browser, way: str) -> AsyncIterator[Keyboard]:
    async for keys in signed_in(office, chromium, way, HEALTH):
        yield keys


@pytest.fixture
async def commune(office: Office, chromium: Browser, way: str) -> AsyncIterator[Keyboard]:
    async for keys in signed_in(office, chromium, way, COMMUNE):
        yield keys


async def test_a_clerk_from_an_empty_system_to_a_communication(
    office: Office, clerk: Keyboard, a_code: str
) -> None:
    await clerk.follow("Đăng ký dự thảo")
    await clerk.press("Xem trước khi ghi nhận")
    await clerk.is_at_the_errors()
    await look(clerk.page, "keys-draft-errors")
    await clerk.type_into("Mã dự thảo", a_code)
    await clerk.type_into("Tên", TITLE)
    await clerk.choose_from("Hình thức văn bản", "Nghị quyết của Hội đồng nhân dân cấp tỉnh")
    for criterion in ("quyền", "khó", "phạm vi"):
        await clerk.choose(criterion, "Có")
    await clerk.type_into("Chính sách 1", "Hỗ trợ học phí")
    await clerk.type_into("Chính sách 2", "Miễn học phí mầm non")
    await clerk.press("Xem trước khi ghi nhận")
    await look(clerk.page, "keys-draft-review")
    await clerk.press("Ghi nhận")
    await clerk.follow("Vào giai đoạn")
    await clerk.choose_from("Giai đoạn", "Lấy ý kiến dự")
    await clerk.type_day("Ngày", today())
    await clerk.press("Xem thời hạn trước khi ghi nhận")
    await look(clerk.page, "keys-stage-review")
    await clerk.press("Ghi nhận")
    await clerk.follow("Ghi nhận truyền thông")
    await clerk.press("Ghi nhận")
    await clerk.is_at_the_errors()
    await look(clerk.page, "keys-communication-errors")
    await clerk.type_day("Ngày", today())
    await clerk.choose_from("Hình thức", "Hội nghị")
    await clerk.type_into("Tên hoạt động", "Hội nghị lấy ý kiến")
    for number in (1, 2):
        await clerk.tick(f"Chính sách {number}.")
    await clerk.press("Ghi nhận")
    await clerk.page.get_by_role("heading", name="Việc tiếp theo").wait_for()
    await look(clerk.page, "keys-communication-done")
    draft = await office.draft(a_code)
    assert [stage["stage"] for stage in draft["stages"]] == ["draft_consultation"]
    held = await office.platform.campaigns.client.get(f"/drafts/{a_code}/communications")
    assert [row["policies"] for row in held.json()["items"]] == [[1, 2]]


async def recorded(keys: Keyboard) -> None:
    await keys.press("Ghi nhận")
    assert "Đã ghi nhận" in await keys.page.inner_text("h1"), await keys.page.inner_text("main")


async def test_a_commune_with_its_programme(office: Office, commune: Keyboard, a_code: str) -> None:
    """It enters its plan, reports the task that it was assigned, and asks for help."""
    task = {
        "year": str(today().year),
        "unit_code": PROVINCE,
        "kind": "task_assigned",
        "title": f"Họp dân {a_code}",
    }
    task |= {
        "happened_on": ago(9),
        "lead_unit_code": COMMUNE,
        "due_on": ago(-9),
        "year_reason": "năm thử nghiệm",
    }
    await office.platform.import_rows("programme", [task])
    await office.platform.settled()
    await commune.follow("Chương trình, việc được giao")
    await look(commune.page, "keys-programme")
    await commune.follow("Ban hành kế hoạch")
    await commune.press("Ghi nhận")
    await commune.is_at_the_errors()
    await look(commune.page, "keys-plan-errors")
    await commune.type_into("Tên kế hoạch", f"Kế hoạch truyền thông {a_code}")
    await commune.type_into("Văn bản", "12/KH-UBND")
    await commune.type_day("Ngày ban hành", today())
    await recorded(commune)
    await commune.follow("Chương trình")
    await commune.follow("Báo cáo kết quả nhiệm vụ", f"Họp dân {a_code}")
    await commune.type_into("Sản phẩm, kết quả", "Biên bản họp dân")
    await commune.type_day("Ngày", today())
    await recorded(commune)
    await commune.follow("Trang của đơn vị")
    await commune.follow("Chương trình, việc được giao")
    await commune.follow("Nêu khó khăn, vướng mắc")
    await commune.type_into("Khó khăn, vướng mắc", f"Chưa có loa {a_code}")
    await commune.type_into("Mã cơ quan được đề nghị", JUSTICE)
    await commune.type_into("Nêu rõ nội dung", "Đề nghị bố trí kinh phí")
    await commune.type_day("Ngày nêu", today())
    await recorded(commune)
    await look(commune.page, "keys-obstacle-done")
    await office.platform.settled()
    path = f"/units/{COMMUNE}/programme/{today().year}"
    entries = (await office.platform.campaigns.client.get(path)).json()["entries"]
    mine = [each for each in entries if a_code in each["title"]]
    assert [each["kind"] for each in mine] == ["plan_adopted", "obstacle_raised"]
    asked = {"owed_by": PROVINCE, "open": "true"}
    answer = await office.platform.campaigns.client.get("/programme", params=asked)
    assert f"Họp dân {a_code}" in [each["title"] for each in answer.json()["items"]], (
        "the province accepts it"
    )
