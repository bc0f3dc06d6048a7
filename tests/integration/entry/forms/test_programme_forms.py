"""A commune fills its programme in with forms, another unit answers, and who supervises decides; no shell."""

import re
from typing import Any

import httpx

from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import (
    COMMUNE,
    HEALTH,
    JUSTICE,
    PROVINCE,
    SCHOOLS,
    Office,
    date_of,
    filled,
    press,
)
from tests.integration.metrics.office import ago, today

YEAR = today().year


async def entries(office: Office, unit: str = COMMUNE) -> dict[str, dict[str, Any]]:
    """Give the entries of a programme as the API shows them, by their titles; follow-ups have that of what they follow."""
    answer = await office.platform.campaigns.client.get(f"/units/{unit}/programme/{YEAR}")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["entries"]
    return {row["title"]: row for row in rows if row["of_entry"] is None}


def newest(page: httpx.Response) -> dict[str, str]:
    assert page.status_code == 200, page.text
    return {"min_position": page.headers["loa-position"]}


async def entered(client: httpx.AsyncClient, unit: str, kind: str, **typed: Any) -> httpx.Response:
    return await press(client, await client.get(f"/entry/programme/{unit}/{YEAR}/{kind}"), "record", **typed)


async def test_a_task_from_assignment_to_acceptance(office: Office) -> None:
    title = "Tuyên truyền dự thảo Nghị quyết về học phí tại thôn"
    path = f"/entry/programme/{PROVINCE}/{YEAR}"
    async with office.browser(PROVINCE, service="campaigns") as province:
        form = await province.get(f"{path}/task_assigned")
        typed = {"title": title, "lead_unit_code": "T-KHONG-CO", "coordinating_text": "Đoàn thanh niên"}
        wrong = await press(province, form, "record", **typed | date_of("due_on", f"{YEAR}-13"))
        assert (wrong.status_code, filled(wrong)["coordinating_text"]) == (422, "Đoàn thanh niên")
        assert 'id="due_on-error"' in wrong.text
        wrong = await press(
            province, wrong, "record", **date_of("due_on", ago(1)) | date_of("happened_on", ago(9))
        )
        assert 'id="lead_unit_code-error"' in wrong.text, wrong.text
        done = await press(province, wrong, "record", lead_unit_code=COMMUNE)
        assert "Bước tiếp theo do Ủy ban nhân dân xã A thực hiện." in done.text, done.text
        assert (await press(province, wrong, "record", lead_unit_code=COMMUNE)).status_code == 200
        task = (await entries(office, PROVINCE))[title]
        assert (task["owed_by"], task["due_on"], task["status"]) == (COMMUNE, ago(1), "late")
        late = await province.get("/entry/decisions", params=newest(done))
        assert title in late.text
    own = f"{path}/{task['entry_id']}"
    async with office.browser(COMMUNE, service="campaigns") as commune:
        asked = await commune.get("/entry/programme", params=newest(done))
        assert f"{own}/task_reported".removeprefix("/") in asked.text
        assert f"{own}/task_accepted".removeprefix("/") not in asked.text
        assert (await commune.get(f"{own}/task_accepted")).status_code == 403
        progress = await press(commune, await commune.get(f"{own}/task_progressed"), "record", percent="140")
        assert (progress.status_code, "Nhiều nhất là 100" in progress.text) == (422, True)
        assert (await press(commune, progress, "record", percent="60")).status_code == 200
        report = await commune.get(f"{own}/task_reported")
        stolen = await commune.post(report.url, data=filled(report) | {CSRF_FIELD: "x", "step": "record"})
        assert stolen.status_code == 403
        reported = await press(commune, report, "record", product="Báo cáo số 12/BC-UBND")
        assert "Bước tiếp theo do Ủy ban nhân dân tỉnh T thực hiện." in reported.text, reported.text
    async with office.browser(PROVINCE, service="campaigns") as province:
        waiting = await province.get("/entry/decisions", params=newest(reported))
        assert "Kết quả nhiệm vụ chờ chấp nhận: 1" in waiting.text, waiting.text
        accepted = await province.post(
            f"{own}/task_accepted", data=filled(waiting) | {"step": "record"}
        )  # one press
        assert "Tình trạng: đã hoàn thành sau thời hạn." in accepted.text, accepted.text
        assert title not in (await province.get("/entry/decisions", params=newest(accepted))).text
    task = (await entries(office, PROVINCE))[title]
    assert (task["status"], [step["kind"] for step in task["steps"]]) == (
        "done_late",
        ["task_progressed", "task_reported", "task_accepted"],
    )


