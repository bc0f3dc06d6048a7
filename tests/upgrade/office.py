"""An office with some of everything, recorded through running services: what the archive of a release is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx

from deploy.cli.data.columns import ORDER
from deploy.sample import exercise
from shared.pages.date_boxes import in_boxes
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.answers.office import links_of
from tests.support.platform.service import Platform, eventually
from tests.support.samples import small_office
from tests.support.servers.plain import NO_AUTHORITIES

CALENDAR = load_rulebook().calendar
ANSWERS: Mapping[str, Mapping[str, str]] = {  # in the order of the five links, without "carried out"
    "planned": {},
    "not ours": {"to_unit": "Sở Ví dụ E", "explanation": "Theo phân công của Chủ tịch Ủy ban nhân dân tỉnh"},
    "exempt": {"document": "Công văn 99/UBND", "authority": "Ủy ban nhân dân tỉnh"},
    "obstacle": {"obstacle": "Chưa được bố trí kinh phí truyền thông"},
}
LIVE, OTHER = "STP-CAT", "STP-CAT-MOI"


@dataclass(frozen=True, slots=True)
class Recording:
    """`today` is the day of recording, `mailed` the working day for which mails go out."""

    platform: Platform
    today: date

    @property
    def mailed(self) -> date:
        return CALENDAR.next_working_day(self.today)

    def ago(self, days: int) -> str:
        return (self.today - timedelta(days=days)).isoformat()

    async def call(self, service: str, method: str, path: str, **body: Any) -> Any:
        params = {"min_position": await self.platform.head()}
        client = self.platform.services[service].client
        answer = await client.request(method, path, json=body, params=params)
        assert answer.is_success, (method, path, answer.text)
        return answer.json()

    async def record(self) -> None:
        """Record everything: by import, by requests, by mail and by the links in it."""
        for sheet in (sheet for sheet in ORDER if sheet in self._sheets()):
            await self.platform.import_rows(sheet, self._sheets()[sheet])
        await self._draft()
        await self._communications()
        await self._postings()
        await eventually(self._alerts)
        await self._pauses()
        await self.call("notifier", "POST", "/tick", at=self.mailed.isoformat())
        await self._answer()
        await self.platform.settled()

    def _sheets(self) -> Mapping[str, list[dict[str, Any]]]:
        registered = exercise.sheets(self.today, CALENDAR)
        rows = {
            name: [{k: _text(v) for k, v in row.items()} for row in sheet]
            for name, sheet in registered.items()
        }
        rows["units"] += [small_office.unit(LIVE), small_office.unit(OTHER), small_office.unit("STP-CU")]
        succession = {"from_code": "STP-CU", "to_code": OTHER, "kind": "merge", "date": "2025-07-01"}
        rows["unit_successions"] = [succession, succession | {"to_code": LIVE}]
        rows["programme"] = [*_programme(self.today.year)]
        rows["activities"] = [
            small_office.activity(rows["drafts"][0]["draft_code"], self.ago(-9), dataset="exercise")
        ]
        return rows

    async def _draft(self) -> None:
        """Register a live draft with a late transfer, a pause, a correction; and rename a unit twice, out of order."""
        await self.platform.import_rows("drafts", [small_office.draft("LUAT-CAT", LIVE, in_scope="yes")])
        await self.platform.import_rows("policies", [small_office.policy("LUAT-CAT", n) for n in (1, 2, 3)])
        days = [("drafting", 90), ("draft_consultation", 60), ("suspended", 50), ("draft_consultation", 40)]
        rows = [small_office.stage("LUAT-CAT", name, self.ago(day)) for name, day in days]
        await self.platform.import_rows("stages", rows)
        path = "/drafts/LUAT-CAT"
        await self.call("registry", "POST", f"{path}/title", title="Luật Đất đai (tên mới)")
        await self.call("registry", "PUT", f"{path}/policies/1", title="Giá đất")
        await self.call("registry", "DELETE", f"{path}/policies/3")
        await self.call("registry", "POST", f"{path}/transfer", to_unit_code=OTHER, on=self.ago(5))
        await self.call("registry", "POST", f"{path}/transfer", to_unit_code="STP-CU", on=self.ago(70))
        for name, on in (("Sở Tư pháp năm 2025", "2025-03-01"), ("Sở Tư pháp năm 2023", "2023-03-01")):
            await self.call("registry", "POST", f"/units/{LIVE}/rename", name=name, on=on)

    async def _communications(self) -> None:
        path = "/drafts/LUAT-CAT"
        held = {"held_on": self.ago(30), "channel": "dialogue", "title": "Đối thoại", "policies": [1]}
        kept = await self.call("campaigns", "POST", f"{path}/communications", **held)
        gone = await self.call("campaigns", "POST", f"{path}/communications", **held | {"title": "Họp báo"})
        await self.call("campaigns", "POST", f"/communications/{gone['id']}/retract", reason="ghi nhầm")
        of = f"/communications/{kept['id']}"
        await self.call("campaigns", "POST", f"{of}/correct", **held | {"place": "Huế"})
        await self.call("campaigns", "POST", f"{of}/evidence", url="https://example.vn/1")
        await self.call("campaigns", "PUT", f"{of}/feedback", received=12, accepted=3)
        await self.call("campaigns", "POST", f"{of}/verify", verified_on=self.ago(1))
        await self.call("campaigns", "PUT", f"{path}/plan", document="Kế hoạch 2", approved_on=self.ago(20))
        activities = f"{path}/plan/activities"
        ids = [
            (await self.call("campaigns", "POST", activities, planned_on=self.ago(-n)))["id"] for n in (9, 19)
        ]
        await self.call("campaigns", "POST", f"{activities}/{ids[0]}/reschedule", planned_on=self.ago(-12))
        await self.call("campaigns", "POST", f"{activities}/{ids[1]}/cancel", reason="trùng lịch")

    async def _postings(self) -> None:
        path = "/drafts/LUAT-CAT/postings"
        body = {"stage": "draft_consultation", "opened_on": self.ago(39), "closes_on": self.ago(10)}
        posting = (await self.call("registry", "POST", path, **body))["posting"]["posting_id"]
        await self.call("registry", "POST", f"{path}/{posting}/extend", closes_on=self.ago(3))
        await self.call("registry", "POST", f"{path}/{posting}/close", closed_on=self.ago(2))

    async def _alerts(self) -> list[dict[str, Any]]:
        """Give the open alerts, once there is one for each open gap."""
        await self.platform.settled()
        gaps = (await self.platform.services["metrics"].client.get("/gaps")).json()["gaps"]
        items: list[dict[str, Any]] = (
            await self.platform.services["notifier"].client.get("/alerts", params={"state": "raised"})
        ).json()["items"]
        drafts = {alert["draft_code"] for alert in items}
        return items if gaps and {gap["draft_code"] for gap in gaps} <= drafts else []

    async def _pauses(self) -> None:
        """Snooze one alert, silence one draft, and name mailboxes for the live unit."""
        people = [
            {"role": role, "email": f"{role}.cat@stp.example.vn", "language": "vi"}
            for role in ("focal_point", "head")
        ]
        answer = await self.platform.services["notifier"].client.put(
            f"/units/{OTHER}/recipients", json=people
        )
        assert answer.is_success, answer.text
        first, second, *_ = await self._alerts()
        until = (self.today + timedelta(days=5)).isoformat()
        await self.call(
            "notifier", "POST", f"/alerts/{first['alert_id']}/snooze", until=until, reason="đang họp"
        )
        silence = {"draft_code": second["draft_code"], "last_day": until, "reason": "chờ ý kiến"}
        await self.call("notifier", "POST", "/silences", **silence)

    async def _answer(self) -> None:
        """Press four links, each of another gap, as officials do."""
        links = [*self._links()]
        assert len(links) >= len(ANSWERS)
        async with httpx.AsyncClient(timeout=20, verify=NO_AUTHORITIES) as browser:
            for n, (five, form) in enumerate(zip(links, ANSWERS.values(), strict=False), start=1):
                days = in_boxes("planned_on", self.today + timedelta(days=6)) | in_boxes(
                    "decided_on", self.today
                )
                page = await browser.post(five[n], data={**form, **days})
                assert page.status_code == 200, page.text

    def _links(self) -> Iterator[list[str]]:
        """Give the five links of each gap in the mails that went out, each gap once."""
        settings: Any = self.platform.services["notifier"].settings
        seen: set[str] = set()
        for file in sorted(settings.mail_dir.glob(f"{self.mailed}_*_*.eml")):
            links = links_of(small_office.mail(file))
            for start in range(0, len(links), 5):
                five = links[start : start + 5]
                if len(five) == 5 and five[1] not in seen:
                    seen.update(five)
                    yield five


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _programme(year: int) -> Iterator[dict[str, Any]]:
    task = {
        "unit_code": LIVE,
        "year": year,
        "kind": "task_assigned",
        "title": "Đối thoại",
        "due_on": f"{year}-12-30",
    }
    yield task
    yield task | {"kind": "task_reported", "quantity": 2}
    yield task | {"kind": "inspection_conducted", "title": "Kiểm tra", "quantity": 1}
    yield task | {"kind": "plan_adopted", "title": "Kế hoạch năm", "document": "Kế hoạch 1"}
