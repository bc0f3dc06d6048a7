"""A clerk plans an activity, moves it, cancels it, and names the document of the plan; each with a form."""

from datetime import timedelta
from typing import Any

from shared.auth.sessions import CSRF_FIELD
from tests.integration.entry.conftest import HEALTH, SCHOOLS, Office, date_of, filled, press
from tests.integration.entry.forms.test_communication_form import in_consultation, listed, recorded
from tests.integration.metrics.office import ago, today

TALK: dict[str, Any] = {"title": "Đối thoại với phụ huynh", "channel": "dialogue", "budget": "15.000.000"}
LATER = (today() + timedelta(days=40)).isoformat()


async def plan_of(office: Office, code: str) -> dict[str, Any]:
    answer = await office.platform.campaigns.client.get(f"/drafts/{code}/plan")
    assert answer.status_code == 200, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def test_an_activity_is_planned_moved_and_cancelled(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    path = f"/entry/drafts/{a_code}/plan"
    async with office.browser(HEALTH, service="campaigns") as clerk:
        form = await clerk.get(path)
        wrong = await press(clerk, form, "record", budget="nhiều", title=TALK["title"])
        assert (wrong.status_code, filled(wrong)["title"]) == (422, TALK["title"])
        for name in ("planned_on", "budget"):
            assert f'id="{name}-error"' in wrong.text, name
        typed = TALK | date_of("planned_on", LATER)
        done = await press(clerk, wrong, "record", **typed)
        assert (done.status_code, "sau hạn truyền thông của giai đoạn" in done.text) == (200, True), done.text
        assert (await press(clerk, wrong, "record", **typed)).status_code == 200
        (activity,) = (await plan_of(office, a_code))["activities"]
        assert (activity["planned_on"], activity["budget"]) == (LATER, 15_000_000)
        own = f"{path}/{activity['activity_id']}"
        moving, cancelling = await clerk.get(f"{own}/reschedule"), await clerk.get(f"{own}/cancel")
        assert filled(moving)["planned_on_year"] == LATER[:4]
        stolen = await clerk.post(moving.url, data=filled(moving) | {CSRF_FIELD: "x", "step": "record"})
        assert stolen.status_code == 403
        typed = {"reason": "Trùng lịch họp.", **date_of("planned_on", ago(-2))}
        moved = await press(clerk, moving, "record", **typed)
        assert (moved.status_code, "Đã dời ngày" in moved.text) == (200, True), moved.text
        stale = await press(clerk, cancelling, "record", reason="Không tổ chức.")
        assert (stale.status_code, filled(stale)["reason"]) == (412, "Không tổ chức.")
        assert (await press(clerk, stale, "record")).status_code == 200
        assert "Đã hủy" in (await clerk.get(path)).text
    (activity,) = (await plan_of(office, a_code))["activities"]
    assert (activity["state"], activity["reason"]) == ("cancelled", "Không tổ chức.")
    async with office.browser(SCHOOLS, service="campaigns") as other:
        assert (await other.get(path)).status_code == 403


async def test_a_planned_activity_is_chosen_when_it_is_recorded(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    async with office.browser(HEALTH, service="campaigns") as clerk:
        path = f"/entry/drafts/{a_code}/plan"
        done = await press(clerk, await clerk.get(path), "record", **TALK | date_of("planned_on", ago(1)))
        assert done.status_code == 200, done.text
        (activity,) = (await plan_of(office, a_code))["activities"]
        newest = {"min_position": done.headers["loa-position"]}
        form = await clerk.get(f"/entry/drafts/{a_code}/communications", params=newest)
        assert TALK["title"] in form.text
    held = await recorded(office, a_code, activity_id=activity["activity_id"])
    assert held.status_code == 200, held.text
    (communication,) = await listed(office, a_code)
    assert communication["activity_id"] == activity["activity_id"]
    (activity,) = (await plan_of(office, a_code))["activities"]
    assert activity["state"] == "carried_out"


async def test_the_document_of_the_plan(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    async with office.browser(HEALTH, service="campaigns") as clerk:
        form = await clerk.get(f"/entry/drafts/{a_code}/plan/approval")
        typed = {"document": "Kế hoạch số 12/KH-SYT", "authority": "Giám đốc Sở"}
        short = await press(clerk, form, "record", **typed | date_of("approved_on", "2026"))
        assert (short.status_code, "đủ ngày, tháng, năm" in short.text) == (422, True)
        done = await press(clerk, short, "record", **date_of("approved_on", ago(2)))
        assert done.status_code == 200, done.text
    approved = (await plan_of(office, a_code))["approved"]
    assert (approved["document"], approved["approved_on"]) == ("Kế hoạch số 12/KH-SYT", ago(2))