async def test_a_result_is_sent_back_and_the_task_extended(office: Office) -> None:
    title = "Đối thoại về chính sách y tế cơ sở"
    path = f"/entry/programme/{PROVINCE}/{YEAR}"
    async with (
        office.browser(PROVINCE, service="campaigns") as province,
        office.browser(COMMUNE, service="campaigns") as commune,
    ):
        done = await entered(province, PROVINCE, "task_assigned", title=title, lead_unit_code=COMMUNE)
        own = f"{path}/{(await entries(office, PROVINCE))[title]['entry_id']}"
        for product in ("Phiếu", "Phiếu có chữ ký"):
            done = await press(commune, await commune.get(f"{own}/task_reported"), "record", product=product)
            assert done.status_code == 200, done.text
            empty = await press(province, await province.get(f"{own}/task_returned"), "record")
            assert (empty.status_code, 'id="reason-error"' in empty.text) == (422, True)
            assert (await press(province, empty, "record", reason="Thiếu biên bản")).status_code == 200
        extended = await press(
            province,
            await province.get(f"{own}/task_extended"),
            "record",
            reason="Chờ lịch họp",
            **date_of("due_on", ago(-20)),
        )
        assert extended.status_code == 200, extended.text
    task = (await entries(office, PROVINCE))[title]
    assert (task["status"], task["current_due_on"], task["owed_by"]) == ("open", ago(-20), COMMUNE)


async def test_more_time_is_asked_for_and_decided_on_the_page_of_decisions(office: Office) -> None:
    path = f"/entry/programme/{PROVINCE}/{YEAR}"
    typed = {"reason": "Chờ kinh phí"} | date_of("due_on", ago(-20)) | date_of("happened_on", ago(0))
    async with (
        office.browser(PROVINCE, service="campaigns") as province,
        office.browser(COMMUNE, service="campaigns") as commune,
    ):
        for title, answer in (("Đối thoại có gia hạn", "granted"), ("Đối thoại không gia hạn", "refused")):
            due = date_of("due_on", ago(2)) | date_of("happened_on", ago(9))
            done = await entered(
                province, PROVINCE, "task_assigned", title=title, lead_unit_code=COMMUNE, **due
            )
            own = f"{path}/{(await entries(office, PROVINCE))[title]['entry_id']}"
            asked = await commune.get("/entry/programme", params=newest(done))
            assert f"{own}/extension_requested".removeprefix("/") in asked.text
            assert (await commune.get(f"{own}/task_extended")).status_code == 403
            form = await commune.get(f"{own}/extension_requested")
            early = await press(commune, form, "record", **typed | date_of("due_on", ago(3)))
            assert (early.status_code, 'id="due_on-error"' in early.text) == (422, True), early.text
            done = await press(commune, form, "record", **typed)
            assert done.status_code == 200, done.text
            shown = await commune.get("/entry/programme", params=newest(done))
            assert "Đã đề nghị gia hạn đến hết ngày" in shown.text
            waiting = await province.get("/entry/decisions", params=newest(done))
            assert "Đề nghị gia hạn: 1" in waiting.text, waiting.text
            counted = (await province.get("/waiting", params=newest(done))).json()
            assert counted["extensions"] == 1
            part = waiting.text.partition('id="gia-han"')[2].partition('id="ket-qua"')[0]
            grant, refuse = part.partition("extension_refused")[::2]
            assert title in part
            csrf = filled(waiting)[CSRF_FIELD]
            sent = hidden_of(grant if answer == "granted" else refuse) | {CSRF_FIELD: csrf, "step": "record"}
            if answer == "granted":
                answered = await province.post(f"{own}/task_extended", data=sent)
            else:
                empty = await province.post(f"{own}/extension_refused", data=sent)
                assert (empty.status_code, 'id="reason-error"' in empty.text) == (422, True)
                answered = await province.post(f"{own}/extension_refused", data=sent | {"reason": "Gần xong"})
            assert answered.status_code == 200, answered.text
            after = await province.get("/entry/decisions", params=newest(answered))
            assert "Đề nghị gia hạn: 0" in after.text
    tasks = await entries(office, PROVINCE)
    given, refused = tasks["Đối thoại có gia hạn"], tasks["Đối thoại không gia hạn"]
    assert (given["current_due_on"], given["status"]) == (ago(-20), "open")
    assert (refused["current_due_on"], refused["status"]) == (ago(2), "late")


