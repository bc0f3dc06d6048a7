"""A commune's plan for 2024 and the eight groups of Quảng Ninh's paper, entered sentence by sentence and read back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.keys.keyring import Keyring
from shared.contracts.vocabulary import ContentItem, Role
from tests.integration.registry.test_api import refused
from tests.support.platform.service import Platform, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

UNITS = [
    ("QN", "provincial", "province", ""),
    ("QN-UB", "provincial", "provincial_committee", "QN"),
    ("QN-STP", "provincial", "provincial_justice_department", "QN"),
    ("QN-HDPH", "provincial", "pbgdpl_council", "QN"),
    ("QN-SYT", "provincial", "department", "QN"),
    ("HUYEN", "district", "district_committee", "QN"),
    ("XA", "commune", "commune_committee", "HUYEN"),
    ("XA-TP", "commune", "department", "XA"),
    ("XA-2", "commune", "commune_committee", "HUYEN"),
]
DRAFT = small_office.draft("NQ-HP", "QN-SYT", instrument="provincial_resolution") | {
    "in_scope": "yes",
    "scope_basis": "local_plan",
}


class Programmes:
    """Enters sentences into programmes of 2024, and reads them by both services."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    async def post(self, path: str, **body: Any) -> str:
        params = {"min_position": await self.platform.head()}
        answer = await self.platform.campaigns.client.post(path, json=body, params=params)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    async def enter(self, unit: str, kind: str, title: str, **body: Any) -> str:
        return await self.post(f"/units/{unit}/programme/2024", kind=kind, title=title, **body)

    async def step(self, unit: str, entry: str, kind: str, **body: Any) -> str:
        return await self.post(f"/units/{unit}/programme/2024/entries/{entry}/steps", kind=kind, **body)

    async def entries(self, unit: str, as_of: str) -> dict[str, dict[str, Any]]:
        path = f"/units/{unit}/programme/2024"
        answer = await self.platform.campaigns.client.get(path, params={"as_of": as_of})
        assert answer.status_code == 200, answer.text
        return {entry["entry_id"]: entry for entry in answer.json()["entries"]}

    async def figures(self, as_of: str, **query: Any) -> dict[str, Any]:
        params: dict[str, Any] = {"as_of": as_of, "year": 2024, "min_position": await self.platform.head()}
        params |= query
        answer = await self.platform.services["metrics"].client.get("/programme", params=params)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result


@pytest.fixture(scope="module")
async def programmes(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Programmes]:
    services = ("registry", "campaigns", "metrics")
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(server, keys, token_issuer, session_database, *services) as platform,
    ):
        rows = [
            {"code": code, "level": level, "kind": kind, "parent_code": parent, "name": f"Đơn vị {code}"}
            for code, level, kind, parent in UNITS
        ]
        await platform.import_rows("units", [{k: v for k, v in row.items() if v} for row in rows])
        await platform.import_rows("drafts", [DRAFT])
        await platform.import_rows(
            "stages", [small_office.stage("NQ-HP", "policy_consultation", "2024-03-01")]
        )
        target = {
            "unit_code": "XA",
            "year": "2024",
            "target_percent": "70",
            "document": "Kế hoạch 12/KH-UBND",
        }
        await platform.import_rows("targets", [target])
        await platform.settled()
        yield Programmes(platform)


def kinds(figures: dict[str, Any], group: int) -> dict[str, dict[str, Any]]:
    return {kind["kind"]: kind for kind in figures["groups"][group - 1]["kinds"]}


def own(figures: dict[str, Any], group: int) -> dict[str, Any]:
    result: dict[str, Any] = figures["groups"][group - 1]["figures"]
    return result


def states(kind: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in kind["states"].items() if number}


