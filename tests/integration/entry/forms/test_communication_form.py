"""Clerks record what their unit did for a draft, correct it and take it back, each with a form."""

import re
from typing import Any

import httpx

from shared.auth.sessions import CSRF_FIELD
from tests.integration.entry.conftest import COMMUNE, HEALTH, SCHOOLS, Office, date_of, filled, press
from tests.integration.entry.forms.test_draft_form import registered
from tests.integration.entry.forms.test_stage_form import due_after, entered
from tests.integration.metrics.office import ago

HELD: dict[str, Any] = {"channel": "conference", "title": "Hội nghị lấy ý kiến dự thảo", "policies": ["1"]}
OWN = re.compile(r"entry/communications/([0-9a-f-]{36})/correct")


def path_of(code: str) -> str:
    return f"/entry/drafts/{code}/communications"


async def in_consultation(office: Office, code: str, day: str = ago(3)) -> None:
    await registered(office, code)
    async with office.browser(HEALTH) as clerk:
        assert (await entered(clerk, code, "draft_consultation", day)).status_code == 200


async def recorded(office: Office, code: str, unit: str = HEALTH, **typed: Any) -> httpx.Response:
    async with office.browser(unit, service="campaigns") as clerk:
        form = await clerk.get(path_of(code))
        assert form.status_code == 200, form.text
        return await press(clerk, form, "record", **HELD | date_of("held_on", ago(1)) | typed)