def hidden_of(part: str) -> dict[str, str]:
    """Read what the forms in a part of a page send without being seen."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', part))


async def test_an_obstacle_is_forwarded_and_decided(office: Office) -> None:
    title = "Chưa có kinh phí in tài liệu"
    path = f"/entry/programme/{COMMUNE}/{YEAR}"
    async with office.browser(COMMUNE, service="campaigns") as commune:
        raised = await entered(
            commune,
            COMMUNE,
            "obstacle_raised",
            title=title,
            lead_unit_code=HEALTH,
            note="Đề nghị bố trí 20 triệu đồng",
            **date_of("happened_on", ago(10)),
        )
        assert "Bước tiếp theo do Sở Y tế tỉnh T thực hiện." in raised.text, raised.text
        assert title not in (await commune.get("/entry/decisions", params=newest(raised))).text
    number = (await entries(office))[title]["entry_id"]
    own = f"{path}/{number}"
    async with office.browser(SCHOOLS, service="campaigns") as other:
        assert title not in (await other.get("/entry/decisions", params=newest(raised))).text
        assert (await other.get(f"{own}/obstacle_decided")).status_code == 403
    async with office.browser(HEALTH, service="campaigns") as health:
        waiting = await health.get("/entry/decisions", params=newest(raised))
        assert title in waiting.text
        assert "Đề nghị bố trí 20 triệu đồng" in waiting.text
        assert "ngày làm việc" in waiting.text
        forward = await press(health, await health.get(f"{own}/obstacle_forwarded"), "record")
        assert 'id="lead_unit_code-error"' in forward.text
        passed = await press(health, forward, "record", lead_unit_code=PROVINCE.lower())
        assert "Bước tiếp theo do Ủy ban nhân dân tỉnh T thực hiện." in passed.text, passed.text
        assert title not in (await health.get("/entry/decisions", params=newest(passed))).text
    async with office.browser(JUSTICE, Role.SUPERVISOR, "campaigns") as justice:
        assert title in (await justice.get("/entry/decisions", params=newest(passed))).text
    async with office.browser(PROVINCE, service="campaigns") as province:
        assert title in (await province.get("/entry/decisions", params=newest(passed))).text
        form = await province.get(f"{own}/obstacle_decided")
        decided = await press(province, form, "record", note="Bố trí trong quý IV", document="CV 15/UBND-TP")
        assert decided.status_code == 200, decided.text
        assert title not in (await province.get("/entry/decisions", params=newest(decided))).text
    obstacle = (await entries(office))[title]
    assert (obstacle["status"], [step["kind"] for step in obstacle["steps"]]) == (
        "done",
        ["obstacle_forwarded", "obstacle_decided"],
    )


async def test_every_kind_has_a_form_that_can_be_sent(office: Office) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "plan_adopted": {"document": "Kế hoạch số 5/KH-UBND"},
        "directive_issued": {"document": "Công văn số 6/UBND"},
        "advice_given": {},
        "inspection_conducted": {"lead_unit_code": COMMUNE, "quantity": "2"},
        "training_held": {"quantity": "1.200", "amount": "15.000.000"},
        "reporter_listed": {"quantity": "7"},
        "contribution_received": {"product": "Loa truyền thanh", "quantity": "3"},
        "report_submitted": {"lead_unit_code": SCHOOLS, **date_of("due_on", f"{YEAR}-12")},
    }
    async with office.browser(PROVINCE, service="campaigns") as clerk:
        for kind, typed in kinds.items():
            missing = await entered(clerk, PROVINCE, kind, **typed)
            assert (missing.status_code, 'id="title-error"' in missing.text) == (422, True), kind
            done = await press(clerk, missing, "record", title=f"Mục {kind}")
            assert done.status_code == 200, (kind, done.text)
        page = await clerk.get("/entry/programme", params=newest(done))
        shown = await entries(office, PROVINCE)
        for kind in kinds:
            assert (shown[f"Mục {kind}"]["kind"], f"Mục {kind}" in page.text) == (kind, True)
        assert shown["Mục report_submitted"]["due_precision"] == "month"
        assert shown["Mục training_held"]["amount"] == 15_000_000
        inspection = f"/entry/programme/{PROVINCE}/{YEAR}/{shown['Mục inspection_conducted']['entry_id']}"
        step = await clerk.get(f"{inspection}/finding_recorded")
        done = await press(clerk, step, "record", title="Thiếu sổ theo dõi", lead_unit_code=COMMUNE)
        assert done.status_code == 200, done.text
        wrong = await clerk.get(f"/entry/programme/{PROVINCE}/{YEAR}/task_reported")
        assert (wrong.status_code, "không phải là biểu mẫu" in wrong.text) == (422, True)


async def test_an_entry_is_corrected_and_cancelled_with_a_reason(office: Office) -> None:
    async with office.browser(COMMUNE, service="campaigns") as clerk:
        done = await entered(
            clerk, COMMUNE, "training_held", title="Tập huấn tuyên truyền viên", quantity="53", note="Cả ngày"
        )
        assert done.status_code == 200, done.text
        own = f"/entry/programme/{COMMUNE}/{YEAR}/{(await entries(office))['Tập huấn tuyên truyền viên']['entry_id']}"
        form = await clerk.get(f"{own}/entry_corrected")
        assert (filled(form)["quantity"], filled(form)["note"]) == ("53", "Cả ngày")
        late = await clerk.get(f"{own}/entry_corrected")
        unexplained = await press(clerk, form, "record", quantity="35")
        assert 'id="reason-error"' in unexplained.text
        assert (await press(clerk, unexplained, "record", reason="Ghi nhầm")).status_code == 200
        stale = await press(clerk, late, "record", quantity="36", reason="Ghi nhầm")
        assert stale.status_code == 412
        training = (await entries(office))["Tập huấn tuyên truyền viên"]
        assert (training["quantity"], training["note"], training["corrected"]) == (35, "Cả ngày", True)
        cancelled = await press(
            clerk, await clerk.get(f"{own}/entry_cancelled"), "record", reason="Không tổ chức"
        )
        assert cancelled.status_code == 200, cancelled.text
    assert (await entries(office))["Tập huấn tuyên truyền viên"]["cancelled"]
    async with office.browser(SCHOOLS, service="campaigns") as other:
        for kind in ("entry_corrected", "entry_cancelled"):
            assert (await other.get(f"{own}/{kind}")).status_code == 403
        assert (await other.get(f"/entry/programme/{COMMUNE}/{YEAR}/training_held")).status_code == 403
        page = await other.get("/entry/programme", params={"unit": COMMUNE})
        assert (page.status_code, "entry_corrected" in page.text) == (200, False)