async def test_the_plan_of_a_commune(programmes: Programmes) -> None:
    plan = await programmes.enter(
        "XA",
        "plan_adopted",
        "Kế hoạch truyền thông chính sách có tác động lớn đến xã hội năm 2024",
        document="Kế hoạch số 12/KH-UBND",
        happened_on="2024-01-15",
        note="Tiếp tục nâng cao nhận thức; từ 70% chính sách có tác động lớn được truyền thông từ khi lấy ý kiến đề nghị "
        "đến khi thông qua, ban hành; kinh phí do ngân sách nhà nước bảo đảm.",
    )
    task = await programmes.enter(
        "XA",
        "task_assigned",
        "Quán triệt Đề án đến cán bộ, người dân, tổ chức, doanh nghiệp",
        document="Kế hoạch số 12/KH-UBND",
        entry_ref="NV-1",
        happened_on="2024-01-15",
        lead_unit_code="XA",
        coordinating_text="Các ban, ngành, đoàn thể",
        due_on="2024",
        product="Văn bản, báo cáo",
    )
    entries = await programmes.entries("XA", "2024-06-30")
    assert entries[plan]["document"] == "Kế hoạch số 12/KH-UBND"
    shown = [entries[task][name] for name in ("due_on", "due_precision", "coordinating_text", "status")]
    assert shown == ["2024-12-31", "year", "Các ban, ngành, đoàn thể", "open"]
    await programmes.step("XA", task, "task_progressed", percent=60, happened_on="2024-07-01")
    await programmes.step("XA", task, "task_reported", document="115/BC-UBND", happened_on="2024-11-20")
    expected = {"2024-10-01": ("open", 60), "2024-11-20": ("done", 60)}
    for day, (status, progress) in expected.items():
        entry = (await programmes.entries("XA", day))[task]
        assert (entry["status"], entry["progress"]) == (status, progress)
        figures = await programmes.figures(day, unit="XA")
        assert states(kinds(figures, 3)["task_assigned"]) == {status: 1}
        assert kinds(figures, 1)["plan_adopted"]["entries"] == 1
        assert figures["units"]["with_plan"] == figures["units"]["units"] == 1
    answer = await programmes.platform.services["metrics"].client.get(
        "/compliance", params={"unit": "XA", "year": 2024, "as_of": "2024-12-31"}
    )
    (group,) = answer.json()["groups"]
    assert (group["target"], group["floor"], group["target_below_floor"]) == (0.7, 1.0, True)


async def test_an_inspection_with_two_findings_of_which_one_is_mended(programmes: Programmes) -> None:
    path = "/units/HUYEN/programme/2024"
    upwards = {"kind": "inspection_conducted", "title": "Kiểm tra", "lead_unit_code": "QN-SYT"}
    answer = await programmes.platform.campaigns.client.post(path, json=upwards)
    refused(answer, 422, "inspects-above")
    inspection = await programmes.enter(
        "HUYEN",
        "inspection_conducted",
        "Kiểm tra việc thực hiện Kế hoạch tại xã",
        happened_on="2024-05-20",
        lead_unit_code="XA",
        quantity=2,
        due_on="2024-Q3",
    )
    first, second = [
        await programmes.step(
            "HUYEN",
            inspection,
            "finding_recorded",
            title=title,
            lead_unit_code="XA",
            happened_on="2024-05-20",
            due_on="2024-08-31",
        )
        for title in ("Chưa niêm yết dự thảo", "Chưa lập sổ theo dõi ý kiến")
    ]
    await programmes.step(
        "HUYEN", first, "finding_followed_up", happened_on="2024-07-05", document="88/BC-UBND"
    )
    steps = f"{path}/entries/{inspection}/steps"
    too_many = {"kind": "finding_followed_up", "quantity": 6}
    refused(
        await programmes.platform.campaigns.client.post(steps, json=too_many),
        422,
        "more-mended-than-findings",
    )
    entries = await programmes.entries("HUYEN", "2024-09-01")
    assert [entries[each]["status"] for each in (inspection, first, second)] == ["open", "done", "late"]
    assert entries[second]["owed_by"] == "XA"
    figures = await programmes.figures("2024-09-01", unit="HUYEN")
    group = own(figures, 4)
    assert (group["findings"], group["findings_mended"]) == (2, 1)
    assert states(kinds(figures, 4)["finding_recorded"]) == {"done": 1, "late": 1}
    assert states(kinds(await programmes.figures("2024-10-01", unit="HUYEN"), 4)["inspection_conducted"]) == {
        "late": 1
    }


