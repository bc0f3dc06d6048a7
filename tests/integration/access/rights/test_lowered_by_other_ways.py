"""Ways around the table of rights: an overseer of one's own, another area's units, others obliged, foreign mailboxes."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.contracts.vocabulary import Role
from tests.integration.access.rights.attempts import DRAFT, VICTIM, Objects, ago

pytestmark = pytest.mark.timeout(600)
CLERK, HEAD, SUPERVISOR = Role.UNIT, Role.HEAD, Role.SUPERVISOR
TASK = {"kind": "task_assigned", "title": "Tổ chức đối thoại", "due_on": ago(-9)}
REPORT = {"kind": "report_required", "title": "Báo cáo năm", "report_period": "year", "due_days": 10}
INSPECTION = {"kind": "inspection_conducted", "title": "Kiểm tra", "happened_on": ago(3)}


async def sent(
    objects: Objects, by: tuple[Role, str], what: tuple[str, str, str], body: Any = None
) -> httpx.Response:
    service, method, path = what
    async with objects.platform.services[service].as_(*by) as caller:
        return await caller.request(method, path, json=body)


def post(service: str, path: str) -> tuple[str, str, str]:
    return service, "POST", path


def unit(code: str, parent: str, name: str = "Phòng", kind: str = "department") -> dict[str, str]:
    level = "central" if parent == "BYT" else "provincial"
    return {"code": code, "name": name, "level": level, "kind": kind, "parent_code": parent}


@pytest.mark.parametrize(
    ("by", "path", "body"),
    [
        (VICTIM, "/units", unit("GIA-1", VICTIM, kind="provincial_justice_department")),
        ("BYT", "/units", unit("GIA-2", "BYT", "Vụ Pháp chế và Cải cách")),
        ("A-UB", "/units", unit("GIA-3", "A-UB", "Sở Tư pháp số hai")),
        (VICTIM, "/units/A-SYT-P/amend", {"kind": "provincial_justice_department", "reason": "nhầm"}),
        ("A-UB", "/units/A-SYT/rename", {"name": "Sở Tư pháp và Y tế", "on": ago(1)}),
    ],
)
async def test_nobody_makes_a_unit_that_oversees_the_own_one(
    objects: Objects, by: str, path: str, body: dict[str, str]
) -> None:
    answer = await sent(objects, (SUPERVISOR, by), post("registry", path), body)
    assert answer.status_code == 403, answer.text


async def test_who_follows_a_province_may_add_what_follows_it_too(objects: Objects) -> None:
    body = unit("A-STP-2", "A-UB", "Sở Tư pháp (bộ phận hai)")
    answer = await sent(objects, (SUPERVISOR, "A-STP"), post("registry", "/units"), body)
    assert answer.status_code == 201, answer.text
    plain = unit("A-SYT-P2", VICTIM, "Phòng Pháp chế")  # of a department that is no ministry
    answer = await sent(objects, (SUPERVISOR, VICTIM), post("registry", "/units"), plain)
    assert answer.status_code == 201, answer.text


async def test_what_a_unit_was_below_another_is_not_rewritten_by_who_has_it_now(objects: Objects) -> None:
    await objects.call("registry", "POST", "/units", unit("DOI", "B-UB", "Trung tâm"))
    moved = {"parent_code": "A-UB", "on": ago(10)}
    await objects.call("registry", "POST", "/units/DOI/move", moved)
    await objects.platform.settled()
    for what, body in (
        ("move", {"parent_code": "A-UB", "on": ago(400)}),
        ("rename", {"name": "Tên khác", "on": ago(400)}),
        ("successions", {"to_code": "A-SYT-P", "kind": "merge", "date": ago(400)}),
        ("supervision", {"supervisor_code": "A-STP", "kind": "council", "on": ago(400)}),
        ("amend", {"parent_code": "A-UB", "reason": "nhầm"}),
    ):
        answer = await sent(objects, (SUPERVISOR, "A-UB"), post("registry", f"/units/DOI/{what}"), body)
        assert answer.status_code == 403, (what, answer.text)
    body = {"name": "Trung tâm A", "on": ago(2)}
    answer = await sent(objects, (SUPERVISOR, "A-UB"), post("registry", "/units/DOI/rename"), body)
    assert answer.status_code == 200, answer.text


async def test_a_draft_goes_to_another_area_by_who_follows_both(objects: Objects) -> None:
    path = f"/drafts/{DRAFT}"
    away = {"to_unit_code": "B-SYT", "on": ago(0)}
    answer = await sent(objects, (SUPERVISOR, "A-STP"), post("registry", f"{path}/transfer"), away)
    assert answer.status_code == 403, answer.text
    asked = await sent(objects, (CLERK, VICTIM), post("registry", f"{path}/transfer"), away)
    assert asked.status_code == 202, asked.text
    decision = f"{path}/requests/{asked.json()['request']['request_id']}/decision"
    approved = {"decision": "approved", "document": "QĐ 8"}
    answer = await sent(objects, (SUPERVISOR, "A-STP"), post("registry", decision), approved)
    assert answer.status_code in {403, 409, 422}, answer.text
    assert (await objects.call("registry", "GET", path))["lead_unit_code"] == VICTIM
    within = {"to_unit_code": "A-SYT-P", "on": ago(0)}
    answer = await sent(objects, (SUPERVISOR, "A-STP"), post("registry", f"{path}/transfer"), within)
    assert answer.status_code == 200, answer.text
    back = {"to_unit_code": VICTIM, "on": ago(0)}
    answer = await sent(objects, (SUPERVISOR, "CP"), post("registry", f"{path}/transfer"), back)
    assert answer.status_code == 200, answer.text
    await objects.platform.settled()


async def test_a_draft_that_came_from_another_area_is_not_taken_from_it_earlier(objects: Objects) -> None:
    own = {"draft_code": "NQ-B-7", "title": "X", "instrument": "provincial_resolution"}
    own |= {"lead_unit_code": "B-SYT", "regime": "law_2025_amended"}
    await objects.call("registry", "POST", "/drafts", own)
    came = {"to_unit_code": VICTIM, "on": ago(10)}
    await objects.call("registry", "POST", "/drafts/NQ-B-7/transfer", came)
    earlier = {"to_unit_code": "A-SYT-P", "on": ago(300)}
    path = "/drafts/NQ-B-7/transfer"
    answer = await sent(objects, (SUPERVISOR, "A-STP"), post("registry", path), earlier)
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize(
    ("by", "entry"),
    [
        ((role, unit), entry)
        for role, unit in ((CLERK, "B-SYT"), (HEAD, "B-SYT"), (SUPERVISOR, "B-SYT"), (CLERK, "B-STP"))
        for entry in (
            TASK | {"lead_unit_code": VICTIM},
            TASK | {"lead_unit_code": "B-UB"},
            REPORT | {"coordinating_unit_codes": ["B-SYT", VICTIM]},
            REPORT | {"lead_unit_code": "CP"},
            INSPECTION | {"lead_unit_code": VICTIM},
        )
        if (unit, entry.get("lead_unit_code")) != ("B-STP", "B-UB")  # it follows the whole province
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "-".join(value),
)
async def test_no_unit_obliges_those_that_it_neither_stands_above_nor_follows(
    objects: Objects, by: tuple[Role, str], entry: dict[str, Any]
) -> None:
    path = f"/units/{by[1]}/programme/2026"
    answer = await sent(objects, by, post("campaigns", path), entry)
    refused = {403} if entry["kind"] != "inspection_conducted" else {403, 422}
    assert answer.status_code in refused, answer.text


async def test_a_unit_obliges_those_below_it_and_those_that_it_follows(objects: Objects) -> None:
    for by, lead in ((VICTIM, "A-SYT-P"), ("A-STP", VICTIM), (VICTIM, VICTIM)):
        path = f"/units/{by}/programme/2026"
        entered = await sent(objects, (CLERK, by), post("campaigns", path), TASK | {"lead_unit_code": lead})
        assert entered.status_code == 201, entered.text
        correct = post("campaigns", f"{path}/entries/{entered.json()['id']}/correct")
        other = {"title": "Khác", "lead_unit_code": "B-SYT", "due_on": ago(-9), "reason": "nhầm"}
        answer = await sent(objects, (CLERK, by), correct, other)
        assert answer.status_code == 403, answer.text
        answer = await sent(objects, (CLERK, by), correct, other | {"lead_unit_code": lead})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("by", "of"), [("BYT", "BYT-PC"), ("A-UB", "A-STP"), (VICTIM, "A-STP")])
async def test_nobody_names_the_mailboxes_of_who_oversees_it(objects: Objects, by: str, of: str) -> None:
    mine = [{"role": "supervisor", "email": "ke.khac@example.vn", "language": "vi"}]
    what = ("notifier", "PUT", f"/units/{of}/recipients")
    answer = await sent(objects, (SUPERVISOR, by), what, mine)
    assert answer.status_code == 403, answer.text


async def test_whom_an_operator_obliged_stays_obliged_when_the_rest_is_corrected(objects: Objects) -> None:
    """An entry that obliges others and that an operator entered stays as it is when its unit corrects the rest."""
    path = "/units/B-SYT/programme/2026"
    entered = await objects.call("campaigns", "POST", path, TASK | {"lead_unit_code": VICTIM})
    correct = post("campaigns", f"{path}/entries/{UUID(entered['id'])}/correct")
    other = {"title": "Tên khác", "lead_unit_code": VICTIM, "due_on": ago(-9), "reason": "nhầm"}
    answer = await sent(objects, (CLERK, "B-SYT"), correct, other)
    assert answer.status_code == 200, answer.text
