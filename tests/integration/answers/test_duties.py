"""From a reminder of a programme to its page, to the entry that it records, to the next mail: who owed it, and who asked for it."""

from collections.abc import Sequence
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from shared.contracts.vocabulary import Role
from shared.pages.date_boxes import in_boxes
from tests.integration.answers.office import PARTS, links_of, origin, words, working_day
from tests.integration.metrics.office import today
from tests.support.platform.service import Platform
from tests.support.samples import small_office

pytestmark = pytest.mark.slow
DUE = today() - timedelta(days=5)
Opened = tuple[Platform, Path]


class Programme:
    """A commune that owes something to its justice section, on a platform of many."""

    def __init__(self, opened: Opened, letter: str) -> None:
        self.platform, self.mail_dir = opened
        self.commune, self.justice = f"XA-{letter}", f"TP-{letter}"
        self.year = today().year

    async def open(self, *rows: dict[str, Any]) -> None:
        units = [small_office.unit(self.justice, name=f"Phòng Tư pháp {self.justice}")]
        commune = {"name": f"UBND xã {self.commune}", "level": "commune", "kind": "commune"}
        await self.platform.import_rows("units", [*units, small_office.unit(self.commune, **commune)])
        for code in (self.commune, self.justice):
            people = [{"role": "focal_point", "email": f"{code}@example.vn".lower(), "language": "vi"}]
            client = self.platform.services["notifier"].client
            assert (await client.put(f"/units/{code}/recipients", json=people)).status_code == 200
        of_year = {"year": str(self.year), "unit_code": self.justice}
        await self.platform.import_rows("programme", [of_year | row for row in rows])

    async def mails(self, code: str, day: date) -> list[EmailMessage]:
        position = await self.platform.settled()
        body = {"at": day.isoformat()}
        notifier = self.platform.services["notifier"].client
        answer = await notifier.post("/tick", json=body, params={"min_position": position})
        assert answer.status_code == 200, answer.text
        files = sorted(self.mail_dir.glob(f"{day}_{code}_*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    async def mail(self, code: str, after: int = 0) -> EmailMessage:
        mails = [
            each for each in await self.mails(code, working_day(after)) if "Thay đổi" not in each["Subject"]
        ]
        assert len(mails) == 1, [each["Subject"] for each in mails]
        return mails[0]

    async def entries(self, code: str) -> list[dict[str, Any]]:
        path = f"/units/{code}/programme/{self.year}"
        entries: list[dict[str, Any]] = (await self.platform.campaigns.client.get(path)).json()["entries"]
        return entries


def task(commune: str, **more: str) -> dict[str, Any]:
    assigned = (today() - timedelta(days=20)).isoformat()
    row = {"kind": "task_assigned", "title": "Đối thoại với doanh nghiệp", "entry_ref": "NV-1"}
    row |= {"happened_on": assigned, "lead_unit_code": commune, "due_on": DUE.isoformat()}
    return row | {"year_reason": "năm thử nghiệm"} | more


def links(mail: EmailMessage) -> Sequence[str]:
    assert links_of(mail, PARTS[0]) == links_of(mail, PARTS[1])
    return links_of(mail)


async def test_a_task_is_reported_by_one_press_and_who_assigned_it_accepts(
    answering_platform: Opened, visitor: httpx.AsyncClient
) -> None:
    office = Programme(answering_platform, "DONE")
    await office.open(task(office.commune))
    done, more_time, obstacle = links(await office.mail(office.commune))
    assert {origin(each) for each in (done, more_time, obstacle)} == {
        f"http://127.0.0.1:{office.platform.campaigns.settings.port}"
    }
    for look in (await visitor.head(done), await visitor.get(done), await visitor.get(done)):
        assert look.status_code == 200
    assert "Đối thoại với doanh nghiệp" in look.text
    assert f"hết ngày {DUE:%d/%m/%Y}" in look.text
    assert [each["kind"] for each in await office.entries(office.justice)] == ["task_assigned"], (
        "a look is no press"
    )

    wrong = await visitor.post(done, data=in_boxes("day", today() - timedelta(days=30)))
    assert (wrong.status_code, "phải từ" in wrong.text) == (422, True)
    stated = {
        **in_boxes("day", today()),
        "document": "Báo cáo số 12/BC-UBND",
        "words": "Đã đối thoại",
    }
    assert (await visitor.post(done, data=stated)).status_code == 200
    assert (await visitor.post(done, data=stated)).status_code == 200, "pressed twice it is one press"
    assert (await visitor.get(done)).status_code == 410
    assert (await visitor.get(more_time)).status_code == 409, "nothing is owed any more"
    reported = (await office.entries(office.justice))[1:]
    assert [(each["kind"], each["document"], each["note"]) for each in reported] == [
        ("task_reported", stated["document"], stated["words"])
    ]

    accept, *others = links(await office.mail(office.justice, after=1))
    assert others == []
    assert await office.mails(office.commune, working_day(1)) == [], "the commune is not reminded again"
    assert (await visitor.post(accept, data=in_boxes("day", today()))).status_code == 200
    assert [each["kind"] for each in await office.entries(office.justice)] == [
        "task_assigned",
        "task_reported",
        "task_accepted",
    ]
    assert await office.mails(office.justice, working_day(2)) == []


async def test_more_time_is_asked_of_who_assigned_it_and_the_outcome_is_mailed(
    answering_platform: Opened, visitor: httpx.AsyncClient
) -> None:
    office = Programme(answering_platform, "TIME")
    await office.open(task(office.commune))
    _, more_time, _ = links(await office.mail(office.commune))
    empty = await visitor.post(more_time, data={})
    assert empty.status_code == 422
    for sentence in ("Đề nghị điền nội dung này", "Đề nghị ghi đủ ngày, tháng, năm"):
        assert empty.text.count(sentence) == 2, "in the summary and at the field"
    until = today() + timedelta(days=30)
    earlier = await visitor.post(more_time, data=in_boxes("until", DUE) | {"words": ["Chờ kinh phí"]})
    assert (earlier.status_code, "sau thời hạn hiện tại" in earlier.text) == (422, True)
    asked = await visitor.post(more_time, data=in_boxes("until", until) | {"words": ["Chờ kinh phí"]})
    assert (asked.status_code, f"Phòng Tư pháp {office.justice}" in asked.text) == (200, True)
    assert (await visitor.get(more_time)).status_code == 410, "each link records once"
    assert await office.entries(office.commune) == []
    entry, request = await office.entries(office.justice)
    assert (request["kind"], request["lead_unit_code"], request["reason"], request["status"]) == (
        "extension_requested",
        office.commune,
        "Chờ kinh phí",
        "open",
    )
    assert [each["until"] for each in entry["requests"]] == [until.isoformat()]
    assert (entry["current_due_on"], request["owed_by"]) == (DUE.isoformat(), office.justice)

    mail = await office.mail(office.justice, after=1)
    asks = f"Xem xét đề nghị của UBND xã {office.commune} gia hạn “Đối thoại với doanh nghiệp” đến hết ngày"
    assert f"{asks} {until:%d/%m/%Y}" in " ".join(words(mail).split())
    grant, refuse = links(mail)
    page = await visitor.get(grant)
    assert (page.status_code, "Chờ kinh phí" in page.text) == (200, True)
    assert (
        f'name="until_day" value="{until.day}"' in " ".join(page.text.split()) or str(until.day) in page.text
    )
    assert (await visitor.post(refuse, data={})).status_code == 422, "a refusal has its reason"
    decided = {**in_boxes("until", until), "document": "CV 15/TP"}
    for _ in range(2):
        assert (await visitor.post(grant, data=decided)).status_code == 200
    assert (await visitor.get(refuse)).status_code == 409, "it was answered"
    entry, request, given = await office.entries(office.justice)
    assert (given["kind"], given["document"], request["status"]) == ("task_extended", "CV 15/TP", "done")
    assert (entry["current_due_on"], entry["status"], entry["requests"]) == (until.isoformat(), "open", [])
    outcome = " ".join(words(await office.mail(office.commune, after=2)).split())
    assert f"được gia hạn đến hết ngày {until:%d/%m/%Y}" in outcome
    assert "quá hạn" not in outcome


async def test_more_time_is_refused_with_a_reason_and_the_day_stays(
    answering_platform: Opened, visitor: httpx.AsyncClient
) -> None:
    office = Programme(answering_platform, "KHONG")
    await office.open(task(office.commune))
    _, more_time, _ = links(await office.mail(office.commune))
    until = in_boxes("until", today() + timedelta(days=30)) | {"words": ["Chờ kinh phí"]}
    assert (await visitor.post(more_time, data=until)).status_code == 200
    _, refuse = links(await office.mail(office.justice, after=1))
    personal = await visitor.post(refuse, data={"words": "Gọi 0912345678"})
    assert (personal.status_code, "0912345678" in personal.text) == (422, True)
    assert (await visitor.post(refuse, data={"words": "Việc đã gần xong"})).status_code == 200
    entry, request, refused = await office.entries(office.justice)
    assert (refused["kind"], refused["reason"], request["status"]) == (
        "extension_refused",
        "Việc đã gần xong",
        "done",
    )
    assert (entry["current_due_on"], entry["status"]) == (DUE.isoformat(), "late")
    outcome = " ".join(words(await office.mail(office.commune, after=2)).split())
    assert "không được gia hạn; thời hạn giữ nguyên" in outcome
    assert "Việc đã gần xong" in outcome


async def test_an_obstacle_goes_to_who_assigned_the_task_by_one_press(
    answering_platform: Opened, visitor: httpx.AsyncClient
) -> None:
    office = Programme(answering_platform, "VM")
    await office.open(task(office.commune))
    *_, obstacle = links(await office.mail(office.commune))
    personal = await visitor.post(obstacle, data={"words": "Gọi 0912345678"})
    assert (personal.status_code, "không ghi địa chỉ thư điện tử" in personal.text) == (422, True)
    for _ in range(2):
        assert (await visitor.post(obstacle, data={"words": "Chưa có kinh phí"})).status_code == 200
    assert (await visitor.get(obstacle)).status_code == 410, "each link records once"
    (raised,) = await office.entries(office.commune)
    assert (raised["kind"], raised["owed_by"], raised["note"]) == (
        "obstacle_raised",
        office.justice,
        "Chưa có kinh phí",
    )
    assert "Khó khăn, vướng mắc: Đối thoại" in words(await office.mail(office.justice, after=1))


async def test_a_required_report_is_submitted_and_received_by_one_press_each(
    answering_platform: Opened, visitor: httpx.AsyncClient
) -> None:
    office = Programme(answering_platform, "BC")
    days = {"period_from": f"{DUE - timedelta(days=60)}", "period_to": f"{DUE - timedelta(days=10)}"}
    duty = {"kind": "report_required", "title": "Báo cáo chuyên đề", "report_period": "own", **days}
    duty |= {"happened_on": f"{DUE - timedelta(days=60)}", "due_on": DUE.isoformat()}
    await office.open(duty | {"coordinating_unit_codes": office.commune})
    sent, *_ = links(await office.mail(office.commune))
    stated = in_boxes("day", today()) | {"document": ["7/BC-UBND"]}
    for _ in range(2):
        assert (await visitor.post(sent, data=stated)).status_code == 200
    assert (await visitor.get(sent)).status_code == 410, "each link records once"
    await office.platform.settled()
    params: dict[str, Any] = {"unit": office.commune, "year": office.year}
    metrics = office.platform.services["metrics"].client
    (report,) = (await metrics.get("/required-reports", params=params)).json()["reports"]
    assert (report["state"], report["document"]) == ("submitted_late", "7/BC-UBND")
    receive, *others = links(await office.mail(office.justice, after=1))
    assert others == []
    assert (await visitor.post(receive, data=in_boxes("day", today()))).status_code == 200
    await office.platform.settled()
    (report,) = (await metrics.get("/required-reports", params=params)).json()["reports"]
    assert report["state"] == "received_late"


async def test_a_link_of_one_answer_is_no_link_of_another_and_ends_when_it_is_withdrawn(
    answering_platform: Opened, visitor: httpx.AsyncClient
) -> None:
    office = Programme(answering_platform, "LK")
    await office.open(task(office.commune))
    done, *_ = links(await office.mail(office.commune))
    token = urlsplit(done).path.rpartition("/")[2]
    notifier = office.platform.services["notifier"]
    base = f"http://127.0.0.1:{notifier.settings.port}"
    assert (await visitor.get(f"{base}/answers/{token}")).status_code == 404, (
        "the notifier has no page for it"
    )
    assert (await visitor.get(f"{base}/mailbox/{token}")).status_code == 404
    assert (await visitor.get(done[:-1] + ("a" if done[-1] != "a" else "b"))).status_code == 404
    body = {"unit_code": office.commune, "reason": "Thư bị chuyển tiếp"}
    async with notifier.as_(Role.OPERATOR) as operator:
        assert (await operator.post("/links/withdraw", json=body)).json()["links"] >= 3
    closed = await visitor.post(done, data=in_boxes("day", today()))
    assert (closed.status_code, "thư mới nhất" in closed.text) == (410, True)
    assert [each["kind"] for each in await office.entries(office.justice)] == ["task_assigned"]