async def test_an_obstacle_goes_to_the_justice_section_to_the_committee_and_back(
    programmes: Programmes,
) -> None:
    obstacle = await programmes.enter(
        "XA",
        "obstacle_raised",
        "Chưa bố trí kinh phí truyền thông",
        happened_on="2024-12-01",
        lead_unit_code="XA-TP",
        due_on="2025-01-31",
    )
    for kind, unit, document, day in (
        ("obstacle_received", None, "Sổ tiếp nhận 04", "2024-12-03"),
        ("obstacle_forwarded", "HUYEN", "09/BC-TP", "2024-12-10"),
        ("obstacle_decided", "QN-UB", "77/QĐ-UBND", "2025-02-05"),  # not the body that was asked
        ("obstacle_answered", "XA-TP", "12/TB-TP", "2025-02-07"),
    ):
        body = {"lead_unit_code": unit} if unit else {}
        await programmes.step("XA", obstacle, kind, document=document, happened_on=day, **body)
    entry = (await programmes.entries("XA", "2025-02-28"))[obstacle]
    assert (entry["entry_ref"], entry["status"], entry["done_on"]) == (
        "VM-XA-2024-001",
        "done_late",
        "2025-02-05",
    )
    steps = [(step["kind"], step["unit_code"], step["document"]) for step in entry["steps"]]
    assert steps == [
        ("obstacle_received", "XA-TP", "Sổ tiếp nhận 04"),
        ("obstacle_forwarded", "HUYEN", "09/BC-TP"),
        ("obstacle_decided", "QN-UB", "77/QĐ-UBND"),
        ("obstacle_answered", "XA-TP", "12/TB-TP"),
    ]
    owed = [
        (await programmes.entries("XA", day))[obstacle]["owed_by"] for day in ("2024-12-05", "2025-01-01")
    ]
    assert owed == ["XA-TP", "HUYEN"]
    for year, carried_over in ((2024, 0), (2025, 1)):
        for day, status in (("2025-01-31", "open"), ("2025-02-01", "late"), ("2025-02-28", "done_late")):
            figures = await programmes.figures(day, unit="XA", year=year)
            assert states(kinds(figures, 2)["obstacle_raised"]) == {status: 1}
            assert own(figures, 2)["obstacles_carried_over"] == carried_over
    assert own(await programmes.figures("2025-02-28", unit="XA"), 2)["obstacles_answered"] == 1
    assert (
        kinds(await programmes.figures("2026-02-28", unit="XA", year=2026), 2)["obstacle_raised"]["entries"]
        == 0
    )


async def test_who_decides_an_obstacle_stands_above_or_was_asked(programmes: Programmes) -> None:
    obstacle = await programmes.enter("XA-2", "obstacle_raised", "Thiếu báo cáo viên", lead_unit_code="XA-TP")
    path = f"/units/XA-2/programme/2024/entries/{obstacle}/steps"
    async with programmes.platform.campaigns.as_(Role.UNIT, "XA") as other:
        answer = await other.post(path, json={"kind": "obstacle_decided"})
        refused(answer, 403, "not-your-programme")
    async with programmes.platform.campaigns.as_(Role.UNIT, "HUYEN") as above:
        body = {"kind": "obstacle_decided", "lead_unit_code": "HUYEN", "document": "5/QĐ"}
        assert (await above.post(path, json=body)).status_code == 201
    again = {"kind": "obstacle_decided", "document": "6/QĐ"}
    refused(await programmes.platform.campaigns.client.post(path, json=again), 409, "already-entered")


