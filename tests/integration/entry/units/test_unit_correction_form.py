"""A supervising body corrects what a change of a unit was recorded with, having seen both before."""

import html
from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import JUSTICE, PROVINCE, Office, date_of, press
from tests.integration.entry.units.test_reorganisation import BASIS, drafts, leads, units
from tests.integration.metrics.office import ago

REASON = "Ghi nhầm so với văn bản"


async def changed(office: Office, code: str, what: str, body: dict[str, Any]) -> str:
    """Record a change; give its id."""
    client = office.platform.registry.client
    answer = await client.post(f"/units/{code}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    changes: list[dict[str, Any]] = (await client.get(f"/units/{code}")).json()["changes"]
    return str(changes[-1]["change_id"])


@pytest.mark.parametrize(
    ("what", "body", "typed", "before", "after"),
    [
        (
            "rename",
            {"name": "Sở Khác", "on": "2025-03-01"},
            {"name": "Sở Đúng", "legal_basis": BASIS},
            "Đổi tên thành “Sở Khác”, từ ngày 01/03/2025",
            "Đổi tên thành “Sở Đúng”, từ ngày 01/03/2025",
        ),
        (
            "move",
            {"parent_code": PROVINCE, "on": "2025-03-01"},
            {"parent_code": "", **date_of("on", "2025-04-01")},
            "từ ngày 01/03/2025",
            "Đơn vị không trực thuộc đơn vị nào, từ ngày 01/04/2025",
        ),
        (
            "supervision",
            {"supervisor_code": PROVINCE, "kind": "council", "on": "2025-03-01"},
            date_of("on", "2025-05-02"),
            "từ ngày 01/03/2025",
            "từ ngày 02/05/2025",
        ),
        (
            "successions",
            {"kind": "dissolve", "date": "2025-07-01", "legal_basis": BASIS},
            {**date_of("on", "2025-08-01"), "legal_basis": ""},
            "Giải thể, kết thúc hoạt động, từ ngày 01/07/2025",
            "Giải thể, kết thúc hoạt động, từ ngày 01/08/2025",
        ),
    ],
)
async def test_each_kind_of_change_is_corrected(
    office: Office,
    a_code: str,
    what: str,
    body: dict[str, Any],
    typed: dict[str, str],
    before: str,
    after: str,
) -> None:
    await units(office, a_code)
    change = await changed(office, a_code, what, body)
    async with office.browser(JUSTICE, Role.OPERATOR) as operator:
        history = await operator.get(f"/entry/units/{a_code}/changes")
        assert f"{change}/correction" in history.text
        form = await operator.get(f"/entry/units/{a_code}/changes/{change}/correction")
        assert before in html.unescape(form.text), form.text
        unchanged = await press(operator, form, "review", reason=REASON)
        assert (unchanged.status_code, "Chưa có nội dung nào khác" in html.unescape(unchanged.text)) == (
            422,
            True,
        )
        review = await press(operator, form, "review", reason=REASON, **typed)
        assert review.status_code == 200, review.text
        shown = html.unescape(review.text)
        assert before in shown
        assert after in shown.split("Sẽ ghi nhận: ")[1], shown
        done = await press(operator, review, "record")
        assert (done.status_code, "Đã đính chính" in html.unescape(done.text)) == (200, True), done.text
        again = await press(operator, review, "record")  # a double press
        assert again.status_code == 200, again.text
        history = await operator.get(f"/entry/units/{a_code}/changes")
        listed = html.unescape(history.text)
        assert after in listed
        assert f"lý do: {REASON}" in listed
        assert listed.count("/correction") == 1
        assert (await operator.get(str(form.url))).status_code == 404
    holds = (await office.platform.registry.client.get(f"/units/{a_code}")).json()["changes"]
    assert [each["cancelled"] is None for each in holds] == [False, True]
    if "legal_basis" in typed:
        assert holds[-1]["data"].get("legal_basis") == (typed["legal_basis"] or None)


async def test_another_successor_needs_the_drafts_back_first(office: Office, a_code: str) -> None:
    old, new, right = f"{a_code}-CU", f"{a_code}-MOI", f"{a_code}-DUNG"
    await units(office, old, new, right)
    await drafts(office, old, a_code)
    async with office.browser(JUSTICE, Role.OPERATOR) as operator:
        form = await operator.get(f"/entry/units/{old}/reorganisation")
        typed = {"kind": "merge", "to_codes": new, "legal_basis": BASIS, **date_of("on", ago(0))}
        await press(operator, await press(operator, form, "review", **typed), "record")
        await office.platform.settled()
        client = office.platform.registry.client
        change = (await client.get(f"/units/{old}")).json()["changes"][-1]["change_id"]
        form = await operator.get(f"/entry/units/{old}/changes/{change}/correction")
        assert f"Chuyển lại {a_code}" in form.text, form.text
        stands = await press(operator, form, "review", reason=REASON, to_code=right.lower())
        assert stands.status_code == 409, stands.text
        basis = await press(operator, form, "review", reason=REASON, legal_basis="Nghị quyết 2/NQ-HĐND")
        assert basis.status_code == 200, basis.text
        back = {"to_unit_code": old, "on": ago(0), "document": BASIS}
        assert (await client.post(f"/drafts/{a_code}/transfer", json=back)).status_code == 200
        await office.platform.settled()
        unknown = await press(operator, stands, "review", to_code="KHONG-CO")
        assert (unknown.status_code, 'id="to_code-error"' in unknown.text) == (422, True), unknown.text
        review = await press(operator, stands, "review", to_code=right)
        assert f"đơn vị tiếp nhận: Sở {right}" in html.unescape(review.text), review.text
        assert (await press(operator, review, "record")).status_code == 200
    assert await leads(office, a_code) == [old]
    successions = (await client.get(f"/units/{old}")).json()["successions"]
    assert [each["to_code"] for each in successions] == [right]


async def test_it_is_for_whoever_may_correct_changes(office: Office, a_code: str) -> None:
    await units(office, a_code)
    change = await changed(office, a_code, "rename", {"name": "Sở Khác", "on": "2025-03-01"})
    address = f"/entry/units/{a_code}/changes/{change}/correction"
    for role in (Role.UNIT, Role.HEAD, Role.SUPERVISOR):
        async with office.browser(a_code, role) as own:
            assert (await own.get(address)).status_code == 403, role
    target = await changed(office, a_code, "targets", {"year": 2025, "target_percent": 62.5})
    async with office.browser(JUSTICE, Role.OPERATOR) as operator:
        assert (await operator.get(address.replace(change, target))).status_code == 404
        long = {"name": "x" * 2100, "reason": ""}
        wrong = await press(
            operator, await operator.get(address), "review", **long, **date_of("on", "2025-13-01")
        )
        assert wrong.status_code == 422
        for field in ("name", "on", "reason"):
            assert f'id="{field}-error"' in wrong.text, field