async def listed(office: Office, code: str, **query: Any) -> list[dict[str, Any]]:
    position = await office.platform.head()
    path, params = f"/drafts/{code}/communications", {"min_position": position, **query}
    answer = await office.platform.campaigns.client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_communication_is_recorded_once_with_what_follows(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    async with office.browser(HEALTH, service="campaigns") as clerk:
        form = await clerk.get(path_of(a_code))
        assert "Hỗ trợ học phí cho học sinh vùng khó khăn" in form.text
        typed = (
            HELD | date_of("held_on", ago(1)) | {"content": ["necessity", "changes"], "attendance": "1.200"}
        )
        typed |= {"audience": "phụ huynh; giáo viên", "cost_state": "15.000.000", "area": "Phường A, tỉnh T"}
        done = await press(clerk, form, "record", **typed)
        assert done.status_code == 200, done.text
        assert f"được tính cho giai đoạn “Lấy ý kiến dự thảo” (hạn {due_after(ago(3))}), trong" in done.text
        twice = await press(clerk, form, "record", **typed)
        assert (twice.status_code, "Đã ghi nhận" in twice.text) == (200, True)
        changed = await press(clerk, form, "record", **typed | {"title": "Hội nghị khác"})
        assert (changed.status_code, "gửi lại để ghi nhận thêm" in changed.text) == (422, True)
        assert filled(changed)["title"] == "Hội nghị khác"
        own = await clerk.get(f"/entry/communications?min_position={done.headers['loa-position']}")
        assert HELD["title"] in own.text
    (held,) = await listed(office, a_code)
    assert (held["policies"], held["content"], held["attendance"]) == ([1], ["necessity", "changes"], 1200)
    assert (held["audience"], held["area"]) == (["phụ huynh", "giáo viên"], ["Phường A, tỉnh T"])
    assert (held["cost_state"], held["role"], held["unit_code"]) == (15_000_000, None, None)


async def test_every_error_stands_beside_its_field_and_keeps_the_text(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(HEALTH, service="campaigns") as clerk:
        form = await clerk.get(path_of(a_code))
        typed = {"title": "Gọi 0912345678", "url": "javascript:1", "attendance": "nhiều"}
        wrong = await press(clerk, form, "record", **typed | date_of("held_on", "2031"))
        assert wrong.status_code == 422
        for name in ("channel", "title", "policies", "url", "attendance"):
            assert f'<a href="#{name}">' in wrong.text, name
            assert f'id="{name}-error"' in wrong.text, name
        assert filled(wrong) | typed == filled(wrong)
        future = await press(clerk, form, "record", **HELD | date_of("held_on", "2031"))
        assert (future.status_code, 'id="held_on-error"' in future.text) == (422, True)
        assert filled(future)["held_on_year"] == "2031"
    assert await listed(office, a_code) == []


async def test_a_commune_records_its_support(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    done = await recorded(office, a_code, COMMUNE, channel="commune_loudspeaker", policies=["0"], items="3")
    assert "hoạt động hỗ trợ không tính" in done.text
    asked = await recorded(office, a_code, COMMUNE, title="Cùng Sở tổ chức", role="coordinating")
    assert "Cơ quan chủ trì soạn thảo xác nhận thì" in asked.text
    rows = {row["title"]: row for row in await listed(office, a_code)}
    assert (rows[HELD["title"]]["role"], rows[HELD["title"]]["unit_code"]) == ("support", COMMUNE)
    assert (rows[HELD["title"]]["policies"], rows[HELD["title"]]["items"]) == ([], 3)
    assert rows["Cùng Sở tổ chức"]["requested_role"] == "coordinating"
    path, newest = "/entry/communications", {"min_position": await office.platform.head()}
    address = f"{path}/{rows['Cùng Sở tổ chức']['communication_id']}/confirm"
    async with office.browser(HEALTH, service="campaigns") as lead:
        page = await lead.get(path, params=newest)
        assert "Ủy ban nhân dân xã A: Cùng Sở tổ chức" in page.text
        assert f'action="..{address}"' in page.text
        token = {CSRF_FIELD: filled(page)[CSRF_FIELD], "step": "record"}
        stolen = await lead.post(address, data=token | {CSRF_FIELD: "x"})
        opened = await lead.post(address, data=token | {"step": "edit"})
        assert (stolen.status_code, opened.status_code) == (403, 303)
        asked_still = [row["requested_role"] for row in await listed(office, a_code)]
        assert "coordinating" in asked_still, "nothing is confirmed so far"
        done = await lead.post(address, data=token)
        assert (done.status_code, "được tính cho giai đoạn" in done.text) == (200, True), done.text
        assert (await lead.post(address, data=token)).status_code == 200
        newest = {"min_position": int(done.headers["loa-position"])}
        after = await lead.get(path, params=newest)
        assert "Cùng Sở tổ chức" not in after.text, "it is confirmed, and of another unit"
    async with office.browser(SCHOOLS, service="campaigns") as other:
        token[CSRF_FIELD] = filled(await other.get(path_of(a_code)))[CSRF_FIELD]
        assert (await other.post(address, data=token)).status_code == 403
    roles = {row["title"]: row["role"] for row in await listed(office, a_code)}
    assert roles["Cùng Sở tổ chức"] == "coordinating"


async def test_a_correction_replaces_what_was_wrong_and_keeps_the_rest(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    await recorded(office, a_code, place="Hội trường A")
    (held,) = await listed(office, a_code)
    path = f"/entry/communications/{held['communication_id']}/correct"
    async with office.browser(HEALTH, service="campaigns") as clerk:
        form = await clerk.get(path)
        assert filled(form)["place"] == "Hội trường A"
        unexplained = await press(clerk, form, "record", title="Hội nghị góp ý")
        assert (unexplained.status_code, 'id="reason-error"' in unexplained.text) == (422, True)
        assert filled(unexplained)["title"] == "Hội nghị góp ý"
        done = await press(clerk, unexplained, "record", reason="Ghi nhầm tên.", policies=["1", "2"])
        assert (done.status_code, "Đã đính chính" in done.text) == (200, True), done.text
        stale = await press(clerk, form, "record", title="Muộn", reason="Ghi nhầm.")
        assert stale.status_code in {412, 422}, stale.text
        assert filled(stale)["title"] == "Muộn"
    async with office.browser(SCHOOLS, service="campaigns") as other:
        assert (await other.get(path)).status_code == 403
    (corrected,) = await listed(office, a_code)
    assert (corrected["title"], corrected["place"], corrected["policies"]) == (
        "Hội nghị góp ý",
        "Hội trường A",
        [1, 2],
    )


async def test_a_conflict_shows_what_is_recorded_now(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    await recorded(office, a_code)
    (held,) = await listed(office, a_code)
    path = f"/entry/communications/{held['communication_id']}/correct"
    async with office.browser(HEALTH, service="campaigns") as clerk:
        first, second = await clerk.get(path), await clerk.get(path)
        await press(clerk, first, "record", title="Tên mới nhất", reason="Ghi nhầm.")
        stale = await press(clerk, second, "record", title="Tên của tôi", reason="Ghi nhầm.")
        assert (stale.status_code, "Dữ liệu đã có thay đổi" in stale.text) == (412, True)
        assert "Tên mới nhất" in stale.text
        assert filled(stale)["title"] == "Tên của tôi"
        assert (await press(clerk, stale, "record")).status_code == 200


async def test_a_communication_is_taken_back_with_a_reason(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    await recorded(office, a_code)
    (held,) = await listed(office, a_code)
    path = f"/entry/communications/{held['communication_id']}/retract"
    async with office.browser(COMMUNE, service="campaigns") as other:
        assert (await other.get(path)).status_code == 403
    async with office.browser(HEALTH, service="campaigns") as clerk:
        form = await clerk.get(path)
        assert HELD["title"] in form.text
        assert (await press(clerk, form, "record")).status_code == 422
        stolen = await clerk.post(
            path, data=filled(form) | {CSRF_FIELD: "x", "step": "record", "reason": "Nhầm"}
        )
        assert (stolen.status_code, filled(stolen)["reason"]) == (403, "Nhầm")
        done = await press(clerk, form, "record", reason="Không diễn ra.")
        assert (done.status_code, "Đã rút" in done.text) == (200, True)
        assert (await press(clerk, form, "record", reason="Không diễn ra.")).status_code == 200
    assert await listed(office, a_code) == []
    (retracted,) = await listed(office, a_code, include_retracted="true")
    assert retracted["retraction_reason"] == "Không diễn ra."


async def test_pages_work_below_a_prefix_of_a_proxy(office: Office, a_code: str) -> None:
    """Links within a service are relative, and forms are sent to where they stand."""
    await registered(office, a_code)
    for service, path, own in (
        ("registry", f"/entry/drafts/{a_code}/stages", "../../../home"),
        ("campaigns", path_of(a_code), "../../../entry/communications"),
    ):
        async with office.browser(HEALTH, service=service) as clerk:
            page = await clerk.get(path)
        assert 'href="/' not in page.text
        assert f'href="{own}"' in page.text
        assert '<form method="post" novalidate>' in page.text