async def test_the_eight_groups_of_the_paper(programmes: Programmes) -> None:
    enter = programmes.enter
    await enter(
        "QN-UB",
        "directive_issued",
        "Chỉ đạo thực hiện Đề án",
        document="4512/UBND-NC",
        happened_on="2024-02-01",
    )
    await enter(
        "QN-STP", "advice_given", "Hướng dẫn lập kế hoạch", happened_on="2024-02-15", lead_unit_code="QN-SYT"
    )
    await enter(
        "QN-STP", "training_held", "Tập huấn kỹ năng truyền thông", happened_on="2024-04-10", quantity=120
    )
    wrong = await enter("QN-STP", "training_held", "Tập huấn", happened_on="2024-04-10", quantity=9)
    await enter("QN-STP", "reporter_listed", "Báo cáo viên pháp luật cấp tỉnh", quantity=45)
    await enter("QN-HDPH", "contribution_received", "Doanh nghiệp tài trợ in tờ gấp", amount=30_000_000)
    cancel = f"/units/QN-STP/programme/2024/entries/{wrong}/cancel"
    await programmes.post(cancel, reason="Nhập trùng với lớp ngày 10/4")
    report = {"lead_unit_code": "QN-STP", "due_on": "2024-12-10"}
    in_time = await enter("QN-SYT", "report_submitted", "Báo cáo năm", happened_on="2024-12-09", **report)
    await enter("XA", "report_submitted", "Báo cáo năm", happened_on="2024-12-12", **report)
    await programmes.step(
        "QN-SYT", in_time, "report_received", happened_on="2024-12-10", lead_unit_code="QN-STP"
    )
    held = {
        "title": "Hội nghị góp ý",
        "cost_social": 5_000_000,
        "audience": ["doanh nghiệp"],
        "area": ["Hạ Long"],
    }
    communications = "/drafts/NQ-HP/communications"
    complete = [item.value for item in ContentItem]
    await programmes.post(
        communications, held_on="2024-03-05", channel="conference", content=complete, **held
    )
    await programmes.post(communications, held_on="2024-03-06", channel="portal_posting", title="Đăng tải")

    figures = await programmes.figures("2024-12-31", unit="QN", include_descendants="true")
    assert [group["group"] for group in figures["groups"]] == list(range(1, 9))
    assert kinds(figures, 1)["directive_issued"]["entries"] == 1
    assert kinds(figures, 2)["advice_given"]["entries"] == 1
    assert own(figures, 3)["drafts"] == 1
    assert own(figures, 5) == {
        "activities": 2,
        "activities_complete": 1,
        "share_complete": 0.5,
        "activities_verified": 0,
    }
    by = figures["groups"][5]["by"]
    assert {(row["key"], row["activities"]) for row in by["channel"]} == {
        ("conference", 1),
        ("portal_posting", 1),
    }
    assert {row["key"] for row in by["audience"]} == {"doanh nghiệp", None}
    training = kinds(figures, 7)["training_held"]
    assert (training["entries"], training["quantity"], training["states"]["cancelled"]) == (1, 120, 1)
    assert kinds(figures, 7)["reporter_listed"]["quantity"] == 45
    assert kinds(figures, 8)["contribution_received"]["amount"] == 30_000_000
    assert own(figures, 8) == {"cost_social": 5_000_000, "cost_social_recorded": 1}
    units = figures["units"]
    assert (units["units"], units["reported"], units["reported_in_time"]) == (9, 2, 1)
    assert "XA-2" in [unit["unit_code"] for unit in units["not_reported"]]
    area = await programmes.figures("2024-12-31", area_of="QN-STP")
    assert area["groups"][6]["kinds"][1]["quantity"] == 45
    assert {"as_of", "position", "rules_version", "year", "units", "groups"} <= area.keys()
    assert own(await programmes.figures("2024-03-01", unit="QN-STP"), 5)["share_complete"] is None


async def test_a_rebuild_gives_the_same_figures(programmes: Programmes) -> None:
    metrics = programmes.platform.services["metrics"]
    before = await programmes.figures("2025-02-28")
    await metrics.rebuild()
    await programmes.platform.settled()
    assert await programmes.figures("2025-02-28") == before


async def test_a_unit_that_is_not_registered(programmes: Programmes) -> None:
    answer = await programmes.platform.services["metrics"].client.get(
        "/programme", params={"unit": "KHONG-CO"}
    )
    refused(answer, 404, "unit-not-found")
