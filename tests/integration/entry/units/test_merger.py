"""Two communes are merged: who owes an open task, obstacle and report before the day and from it on, by API, figures, pages and mail."""

import html
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.answers.office import links_of, words, working_day
from tests.integration.entry.conftest import JUSTICE, PROVINCE, SCHOOLS, Office, date_of, press
from tests.integration.metrics.office import ago, today

pytestmark = pytest.mark.slow
BASIS = "Nghị quyết số 9/NQ-HĐND"
ASSIGNER = SCHOOLS  # the pages of the province are those of other tests
OBSTACLE, TASK, REPORT = "Chưa có loa truyền thanh", "Đối thoại với người dân", "Báo cáo đề án"


async def opened(office: Office, *codes: str) -> None:
    """Register communes, and let the first one owe a task, a decision about an obstacle and a report."""
    rows = [
        {
            "code": code,
            "level": "commune",
            "kind": "commune_committee",
            "parent_code": PROVINCE,
            "name": f"Ủy ban nhân dân xã {code}",
        }
        for code in codes
    ]
    await office.platform.import_rows("units", rows)
    entry = {"year": str(today().year), "year_reason": "năm thử nghiệm", "unit_code": ASSIGNER}
    entry |= {"happened_on": ago(20), "lead_unit_code": codes[0]}
    await office.platform.import_rows(
        "programme",
        [
            entry
            | {
                "kind": "task_assigned",
                "title": f"{TASK} {codes[0]}",
                "entry_ref": f"NV-{codes[0]}",
                "due_on": ago(5),
            },
            entry | {"kind": "obstacle_raised", "title": f"{OBSTACLE} {codes[0]}", "unit_code": codes[2]},
            {
                "year": str(today().year),
                "unit_code": ASSIGNER,
                "kind": "report_required",
                "title": f"{REPORT} {codes[0]}",
            }
            | {"happened_on": ago(20), "report_period": "year", "due_days": "10"}
            | {"coordinating_unit_codes": codes[0]},
        ],
    )
    await office.platform.settled()


async def listed(office: Office, code: str) -> None:
    people = [{"role": "focal_point", "email": f"vt@{code}.example.vn".lower(), "language": "vi"}]
    notifier = office.platform.services["notifier"].client
    assert (await notifier.put(f"/units/{code}/recipients", json=people)).status_code == 200


async def owed(office: Office, code: str, day: str) -> list[str]:
    """Give the titles of what a unit is to do next on a day, without what sets the tests apart."""
    asked = {"owed_by": code, "open": "true", "as_of": day}
    answer = await office.platform.campaigns.client.get("/programme", params=asked)
    assert answer.status_code == 200, answer.text
    return sorted(item["title"].rpartition(" ")[0] for item in answer.json()["items"])


async def reports(office: Office, code: str, day: str) -> list[tuple[str, str]]:
    """Give of the reports in the figures of a unit whose they are, and who is to send them."""
    asked = {"unit": code, "year": str(today().year), "as_of": day}
    answer = await office.platform.services["metrics"].client.get("/required-reports", params=asked)
    assert answer.status_code == 200, answer.text
    return [(item["unit_code"], item["owed_by"]) for item in answer.json()["reports"]]


async def mails(office: Office, code: str, after: int) -> list[EmailMessage]:
    day = working_day(after)
    notifier = office.platform.services["notifier"]
    position = await office.platform.settled()
    ticked = await notifier.client.post(
        "/tick", json={"at": day.isoformat()}, params={"min_position": position}
    )
    assert ticked.status_code == 200, ticked.text
    settings: Any = notifier.settings
    files = sorted(settings.mail_dir.glob(f"{day}_{code}_*.eml"))
    read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [mail for mail in read if TASK in words(mail)]


async def reported(office: Office, by: str, of: str) -> int:
    """Let an official of a unit report the task of another one; gives the status of the answer."""
    body = {"kind": "task_reported", "of_ref": f"NV-{of}", "happened_on": ago(0), "document": "12/BC-UBND"}
    async with office.platform.campaigns.as_(Role.UNIT, by) as clerk:
        return (await clerk.post(f"/units/{ASSIGNER}/programme/{today().year}", json=body)).status_code


