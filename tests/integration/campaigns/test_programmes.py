"""Programmes over HTTP and through the bulk door: every kind, what is open, who may write, twice is once."""

from typing import Any

import httpx
import pytest

from shared.contracts.vocabulary import ProgrammeKind, Role
from shared.rules.programme.kinds import KINDS
from tests.integration.campaigns.test_import import office
from tests.integration.metrics.office import ago
from tests.integration.registry.test_api import refused
from tests.support.platform.service import Platform
from tests.support.samples import small_office

Kind = ProgrammeKind
TASK = {
    "kind": "task_assigned",
    "title": "Đối thoại với doanh nghiệp",
    "due_on": "2025-09-30",
    "product": "Báo cáo",
}
NEEDED = {"reason": "Theo đề nghị", "percent": "60", "due_on": "2025-12", "happened_on": "2025-03"}
FOLLOWED = {Kind.ENTRY_CORRECTED: Kind.DIRECTIVE_ISSUED, Kind.ENTRY_CANCELLED: Kind.ADVICE_GIVEN}
FIRST = [Kind.EXTENSION_REQUESTED, Kind.EXTENSION_REFUSED, Kind.TASK_REPORTED]
ORDER = [*FIRST, *(kind for kind in Kind if kind not in FIRST)]


async def enter(platform: Platform, unit: str, **body: Any) -> httpx.Response:
    params = {"min_position": await platform.head()}
    headers = body.pop("headers", {})
    path = f"/units/{unit}/programme/2025"
    return await platform.campaigns.client.post(path, json=body, params=params, headers=headers)


