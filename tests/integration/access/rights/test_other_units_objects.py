"""Every object of one unit is tried with every other role and relation, over HTTP: none succeeds, none reveals a mailbox."""

from collections import Counter
from datetime import date

import httpx
import pytest

from shared.contracts.event import communication_id
from shared.contracts.vocabulary import Role
from shared.rules.rights.actions import Action, Relation
from shared.rules.rights.table import PUBLIC, RIGHTS
from tests.integration.access.rights.attempts import (
    CALLERS,
    DRAFT,
    MAILBOX,
    STANDING,
    VICTIM,
    Attempt,
    Objects,
    ago,
)
from tests.support.platform.service import Platform
from tests.unit.rights.test_table import expected

REFUSED = {401, 403, 404}
UNFILLED = 422  # a form that is sent without its fields
pytestmark = pytest.mark.timeout(900)  # thousands of requests, and four services to start


async def tried(platform: Platform, attempt: Attempt, role: Role, unit: str | None) -> httpx.Response:
    async with platform.services[attempt.service].as_(role, unit) as caller:
        return await caller.request(attempt.method, attempt.path, json=attempt.body)


def test_every_action_that_needs_a_right_is_tried(objects: Objects) -> None:
    assert {attempt.action for attempt in objects.attempts()} == RIGHTS.keys() - PUBLIC


async def test_no_other_role_or_relation_reaches_an_object(objects: Objects) -> None:
    counts: Counter[str] = Counter()
    succeeded, undecided, revealed = [], [], []
    for attempt in objects.attempts():
        for role, unit in CALLERS:
            if expected(role, STANDING[unit], attempt.action):
                continue
            answer = await tried(objects.platform, attempt, role, unit)
            counts[f"{answer.status_code}"] += 1
            what = (attempt.action, role, unit, answer.status_code)
            if MAILBOX in answer.text or (attempt.leaks and VICTIM in answer.text):
                revealed.append(what)
            if answer.is_success and not attempt.leaks:
                succeeded.append(what)
            elif answer.status_code not in REFUSED and not (
                attempt.leaks and (answer.is_success or answer.status_code == UNFILLED)
            ):
                undecided.append((*what, answer.text[:200]))
    print(f"attempts {counts.total()}: {dict(counts)}; succeeded {len(succeeded)}")  # noqa: T201  to be seen
    assert counts.total() > 1000
    assert (succeeded, undecided, revealed) == ([], [], [])


@pytest.mark.parametrize("unit", ["A-STP", "A-UB", VICTIM, "B-STP", None])
async def test_the_country_is_silenced_by_an_operator_alone(objects: Objects, unit: str | None) -> None:
    for filters in ({"all": True}, {"stage": "appraisal"}, {"draft_code": "NQ-UNKNOWN"}):
        body = {"last_day": ago(-5), "reason": "Chờ ý kiến"} | filters
        async with objects.platform.services["notifier"].as_(Role.SUPERVISOR, unit) as caller:
            assert (await caller.post("/silences", json=body)).status_code == 403, filters


@pytest.mark.parametrize(
    ("unit", "path", "body"),
    [
        ("A-UB", "/units/A-SYT/move", {"parent_code": "B-UB", "on": ago(1)}),
        ("A-UB", "/units/A-SYT/move", {"parent_code": None, "on": ago(1)}),
        ("A-UB", "/units/A-SYT/amend", {"cleared": ["parent_code"], "reason": "nhầm"}),
        ("A-UB", "/units/A-SYT/successions", {"to_code": "B-SYT", "kind": "merge", "date": ago(1)}),
        ("A-UB", "/units/A-SYT/supervision", {"supervisor_code": "B-STP", "kind": "council", "on": ago(1)}),
        ("B-STP", "/units/A-SYT/supervision", {"supervisor_code": "B-STP", "kind": "council", "on": ago(1)}),
        ("A-STP", "/units/A-STP/supervision", {"supervisor_code": None, "kind": "council", "on": ago(1)}),
        ("A-STP", "/units", {"code": "X-1", "name": "X", "level": "provincial", "kind": "department"}),
    ],
)
async def test_nobody_takes_or_gives_a_unit_across_areas(
    objects: Objects, unit: str, path: str, body: dict[str, str]
) -> None:
    async with objects.platform.registry.as_(Role.SUPERVISOR, unit) as caller:
        answer = await caller.post(path, json=body)
    assert answer.status_code == 403, answer.text


async def test_the_attempts_are_ones_that_an_allowed_caller_makes(objects: Objects) -> None:
    """Else a refusal would prove nothing: the supervising body, and for what is no unit's an operator, is let through."""
    wrong = []
    last = {Action.TRANSFER_DRAFT}  # then the objects belong to a unit of another province
    for attempt in sorted(objects.attempts(), key=lambda attempt: attempt.action in last):
        allowed = [(role, unit) for role, unit in CALLERS if expected(role, STANDING[unit], attempt.action)]
        relations = {STANDING[unit] for _, unit in allowed}
        assert not allowed or relations & {Relation.OWN, Relation.BELOW, Relation.AREA}
        role, unit = allowed[-1] if allowed else (Role.OPERATOR, None)
        if not allowed and attempt.action in {"accept_log", "rebuild_projection", "restore_own_data"}:
            continue  # they would take the rows from under the rest
        answer = await tried(objects.platform, attempt, role, unit)
        if answer.status_code in {401, 403}:
            wrong.append((attempt.action, role, unit, answer.text[:200]))
    assert wrong == []


async def test_an_id_of_another_units_row_cannot_be_occupied(objects: Objects) -> None:
    """The id of an import row of the victim, taken by another unit's communication before the import."""
    own = {"draft_code": "NQ-B-1", "title": "X", "instrument": "provincial_resolution"}
    own |= {"lead_unit_code": "B-SYT", "regime": "law_2025_amended"}
    platform = objects.platform
    await objects.call("registry", "POST", "/drafts", own)
    await platform.settled()
    taken = communication_id(DRAFT, date.fromisoformat(ago(3)), "day", "dialogue", "Hội nghị nhập từ tệp", [])
    body = {"id": str(taken), "held_on": ago(3), "channel": "dialogue", "title": "Hội nghị nhập từ tệp"}
    async with platform.campaigns.as_(Role.UNIT, "B-SYT") as attacker:
        answer = await attacker.post("/drafts/NQ-B-1/communications", json=body)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "id-reserved")
        drawn = await attacker.post("/drafts/NQ-B-1/communications", json=body | {"id": None})
        assert drawn.status_code == 201, drawn.text
    row = {k: v for k, v in body.items() if k != "id"} | {"draft_code": DRAFT}
    (outcome,) = await platform.import_rows("communications", [row])
    assert outcome["status"] == "taken"