async def test_what_two_communes_owe_after_their_merger(office: Office, a_code: str) -> None:
    old, new, third = (f"{a_code}-{name}" for name in ("CU", "MOI", "BA"))
    await opened(office, old, new, third)
    await listed(office, old)
    yesterday, now = ago(1), ago(0)
    for day in (yesterday, now):
        assert (await owed(office, old, day), await owed(office, new, day)) == ([OBSTACLE, TASK], [])
    assert await reports(office, old, now) == [(old, old)]
    (reminder,) = await mails(office, old, 0)
    assert f"vt@{old}.example.vn".lower() in str(reminder["To"])
    assert await reported(office, new, old) == 403

    async with office.browser(JUSTICE, Role.SUPERVISOR) as justice:
        form = await justice.get(f"/entry/units/{old}/reorganisation")
        shown = html.unescape(form.text)
        for sentence in (
            "Việc chưa xong trong chương trình: <strong>02</strong>",
            "Người nhận thư: <strong>01</strong>",
        ):
            assert sentence in shown, shown
        typed = {"kind": "merge", "to_codes": new, "legal_basis": BASIS}
        review = await press(justice, form, "review", **typed | date_of("on", now))
        shown = html.unescape(review.text)
        for title in (TASK, OBSTACLE):
            assert f": {title}" in shown
        assert shown.count(f"→ Ủy ban nhân dân xã {new}") == 2
        assert f"xã {new} chưa có người nhận thư" in shown
        assert await owed(office, new, now) == [], "nothing is recorded yet"
        assert (await press(justice, review, "record")).status_code == 200
    await office.platform.settled()

    assert (await owed(office, old, yesterday), await owed(office, new, yesterday)) == ([OBSTACLE, TASK], [])
    assert (await owed(office, old, now), await owed(office, new, now)) == ([], [OBSTACLE, TASK])
    assert await reports(office, old, yesterday) == [(old, old)]
    assert await reports(office, new, now) == [(old, new)]
    async with office.browser(new, service="campaigns") as commune:
        programme = await commune.get("/entry/programme")
        assert TASK in html.unescape(programme.text)

    (first,) = await mails(office, old, 1)
    assert f"Ủy ban nhân dân xã {new}" in words(first), (
        "until it lists anybody, those of the former unit read"
    )
    await listed(office, new)
    (following,) = await mails(office, new, 2)
    assert await mails(office, old, 2) == []
    async with office.browser(new) as visitor:
        done, *_ = links_of(following)
        page = await visitor.get(done)
        assert (page.status_code, TASK in html.unescape(page.text)) == (200, True), page.text
        pressed = await visitor.post(done, data=date_of("day", now) | {"document": "12/BC-UBND"})
        assert (pressed.status_code, "Đã ghi nhận" in pressed.text) == (200, True), pressed.text
    await office.platform.settled()
    assert TASK not in await owed(office, new, now)
    assert await reported(office, third, old) == 403


async def test_an_official_of_the_new_commune_reports_for_the_former_one(office: Office, a_code: str) -> None:
    old, new, third = (f"{a_code}-{name}" for name in ("CU", "MOI", "BA"))
    await opened(office, old, new, third)
    assert await reported(office, new, old) == 403
    body = {"to_code": new, "kind": "merge", "date": ago(0), "legal_basis": BASIS}
    answer = await office.platform.registry.client.post(f"/units/{old}/successions", json=body)
    assert answer.status_code == 200, answer.text
    await office.platform.settled()
    assert await reported(office, third, old) == 403
    assert await reported(office, new, old) == 201
    async with office.platform.campaigns.as_(Role.UNIT, new) as clerk:
        raised = {"kind": "obstacle_raised", "title": "Thiếu kinh phí", "happened_on": ago(0)}
        mine = await clerk.post(f"/units/{old}/programme/{today().year}", json=raised)
        assert mine.status_code == 201, mine.text
        theirs = await clerk.post(f"/units/{third}/programme/{today().year}", json=raised)
        assert theirs.status_code == 403, theirs.text
    body |= {"to_code": third}
    answer = await office.platform.registry.client.post(f"/units/{new}/successions", json=body)
    assert answer.status_code == 200, answer.text
    await office.platform.settled()
    async with office.platform.campaigns.as_(Role.UNIT, third) as clerk:
        mine = await clerk.post(f"/units/{old}/programme/{today().year}", json=raised)
        assert mine.status_code == 201, "what was carried on is carried on again"
    left = await owed(office, third, ago(0))
    assert (OBSTACLE in left, TASK in left) == (True, False), "the task is reported and waits to be accepted"
    assert TASK in await owed(office, ASSIGNER, ago(0))
