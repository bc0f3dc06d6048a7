"""A supervising body merges, splits and renames units with a form: all open drafts go along, and are shown before."""

import html
from typing import Any

from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import JUSTICE, PROVINCE, Office, date_of, press
from tests.integration.metrics.office import ago

BASIS = "Nghị quyết số 9/NQ-HĐND"


async def units(office: Office, *codes: str) -> None:
    rows = [
        {
            "code": code,
            "level": "provincial",
            "kind": "department",
            "parent_code": PROVINCE,
            "name": f"Sở {code}",
        }
        for code in codes
    ]
    await office.platform.import_rows("units", rows)


async def drafts(office: Office, lead: str, *codes: str) -> None:
    for code in codes:
        body = {"draft_code": code, "title": f"Nghị quyết {code}", "instrument": "provincial_resolution"}
        body |= {"lead_unit_code": lead, "regime": "law_2025_amended"}
        answer = await office.platform.registry.client.post("/drafts", json=body)
        assert answer.status_code == 201, answer.text
    await office.platform.settled()


async def leads(office: Office, *codes: str) -> list[str]:
    shown: list[dict[str, Any]] = [await office.draft(code) for code in codes]
    return [draft["lead_unit_code"] for draft in shown]


async def test_a_merger_takes_all_open_drafts_along(office: Office, a_code: str) -> None:
    old, new = f"{a_code}-CU", f"{a_code}-MOI"
    codes = [f"{a_code}-{number}" for number in (1, 2)]
    await units(office, old, new)
    await drafts(office, old, *codes)
    withdrawn = {"on": ago(1)}
    answer = await office.platform.registry.client.post(f"/drafts/{codes[1]}/withdraw", json=withdrawn)
    assert answer.status_code == 200, answer.text
    await office.platform.settled()
    async with office.browser(JUSTICE, Role.SUPERVISOR) as justice:
        form = await justice.get(f"/entry/units/{old}/reorganisation")
        assert "đơn vị chủ trì: <strong>01</strong>" in form.text, form.text
        typed = {"kind": "merge", "to_codes": f"{new.lower()}; {PROVINCE}", "name": ""}
        wrong = await press(justice, form, "review", **typed)
        assert wrong.status_code == 422
        for name in ("on", "legal_basis", "to_codes"):
            assert f'id="{name}-error"' in wrong.text, name
        nowhere = await press(
            justice, wrong, "review", to_codes="T-NOWHERE", legal_basis=BASIS, **date_of("on", ago(0))
        )
        assert nowhere.status_code == 403, nowhere.text  # no unit of its area
        review = await press(
            justice, wrong, "review", to_codes=new, legal_basis=BASIS, **date_of("on", ago(0))
        )
        assert review.status_code == 200, review.text
        assert f"→ Sở {new}" in html.unescape(review.text)
        assert await leads(office, codes[0]) == [old]  # nothing is recorded yet
        stolen = await justice.post(review.url, data={"step": "record", CSRF_FIELD: "x"})
        assert stolen.status_code == 403
        done = await press(justice, review, "record")
        assert (done.status_code, "Đã chuyển 01 dự thảo" in done.text) == (200, True), done.text
        assert (await press(justice, review, "record")).status_code == 200
    assert await leads(office, *codes) == [new, old]
    unit = (await office.platform.registry.client.get(f"/units/{old}")).json()
    assert [row["to_code"] for row in unit["successions"]] == [new]


async def test_a_split_hands_each_draft_to_the_chosen_unit(office: Office, a_code: str) -> None:
    old, first, second = (f"{a_code}-{name}" for name in ("CU", "MOT", "HAI"))
    codes = [f"{a_code}-{number}" for number in (1, 2)]
    await units(office, old, first, second)
    await drafts(office, old, *codes)
    async with office.browser(JUSTICE, Role.SUPERVISOR) as justice:
        form = await justice.get(f"/entry/units/{old}/reorganisation")
        typed = {"kind": "split", "to_codes": f"{first}; {second}", "legal_basis": BASIS}
        review = await press(justice, form, "review", **typed | date_of("on", ago(0)))
        assert review.status_code == 200, review.text
        done = await press(justice, review, "record", **{f"to_{codes[1]}": second})
        assert done.status_code == 200, done.text
    assert await leads(office, *codes) == [first, second]


async def test_a_new_name_and_nobody_else(office: Office, a_code: str) -> None:
    old = f"{a_code}-CU"
    await units(office, old)
    await drafts(office, old, a_code)
    async with office.browser(JUSTICE, Role.SUPERVISOR) as justice:
        form = await justice.get(f"/entry/units/{old}/reorganisation")
        typed = {"kind": "rename", "name": "Sở Nông nghiệp và Môi trường", "legal_basis": BASIS}
        review = await press(justice, form, "review", **typed | date_of("on", ago(0)))
        assert (await press(justice, review, "record")).status_code == 200, review.text
    unit = (await office.platform.registry.client.get(f"/units/{old}")).json()
    assert unit["unit_name"] == "Sở Nông nghiệp và Môi trường"
    assert await leads(office, a_code) == [old]
    for role, code in ((Role.UNIT, old), (Role.HEAD, old), (Role.SUPERVISOR, old)):
        async with office.browser(code, role) as own:
            assert (await own.get(f"/entry/units/{old}/reorganisation")).status_code == 403, role