async def entered(platform: Platform, unit: str, **body: Any) -> str:
    answer = await enter(platform, unit, **body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def listed(platform: Platform, **query: Any) -> list[dict[str, Any]]:
    params = {"min_position": await platform.head()} | query
    answer = await platform.campaigns.client.get("/programme", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def of_year(platform: Platform, unit: str, **query: Any) -> list[dict[str, Any]]:
    params = {"min_position": await platform.head()} | query
    answer = await platform.campaigns.client.get(f"/units/{unit}/programme/2025", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


async def take(platform: Platform, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return await platform.campaigns.import_rows("programme", rows, min_position=await platform.head())


async def test_a_task_is_assigned_overdue_and_reported(shared_platform: Platform, a_code: str) -> None:
    lead = f"{a_code}-B"
    await shared_platform.import_rows("units", [small_office.unit(a_code), small_office.unit(lead)])
    task = await entered(shared_platform, a_code, **TASK, lead_unit_code=lead)
    (first,) = await of_year(shared_platform, a_code, as_of="2025-10-01")
    assert (first["state"], first["lead_unit_code"], first["product"]) == ("overdue", lead, "Báo cáo")
    open_ = {"lead_unit": lead, "open": True, "due_by": "2025-09-30", "as_of": "2025-09-30"}
    assert [item["state"] for item in await listed(shared_platform, **open_)] == ["open"]
    body = {"kind": "task_reported", "title": "Báo cáo số 12", "of_entry": task}
    path = f"/units/{a_code}/programme/2025"
    async with shared_platform.campaigns.as_(Role.UNIT, f"{a_code}-C") as other:
        refused(await other.post(path, json=body), 403, "not-your-programme")
    async with shared_platform.campaigns.as_(Role.UNIT, lead) as leading:
        refused(await leading.post(path, json=TASK), 403, "not-your-programme")
        assert (await leading.post(path, json=body)).status_code == 201
    (waiting, _) = await of_year(shared_platform, a_code)
    assert (waiting["status"], waiting["owed_by"]) == (
        "late",
        a_code,
    )  # who assigned it is to accept the report
    await entered(shared_platform, a_code, kind="task_accepted", title="Chấp nhận", of_entry=task)
    states = [(item["state"], item["status"]) for item in await of_year(shared_platform, a_code)]
    assert states == [("closed", "done"), (None, None), (None, None)]
    assert await listed(shared_platform, lead_unit=lead, open=True) == []


async def test_what_a_split_unit_leaves_is_listed_until_somebody_is_named(
    shared_platform: Platform, a_code: str
) -> None:
    former, first, other, whole = (f"{a_code}-{letter}" for letter in "BCDE")
    codes = (a_code, former, first, other, whole)
    await shared_platform.import_rows("units", [small_office.unit(code) for code in codes])
    for lead in (former, whole):
        await entered(shared_platform, a_code, **TASK | {"title": f"Việc của {lead}", "lead_unit_code": lead})
    basis = {"date": ago(3), "legal_basis": "Nghị quyết số 9/NQ-HĐND"}
    split = [{"from_code": former, "to_code": to, "kind": "split", **basis} for to in (first, other)]
    merged = {"from_code": whole, "to_code": first, "kind": "merge", **basis}
    await shared_platform.import_rows("unit_successions", [*split, merged])
    (left,) = await listed(shared_platform, unit=a_code, left="true")
    assert (left["title"], left["owed_by"]) == (f"Việc của {former}", former)
    assert await listed(shared_platform, unit=a_code, left="true", as_of=ago(4)) == []
    waiting = await shared_platform.campaigns.client.get("/waiting")
    assert waiting.json()["left"] >= 1
    path = f"/units/{a_code}/programme/2025/entries/{left['entry_id']}/correct"
    kept = {name: TASK[name] for name in ("document", "happened_on", "due_on", "product") if name in TASK}
    named = kept | {"title": left["title"], "lead_unit_code": other, "reason": "Đơn vị được chia"}
    corrected = await shared_platform.campaigns.client.post(path, json=named)
    assert corrected.status_code in {200, 201}, corrected.text
    assert await listed(shared_platform, unit=a_code, left="true") == []


async def test_the_list_and_the_log_agree_on_what_is_open(shared_platform: Platform, a_code: str) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    inspections = [
        await entered(
            shared_platform,
            a_code,
            kind="inspection_conducted",
            title=f"Kiểm tra {expected}",
            quantity=expected,
        )
        for expected in (3, 1, 0)
    ]
    obstacle = await entered(shared_platform, a_code, kind="obstacle_raised", title="Thiếu kinh phí")
    await entered(shared_platform, a_code, kind="training_held", title="Tập huấn", quantity=120)

    async def states() -> list[str | None]:
        of_log = [item["state"] for item in await of_year(shared_platform, a_code)]
        assert [row["state"] for row in await listed(shared_platform, unit=a_code)] == of_log
        still_open = await listed(shared_platform, unit=a_code, open=True)
        assert len(still_open) == sum(state in {"open", "overdue"} for state in of_log)
        return of_log[:5]

    assert await states() == ["open", "open", "closed", "open", None]
    for follow_up, of, quantity in (
        ("finding_followed_up", inspections[0], 2),
        ("finding_followed_up", inspections[1], None),
        ("obstacle_answered", obstacle, None),
    ):
        await entered(
            shared_platform, a_code, kind=follow_up, of_entry=of, title="Đã khắc phục", quantity=quantity
        )
    assert await states() == ["open", "closed", "closed", "closed", None]
    await entered(
        shared_platform, a_code, kind="finding_followed_up", of_entry=inspections[0], title="Nốt", quantity=1
    )
    assert (await states())[0] == "closed"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"kind": "task_reported"}, 404, "nothing-to-follow"),
        ({"kind": "party"}, 422, "invalid-request"),
        ({"happened_on": ago(-365)}, 422, "day-in-future"),
        ({"lead_unit_code": "KHONG-CO"}, 409, "unit-not-yet-known"),
        ({"coordinating_unit_codes": ["KHONG-CO"]}, 409, "unit-not-yet-known"),
        ({"draft_code": "KHONG-CO"}, 409, "draft-not-yet-known"),
        ({"note": "liên hệ a@example.vn"}, 422, "personal-data"),
        ({"amount": -1}, 422, "invalid-request"),
    ],
)
async def test_what_cannot_be_is_refused(
    shared_platform: Platform, a_code: str, changes: dict[str, Any], status: int, code: str
) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    refused(await enter(shared_platform, a_code, **(TASK | changes)), status, code)
    assert await of_year(shared_platform, a_code) == []


async def test_a_unit_that_is_not_registered_yet(shared_platform: Platform) -> None:
    answer = await enter(shared_platform, "KHONG-CO", **TASK)
    refused(answer, 409, "unit-not-yet-known")
    assert answer.headers["retry-after"] == "1"


async def test_a_key_sent_again_enters_once(shared_platform: Platform, a_code: str) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    keyed = {"headers": {"Idempotency-Key": f"k-{a_code}"}}
    first, again = [await enter(shared_platform, a_code, **TASK, **keyed) for _ in range(2)]
    assert again.json() == first.json()
    refused(await enter(shared_platform, a_code, **TASK, headers={"If-Match": '"0"'}), 412, "stale-version")
    assert len(await of_year(shared_platform, a_code)) == 1


