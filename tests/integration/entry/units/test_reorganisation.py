"""A supervising body merges, splits and renames units with a form: all open drafts go along, and are shown before."""

import html
from typing import Any

import httpx

from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import JUSTICE, PROVINCE, Office, date_of, press
from tests.integration.metrics.office import ago, today
from tests.support.servers.plain import NO_AUTHORITIES

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


async def test_a_split_by_the_api_says_what_stays_with_the_former_unit(office: Office, a_code: str) -> None:
    old, first, second = (f"{a_code}-{name}" for name in ("CU", "MOT", "HAI"))
    codes = [f"{a_code}-{number}" for number in (1, 2)]
    await units(office, old, first, second)
    await drafts(office, old, *codes)
    client = office.platform.registry.client
    task = {"year": str(today().year), "year_reason": "năm thử nghiệm", "unit_code": JUSTICE}
    task |= {"kind": "task_assigned", "title": f"Tập huấn {a_code}", "entry_ref": f"NV-{a_code}"}
    await office.platform.import_rows(
        "programme", [task | {"happened_on": ago(20), "lead_unit_code": old, "due_on": ago(-5)}]
    )
    await office.platform.settled()
    split = {"kind": "split", "date": ago(0), "legal_basis": BASIS}
    answers = [
        (await client.post(f"/units/{old}/successions", json=split | {"to_code": code})).json()
        for code in (first, second)
    ]
    assert [(each["kind"], each["count"]) for each in answers[0]["remaining"]] == [("drafts", 2)]
    by_drafts, by_programme = answers[1]["remaining"]
    assert (by_drafts["count"], by_drafts["codes"]) == (2, codes)
    assert "còn chủ trì 02 dự thảo" in by_drafts["vi"], by_drafts
    assert "still leads 2 open drafts" in by_drafts["en"], by_drafts
    assert (by_programme["kind"], by_programme["count"]) == ("programme", 1)
    _, listed_by = by_programme["listed_by"].split(" ")
    await office.platform.settled()
    async with httpx.AsyncClient(headers=client.headers, verify=NO_AUTHORITIES) as anywhere:
        left = (await anywhere.get(listed_by)).json()["items"]
    assert task["title"] in [item["title"] for item in left]
    for code in codes:
        transfer = {"to_unit_code": first, "on": ago(0), "document": BASIS}
        answer = await client.post(by_drafts["moved_by"].split(" ")[1].format(draft_code=code), json=transfer)
        assert answer.status_code == 200, answer.text
    await office.platform.settled()
    again = (await client.post(f"/units/{old}/successions", json=split | {"to_code": second})).json()
    assert (again["events"], [each["kind"] for each in again["remaining"]]) == ([], ["programme"])


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
