"""Training: a clerk enters an exercise under the own name; nothing of it counts, and nobody gets a mail."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.contracts.vocabulary import Role
from shared.kernel import runtime
from shared.kernel.local_day import day_in_vietnam
from tests.integration.entry.conftest import COMMUNE, HEALTH, JUSTICE, PROVINCE, Office, date_of, press
from tests.support.samples import small_office
from tests.support.servers.plain import NO_AUTHORITIES

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
BANNER = "Đang tập nhập liệu"
TODAY = day_in_vietnam(runtime.now())
POSITIONS = {"position", "version", "facts_position"}  # of the log, which grows with an exercise too
DRAFT = {
    "draft_code": "NQ-TAP-1",
    "title": "Nghị quyết tập nhập liệu",
    "instrument": "provincial_resolution",
    "regime": "law_2025_amended",
    "procedure": "ordinary",
    "affects_rights": "yes",
    "contested": "yes",
    "wide_impact": "yes",
    "policy_1": "Hỗ trợ học phí",
}


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


async def switch(office: Office, browser: httpx.AsyncClient, button: str) -> httpx.Response:
    """Press the button of the account page that begins or ends training."""
    account = f"{office.url('notifier')}/sign-in"
    token = CSRF.search((await browser.get(account)).text)
    assert token is not None
    assert button in (await browser.get(account)).text
    end = "/end" if button.startswith("Kết thúc") else ""
    return await browser.post(f"{account}/training{end}", data={"csrf_token": token[1]})


@asynccontextmanager
async def training(office: Office, unit: str, role: Role = Role.UNIT) -> Any:
    async with office.browser(unit, role) as browser:
        begun = await switch(office, browser, "Tập nhập liệu")
        assert begun.status_code == 303, begun.text
        yield browser


def without_positions(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_positions(each) for name, each in value.items() if name not in POSITIONS}
    return [without_positions(each) for each in value] if isinstance(value, list) else value


def _questions() -> Iterator[tuple[str, dict[str, Any]]]:
    year = TODAY.year
    yield "/compliance", {"group_by": "unit"}
    yield "/compliance", {"group_by": "none", "year": year}
    for path in ("/gaps", "/todos"):
        yield path, {}
    for path in ("/counts", "/counts/drafts", "/counts/opinions"):
        yield path, {"year": year, "group_by": "unit"} if path == "/counts" else {"year": year}
    yield "/programme", {"year": year, "unit": PROVINCE, "include_descendants": "true"}
    yield "/required-reports", {"year": year}
    yield "/reports/407", {"year": year}


CSV_OF = ("units", "gaps", "activities", "programme", "coming", "quality")


async def figures(office: Office) -> dict[str, str]:
    """Give what everybody sees of the live data: figures, lists as CSV, report, and the mails that are planned."""
    platform = office.platform
    await platform.settled()
    seen: dict[str, str] = {}
    metrics = platform.services["metrics"].client
    for path, query in _questions():
        answer = await metrics.get(path, params=query)
        assert answer.status_code == 200, (path, answer.text)
        seen[f"{path}?{query}"] = json.dumps(without_positions(answer.json()), sort_keys=True)
    for name in CSV_OF:
        answer = await metrics.get(f"/lists/{name}", params={"format": "csv"})
        assert answer.status_code == 200, (name, answer.text)
        seen[name] = answer.text
    mails: list[dict[str, Any]] = []
    for day in (1, 2, 3, 8, 9, 10):  # some of them are working days
        at = f"{(TODAY + timedelta(days=day)).isoformat()}T10:00:00+07:00"
        preview = await platform.services["notifier"].client.get("/preview", params={"at": at})
        assert preview.status_code == 200, preview.text
        mails += without_positions(preview.json()["mails"])
    seen["mails"] = json.dumps(mails, sort_keys=True)
    return seen


@pytest.fixture(scope="module")
async def live(office: Office) -> Office:
    """A department with a live draft that lacks communication, a task of its programme, and recipients everywhere."""
    code = "NQ-LIVE-1"
    platform = office.platform
    draft = small_office.draft(code, HEALTH, instrument="provincial_resolution", regime="law_2025_amended")
    await platform.import_rows("drafts", [{**draft, "in_scope": "yes", "scope_basis": "local_plan"}])
    await platform.import_rows("policies", [small_office.policy(code, 1)])
    await platform.import_rows("stages", [small_office.stage(code, "draft_consultation", ago(30))])
    recipients = [
        {"unit_code": unit, "role": role, "email": f"{role}@{unit.lower()}.example.vn"}
        for unit in (PROVINCE, HEALTH, JUSTICE, COMMUNE)
        for role in ("focal_point", "head", "supervisor")
    ]
    await platform.settled()
    await platform.import_rows("recipients", recipients)
    task = {"unit_code": HEALTH, "year": TODAY.year, "kind": "task_assigned", "title": "Kế hoạch năm"}
    await platform.import_rows("programme", [{**task, "due_on": ago(3)}])
    await platform.settled()
    return office


async def test_a_clerk_trains_and_nothing_of_it_counts_or_is_mailed(live: Office) -> None:
    office, code = live, "TAP-NQ-TAP-1"
    before = await figures(office)
    assert "NQ-LIVE-1" in before["gaps"]
    assert before["mails"] != "[]", "there is something to compare"
    async with training(office, HEALTH) as browser:
        opened = await browser.get("/entry/drafts")
        assert BANNER in opened.text
        review = await press(browser, opened, "review", **DRAFT)
        assert code in review.text, review.text
        assert (await press(browser, review, "record")).status_code == 200
        stage = await browser.get(f"/entry/drafts/{code}/stages")
        entered = await press(
            browser, stage, "record", stage="draft_consultation", **date_of("entered_on", ago(20))
        )
        assert entered.status_code == 200, entered.text
        await office.platform.settled()
        campaigns = office.url("campaigns")
        form = await browser.get(f"{campaigns}/entry/drafts/{code}/communications")
        said = {"channel": "conference", "title": "Hội nghị tập", "attendance": "500", "policies": "1"}
        held = await press(browser, form, "record", **said, **date_of("held_on", ago(5)))
        assert held.status_code == 200, held.text
        plan = await browser.get(f"{campaigns}/entry/drafts/{code}/plan")
        assert BANNER in plan.text
        document = {"document": "Kế hoạch 9/KH-TAP"}
        token = {"X-CSRF-Token": _token(plan)}
        adopted = await browser.post(
            f"{campaigns}/units/{HEALTH}/programme/{TODAY.year}",
            json={"kind": "plan_adopted", "title": "Kế hoạch tập", "happened_on": ago(2), **document},
            headers={**token, "Accept": "application/json"},
        )
        assert adopted.status_code == 201, adopted.text
        await office.platform.settled()

        home = await browser.get("/home")
        assert code in home.text
        assert "NQ-LIVE-1" not in home.text, "in training only the exercise is seen"
        page = await browser.get(f"{office.url('metrics')}/details")
        assert BANNER in page.text
        assert "NQ-LIVE-1" not in page.text
        own = await browser.get(f"{office.url('metrics')}/compliance", headers={"Accept": "application/json"})
        assert own.json()["groups"][0]["drafts"] == 1, own.text
        programme = await browser.get(f"{campaigns}/entry/programme")
        assert "Kế hoạch tập" in programme.text
        assert "Kế hoạch năm" not in programme.text
        assert await figures(office) == before

        ended = await switch(office, browser, "Kết thúc tập nhập liệu")
        assert ended.status_code == 303
        home = await browser.get("/home")
        assert BANNER not in home.text
        assert "NQ-LIVE-1" in home.text
        assert code not in home.text, "an exercise stands in no list of an office"
    assert await figures(office) == before


def _token(page: httpx.Response) -> str:
    matched = CSRF.search(page.text)
    assert matched is not None
    return matched[1]


async def test_all_that_training_recorded_says_so_and_can_be_counted(live: Office) -> None:
    metrics = live.platform.services["metrics"].client
    counted = (await metrics.get("/compliance", params={"dataset": "exercise"})).json()
    assert counted["groups"][0]["drafts"] == 1
    assert [banner["vi"] for banner in counted["banners"]] != []
    draft = await live.draft("TAP-NQ-TAP-1")
    assert draft["dataset"] == "exercise"
    registry = live.platform.registry.client
    listed = (await registry.get("/drafts", params={"dataset": "exercise"})).json()["items"]
    assert [item["draft_code"] for item in listed] == ["TAP-NQ-TAP-1"]


async def test_in_training_what_is_live_is_not_touched(live: Office) -> None:
    history = (await live.platform.registry.client.get("/drafts/NQ-LIVE-1/history")).json()
    async with training(live, HEALTH) as browser:
        form = await browser.get("/entry/drafts/NQ-LIVE-1/stages")
        refused = await press(browser, form, "record", stage="appraisal", **date_of("entered_on", ago(1)))
        assert refused.status_code == 403
        assert "chỉ ghi nhận được dữ liệu thực tập" in refused.text
        token = {"X-CSRF-Token": _token(form), "Accept": "application/json"}
        body = {"held_on": ago(1), "channel": "conference", "title": "Hội nghị"}
        campaigns = f"{live.url('campaigns')}/drafts/NQ-LIVE-1/communications"
        answer = await browser.post(campaigns, json=body, headers=token)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:loa:problem:outside-exercise")
        task = {"kind": "task_reported", "title": "Kế hoạch năm", "happened_on": ago(1)}
        programme = f"{live.url('campaigns')}/units/{HEALTH}/programme/{TODAY.year}"
        answer = await browser.post(programme, json=task, headers=token)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:loa:problem:other-data")
        draft = {
            **small_office.draft("NQ-OWN", HEALTH, instrument="provincial_resolution"),
            "regime": "law_2025",
        }
        answer = await browser.post("/drafts", json=draft, headers=token)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:loa:problem:code-of-exercise")
    assert (await live.platform.registry.client.get("/drafts/NQ-LIVE-1/history")).json() == history


async def test_in_training_nothing_is_done_that_would_hold_outside(live: Office) -> None:
    async with training(live, JUSTICE, Role.SUPERVISOR) as browser:
        for service, path in (
            ("notifier", f"/entry/units/{HEALTH}/recipients"),
            ("notifier", "/entry/urging"),
            ("metrics", "/entry/reports/publish"),
        ):
            answer = await browser.get(f"{live.url(service)}{path}")
            assert answer.status_code == 403, (path, answer.status_code)
            assert "đang ở chế độ tập nhập liệu" in answer.text
            assert BANNER in answer.text, "how to end it stands on the page"
        assert BANNER in (await browser.get("/entry/help/stage")).text


async def test_training_needs_the_form_of_the_account_page_and_a_session(live: Office) -> None:
    account = f"{live.url('notifier')}/sign-in/training"
    async with live.browser(COMMUNE) as browser:
        assert (await browser.post(account, data={"csrf_token": "made-up"})).status_code == 403
        assert BANNER not in (await browser.get("/home")).text
    async with httpx.AsyncClient(verify=NO_AUTHORITIES) as client:
        assert (await client.post(account, data={"csrf_token": "x"})).status_code in {303, 401}


async def test_an_exercise_of_any_kind_changes_no_live_figure(live: Office) -> None:
    """The rows are random: live ones first, then an exercise of the same units; live figures stay as they were."""
    chance = random.Random(407)
    for number in range(3):
        await _recorded(live, chance, f"NQ-R{number}", "live")
        before = await figures(live)
        await _recorded(live, chance, f"TAP-R{number}", "exercise")
        assert await figures(live) == before
    exercise = await live.platform.services["metrics"].client.get(
        "/compliance", params={"dataset": "exercise"}
    )
    (group,) = exercise.json()["groups"]
    assert group["policies"] + group["undetermined"] >= 6, "there was an exercise"


STAGES = ("policy_consultation", "draft_consultation", "appraisal")


async def _recorded(office: Office, chance: random.Random, name: str, dataset: str) -> None:
    """Record two drafts of two units with stages, communications, a plan and an entry of a programme."""
    platform = office.platform
    rows: dict[str, list[dict[str, Any]]] = {}
    for unit in chance.sample((HEALTH, JUSTICE, PROVINCE), 2):
        code = f"{name}-{unit}"
        draft = small_office.draft(code, unit, instrument="provincial_resolution", regime="law_2025_amended")
        in_scope = chance.choice(("yes", "yes", "unknown"))
        rows.setdefault("drafts", []).append({**draft, "in_scope": in_scope, "dataset": dataset})
        rows.setdefault("policies", []).append(small_office.policy(code, 1))
        days = sorted(chance.sample(range(1, 90), 3), reverse=True)
        for stage, day in zip(STAGES, days, strict=True):
            rows.setdefault("stages", []).append(small_office.stage(code, stage, ago(day)))
        held = small_office.communication(code, ago(chance.randrange(1, 90)), unit_code=unit, dataset=dataset)
        rows.setdefault("communications", []).append({**held, "attendance": str(chance.randrange(900))})
        later = (TODAY + timedelta(days=chance.randrange(1, 60))).isoformat()
        rows.setdefault("activities", []).append(small_office.activity(code, later, dataset=dataset))
        entry = {"unit_code": unit, "year": TODAY.year, "kind": "task_assigned", "title": f"Việc {code}"}
        due = ago(chance.randrange(-5, 30))
        rows.setdefault("programme", []).append({**entry, "due_on": due, "dataset": dataset})
    for sheet in ("drafts", "policies", "stages", "communications", "activities", "programme"):
        await platform.import_rows(sheet, rows[sheet])
        await platform.settled()
