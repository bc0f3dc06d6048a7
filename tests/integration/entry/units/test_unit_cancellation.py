"""A supervising body sees the history of a unit, and takes back what was recorded wrongly, with what follows shown before."""

import html
import re

from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import JUSTICE, PROVINCE, Office, date_of, press
from tests.integration.entry.units.test_reorganisation import BASIS, drafts, leads, units
from tests.integration.metrics.office import ago


async def test_a_merger_is_taken_back_after_its_drafts(office: Office, a_code: str) -> None:
    old, new = f"{a_code}-CU", f"{a_code}-MOI"
    await units(office, old, new)
    await drafts(office, old, a_code)
    async with office.browser(JUSTICE, Role.SUPERVISOR) as justice:
        form = await justice.get(f"/entry/units/{old}/reorganisation")
        typed = {"kind": "merge", "to_codes": new, "legal_basis": BASIS, **date_of("on", ago(0))}
        done = await press(justice, await press(justice, form, "review", **typed), "record")
        assert done.status_code == 200, done.text
        await office.platform.settled()
        history = await justice.get(f"/entry/units/{old}/changes")
        assert f"Sáp nhập, đơn vị tiếp nhận: Sở {new}" in html.unescape(history.text), history.text
        (address,) = re.findall(r'href="([^"]*/cancellation)"', history.text)
        form = await justice.get(str(history.url.join(address)))
        assert f"Chuyển lại {a_code}" in form.text, form.text
        missing = await press(justice, form, "review", reason="")
        assert (missing.status_code, 'id="reason-error"' in missing.text) == (422, True)
        stands = await press(justice, form, "review", reason="Ghi nhầm đơn vị tiếp nhận", document=BASIS)
        assert stands.status_code == 409, stands.text
        assert f"01 dự thảo ({a_code})" in stands.text
        assert "POST /drafts" not in stands.text
        back = {"to_unit_code": old, "on": ago(0), "document": BASIS}
        answer = await office.platform.registry.client.post(f"/drafts/{a_code}/transfer", json=back)
        assert answer.status_code == 200, answer.text
        await office.platform.settled()
        review = await press(justice, stands, "review")
        assert review.status_code == 200, review.text
        shown = html.unescape(review.text)
        assert f"Sở {new} không tiếp nhận việc của đơn vị này nữa." in shown
        assert "lại là việc của đơn vị này" in shown
        done = await press(justice, review, "record")
        assert (done.status_code, "Đã hủy thay đổi ghi nhầm." in done.text) == (200, True), done.text
        assert (await press(justice, review, "record")).status_code == 200  # a double press
        history = await justice.get(f"/entry/units/{old}/changes")
        assert "lý do: Ghi nhầm đơn vị tiếp nhận" in html.unescape(history.text)
        assert "/cancellation" not in history.text
        assert (await justice.get(str(form.url))).status_code == 404
    assert await leads(office, a_code) == [old]
    unit = (await office.platform.registry.client.get(f"/units/{old}")).json()
    assert unit["successions"] == []


async def test_every_kind_of_change_is_in_the_history(office: Office, a_code: str) -> None:
    await units(office, a_code)
    client, path = office.platform.registry.client, f"/units/{a_code}"
    for what, body, without in (
        ("rename", {"name": "Sở Khác", "on": "2025-03-01"}, f"Tên của đơn vị khi đó là “Sở {a_code}”."),
        ("move", {"parent_code": None, "on": "2025-03-01"}, "Đơn vị trực thuộc"),
        (
            "supervision",
            {"supervisor_code": PROVINCE, "kind": "council", "on": "2025-03-01"},
            "Không đặt riêng hội đồng phối hợp theo dõi",
        ),
        ("successions", {"kind": "dissolve", "date": "2025-07-01"}, "Đơn vị không có ngày kết thúc."),
        ("targets", {"year": 2025, "target_percent": 62.5}, None),
        ("amend", {"province_code": "01", "reason": "Thiếu mã"}, None),
    ):
        answer = await client.post(f"{path}/{what}", json=body)
        assert answer.status_code == 200, answer.text
        change = (await client.get(path)).json()["changes"][-1]["change_id"]
        async with office.browser(JUSTICE, Role.OPERATOR) as operator:
            history = await operator.get(f"/entry{path}/changes")
            address = f"/entry{path}/changes/{change}/cancellation"
            assert (f"{change}/cancellation" in history.text) == (without is not None)
            form = await operator.get(address)
            assert form.status_code == (404 if without is None else 200)
            if without is not None:
                review = await press(operator, form, "review", reason="Ghi nhầm")
                assert without in html.unescape(review.text), review.text
    shown = html.unescape(history.text)
    for words in ("Đổi tên thành “Sở Khác”", "Mục tiêu năm 2025: 62,5%", "Thiếu mã", "Giải thể", "tỉnh T"):
        assert words in shown, words
    for role in (Role.UNIT, Role.HEAD, Role.SUPERVISOR):
        async with office.browser(a_code, role) as own:
            assert (await own.get(f"/entry{path}/changes")).status_code == 403, role