async def test_rows_of_every_kind_go_in_once(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    lead = f"{a_code}-B"
    await shared_platform.import_rows("units", [small_office.unit(lead)])
    of_year_2025 = {"unit_code": a_code, "year": "2025", "title": "Việc", "happened_on": "2025-03"}
    entries = [kind for kind in ProgrammeKind if not KINDS[kind].follows]
    follow_ups = [kind for kind in ProgrammeKind if KINDS[kind].follows]
    rows = [of_year_2025 | {"kind": kind.value, "entry_ref": f"R-{kind}"} for kind in entries] + [
        of_year_2025
        | {"kind": kind.value, "of_ref": f"R-{FOLLOWED.get(kind, KINDS[kind].follows_first)}"}
        | {name: NEEDED.get(name, a_code) for name in KINDS[kind].requires}
        | ({"note": "Bổ sung"} if kind is Kind.ENTRY_CORRECTED else {})
        for kind in sorted(follow_ups, key=ORDER.index)
    ]
    rows[0] |= {
        "coordinating_unit_codes": f"{a_code};{a_code}",
        "due_on": "2025",
        "quantity": "12",
        "amount": "15000000",
        "draft_code": a_code,
        "linh_vuc": "đất đai",
    }
    rows[entries.index(Kind.REPORT_REQUIRED)] |= {
        "report_period": "year",
        "due_days": "10",
        "coordinating_unit_codes": a_code,
    }
    rows[entries.index(Kind.TASK_ASSIGNED)] |= {"lead_unit_code": lead}
    first = await take(shared_platform, *rows)
    assert [outcome["status"] for outcome in first] == ["taken"] * len(ProgrammeKind), first
    head = await shared_platform.head()
    again = await take(shared_platform, *rows)
    assert [outcome["status"] for outcome in again] == ["unchanged"] * len(ProgrammeKind)
    assert await shared_platform.head() == head
    actual = await of_year(shared_platform, a_code)
    assert {item["kind"] for item in actual} == set(ProgrammeKind)
    due = [actual[0][name] for name in ("due_on", "due_precision", "happened_on", "precision")]
    assert due == ["2025-12-31", "year", "2025-03-01", "month"]
    assert (actual[0]["quantity"], actual[0]["amount"], actual[0]["notes"]) == (
        12,
        15000000,
        {"linh_vuc": "đất đai"},
    )
    (differs,) = await take(shared_platform, rows[0] | {"quantity": "13"})
    assert "nội dung khác" in differs["reasons"][0]["vi"]


async def test_every_row_that_cannot_be_taken_is_reported(shared_platform: Platform, a_code: str) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    good = {"unit_code": a_code, "year": "2025", "kind": "plan_adopted", "document": "12/KH-UBND"}
    wrong: dict[str, dict[str, Any]] = {
        "kind": good | {"kind": "plan"},
        "year": good | {"year": "2021"},
        "happened_on": good | {"happened_on": "05/03/2025"},
        "due_on": good | {"due_on": "31/02/2025"},
        "amount": good | {"amount": "15 triệu"},
        "title": {key: value for key, value in good.items() if key != "document"},
    }
    *bad, unknown, taken = await take(
        shared_platform, *wrong.values(), good | {"lead_unit_code": "KHONG-CO"}, good
    )
    assert [outcome["reasons"][0]["column"] for outcome in bad] == list(wrong)
    assert "KHONG-CO" in unknown["reasons"][0]["en"]
    assert taken["status"] == "taken"
    (first,) = await of_year(shared_platform, a_code)
    assert first["title"] == first["document"] == "12/KH-UBND"


async def test_pages_give_everything_once(shared_platform: Platform, a_code: str) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    for number in range(3):
        await entered(shared_platform, a_code, kind="training_held", title=f"Lớp {number}")
    query: dict[str, Any] = {"unit": a_code, "limit": 2, "min_position": await shared_platform.head()}
    page = (await shared_platform.campaigns.client.get("/programme", params=query)).json()
    rest = (
        await shared_platform.campaigns.client.get("/programme", params=query | {"cursor": page["next"]})
    ).json()
    assert [item["title"] for item in page["items"] + rest["items"]] == ["Lớp 0", "Lớp 1", "Lớp 2"]
    bad = await shared_platform.campaigns.client.get("/programme", params=query | {"cursor": "TFVBVA"})
    refused(bad, 422, "bad-cursor")
