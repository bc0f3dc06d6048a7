"""A command loads its aggregate once, and once each unit that it names: every POST route of the registry and of campaigns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.contracts.envelope import AggregateRef
from shared.contracts.vocabulary import Role
from shared.eventstore.handle import History
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import now
from tests.integration.campaigns.test_import import office
from tests.support.platform.service import Api, Platform
from tests.support.samples import small_office

NEXT_YEAR = (now() + timedelta(days=365)).date().isoformat()

OTHERS = {  # POST routes that are no command on one aggregate
    "/imports": "many aggregates in bulk",
    "/log/decision": "no aggregate",
    "/projections/rebuild": "no aggregate",
    "/projections/skip": "no aggregate",
    "/projections/verification": "no aggregate",
    "/decisions/{draft_code}/{request_id}": "the page of the same command",
    "/communications/{communication_id}/evidence/files": "refuses before it keeps the file, then commands as usual",
    "/communications/{communication_id}/evidence/{evidence_id}/erase": "needs a kept file: test_evidence_files",
    "/drafts/{draft_code}/requests/{request_id}/forward": "needs the tree of units as projected: test_requests",
    "/drafts/{draft_code}/requests": "the same commands, through the link of a mail",
}
FORMS = "/entry/"  # pages of the same commands, which also load what they show
NAMES_A_UNIT = {  # what is decided depends on the unit that the command names: it must exist on the day
    "/units/{unit_code}/move": ["unit", "unit"],
    "/units/{unit_code}/supervision": ["unit", "unit"],
    "/units/{unit_code}/successions": ["unit", "unit"],
    "/drafts/{draft_code}/transfer": ["draft", "unit"],
    "/drafts": ["unit", "draft"],  # a draft is of the data set of its unit
}
HELD = {"held_on": "2024-03-05", "channel": "dialogue", "title": "Đối thoại với người dân"}


@dataclass(slots=True)
class Loads:
    """The aggregates that were loaded since the last look."""

    refs: list[AggregateRef] = field(default_factory=list)

    def taken(self) -> list[str]:
        names = [ref.context for ref in self.refs]
        self.refs.clear()
        return names


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    """Count what services that start from now on load from the log."""
    counted = Loads()

    class Counting:
        def __init__(self, *arguments: Any) -> None:
            self.store = JetStreamEventStore(*arguments)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.store, name)

        async def load(self, ref: AggregateRef) -> History:
            counted.refs.append(ref)
            return await self.store.load(ref)

    monkeypatch.setattr("shared.service.JetStreamEventStore", Counting)
    return counted


def post_routes(api: Api) -> set[str]:
    """Give what stands in the API's description; the pages behind links in mails don't (they load what they show)."""
    paths = api.app.openapi()["paths"]
    posts = {path for path, methods in paths.items() if "post" in methods and not path.startswith(FORMS)}
    return posts - set(OTHERS)


def query_names(api: Api) -> dict[str, list[str]]:
    """Give the query parameters that each POST route declares."""
    paths = api.app.openapi()["paths"]
    return {
        path: [item["name"] for item in methods["post"].get("parameters", ()) if item["in"] == "query"]
        for path, methods in paths.items()
        if "post" in methods
    }


@dataclass(slots=True)
class Caller:
    """Posts to routes by their templates, and keeps what each loaded."""

    client: httpx.AsyncClient
    loads: Loads
    names: dict[str, str]
    position: int
    declared: Mapping[str, Collection[str]]
    loaded: dict[str, list[str]] = field(default_factory=dict)

    async def post(self, route: str, **body: Any) -> dict[str, Any]:
        waits = "min_position" in self.declared.get(route, ())
        params = {"min_position": self.position} if waits else {}
        self.loads.taken()
        answer = await self.client.post(route.format(**self.names), json=body, params=params)
        assert answer.status_code in (200, 201), (route, answer.text)
        self.loaded.setdefault(route, self.loads.taken())
        match: dict[str, Any] = answer.json()
        self.position = match["position"]
        return match


async def requested(api: Api, draft: str, unit: str, stage: str) -> str:
    """Ask as the unit for an exemption, which waits for a decision."""
    async with api.as_(Role.UNIT, unit) as own:
        paper = {"document": "CV 3", "authority": "VP", "decided_on": "2024-01-09", "stages": [stage]}
        answer = await own.post(f"/drafts/{draft}/exemptions", json=paper)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["request"]["request_id"])


async def exempted(caller: Caller, api: Api, draft: str) -> None:
    """Exempt a draft, correct that and take it back."""
    content = {"document": "CV 1", "stages": ["appraisal"]}
    for what, more in (("", {}), ("/{exemption_id}/correct", {"document": "CV 2", "reason": "Ghi nhầm."})):
        await caller.post(f"/drafts/{{draft_code}}/exemptions{what}", **content | more)
        shown = (await api.client.get(f"/drafts/{draft}")).json()
        caller.names["exemption_id"] = shown["exemptions"][0]["exemption_id"]
    await caller.post("/drafts/{draft_code}/exemptions/{exemption_id}/cancel", reason="Ghi nhầm.")


async def test_every_command_of_the_registry(shared_platform: Platform, a_code: str, loads: Loads) -> None:
    unit, other = a_code, f"{a_code}-B"
    async with shared_platform.another("registry") as api:
        names = {"draft_code": a_code, "unit_code": unit}
        caller = Caller(api.client, loads, names, 0, query_names(api))
        await caller.post("/units", **small_office.unit(unit))
        await caller.post("/units", **small_office.unit(other))
        await caller.post("/units/{unit_code}/amend", kind="agency", reason="Ghi nhầm.")
        await caller.post("/units/{unit_code}/rename", name="Sở mới", on="2024-01-01")
        caller.names["change_id"] = (await api.client.get(f"/units/{unit}")).json()["changes"][-1][
            "change_id"
        ]
        await caller.post(
            "/units/{unit_code}/changes/{change_id}/correct", name="Sở khác", reason="Ghi nhầm."
        )
        wrong = (await api.client.get(f"/units/{unit}")).json()["changes"][-1]["change_id"]
        await caller.post("/units/{unit_code}/cancellations", change_id=wrong, reason="Ghi nhầm.")
        await caller.post("/units/{unit_code}/move", parent_code=other, on="2024-01-01")
        await caller.post("/units/{unit_code}/targets", year=2025, target_percent=80)
        await caller.post(
            "/units/{unit_code}/supervision",
            supervisor_code=other,
            kind="justice_body",
            on="2024-01-01",
            document="QĐ 1",
        )
        await caller.post("/units/{unit_code}/successions", to_code=other, kind="merge", date="2025-07-01")
        await caller.post("/drafts", **small_office.draft(a_code, unit))
        await caller.post("/drafts/{draft_code}/amend", instrument="resolution", reason="Ghi nhầm.")
        await caller.post("/drafts/{draft_code}/title", title="Khác")
        await caller.post("/drafts/{draft_code}/scope", in_scope="yes")
        await caller.post("/drafts/{draft_code}/policies", policy_no=1, title="Giá đất")
        await exempted(caller, api, a_code)
        await caller.post("/drafts/{draft_code}/procedure", procedure="simplified", document="CV 2")
        entered = {"stage": "draft_consultation", "entered_on": "2024-01-08"}
        await caller.post("/drafts/{draft_code}/stages", **entered)
        await caller.post(
            "/drafts/{draft_code}/expected-stages",
            stage="adopted",
            expected_on=NEXT_YEAR,
        )
        await caller.post(
            "/drafts/{draft_code}/opinions",
            stage="draft_consultation",
            summarised_on="2024-01-08",
            received=3,
        )
        for stage, end in (("verification", "decision"), ("draft_consultation", "withdraw")):
            names["request_id"] = await requested(api, a_code, unit, stage)
            refusal = {"decision": "refused"} if end == "decision" else {}
            route = f"/drafts/{{draft_code}}/requests/{{request_id}}/{end}"
            if end == "decision":
                reply = "Đề nghị bổ sung văn bản."
                await caller.post("/drafts/{draft_code}/requests/{request_id}/answer", reply=reply)
            await caller.post(route, reason="Chưa đủ căn cứ.", **refusal)
        draft = (await api.client.get(f"/drafts/{a_code}")).json()
        caller.names["entry_id"] = draft["stages"][0]["entry_id"]
        await caller.post(
            "/drafts/{draft_code}/stages/{entry_id}/correct", **entered | {"entered_on": "2024-01-09"}
        )
        posted = await caller.post(
            "/drafts/{draft_code}/postings",
            stage="draft_consultation",
            opened_on="2024-01-09",
            closes_on="2024-02-01",
        )
        caller.names["posting_id"] = posted["posting"]["posting_id"]
        await caller.post("/drafts/{draft_code}/postings/{posting_id}/extend", closes_on="2024-02-09")
        await caller.post("/drafts/{draft_code}/postings/{posting_id}/close", closed_on="2024-02-09")
        await caller.post(
            "/drafts/{draft_code}/postings/{posting_id}/correct",
            stage="draft_consultation",
            opened_on="2024-01-09",
            closed_on="2024-02-08",
            reason="Ghi nhầm ngày.",
        )
        await caller.post("/drafts/{draft_code}/postings/{posting_id}/cancel", reason="Ghi nhầm.")
        await caller.post("/drafts/{draft_code}/stages/{entry_id}/cancel", reason="Ghi nhầm.")
        await caller.post("/drafts/{draft_code}/transfer", to_unit_code=other, on="2024-02-01")
        await caller.post("/drafts/{draft_code}/withdraw", on="2024-03-01")
        assert set(caller.loaded) == post_routes(api), "a route has no case here"
    assert caller.loaded == {
        route: NAMES_A_UNIT.get(route, ["unit" if route.startswith("/units") else "draft"])
        for route in caller.loaded
    }


async def test_every_command_of_campaigns(shared_platform: Platform, a_code: str, loads: Loads) -> None:
    await office(shared_platform, a_code)
    helper = f"{a_code}-K"
    await shared_platform.import_rows("units", [small_office.unit(helper)])
    async with shared_platform.another("campaigns") as api:
        names = {"draft_code": a_code, "unit_code": a_code, "year": "2025"}
        caller = Caller(api.client, loads, names, await shared_platform.head(), query_names(api))
        plan = "/drafts/{draft_code}/plan/activities"
        planned = await caller.post(plan, planned_on="2025-08-20", title="Đối thoại")
        second = await caller.post(plan, planned_on="2025-08-21", title="Tọa đàm")
        caller.names["activity_id"] = second["id"]
        await caller.post(f"{plan}/{{activity_id}}/reschedule", planned_on="2025-09-05")
        await caller.post(f"{plan}/{{activity_id}}/cancel", reason="gộp")
        of_plan = {"activity_id": planned["id"]}
        recorded = await caller.post("/drafts/{draft_code}/communications", **HELD, **of_plan)
        caller.names["communication_id"] = recorded["id"]
        first = "/communications/{communication_id}"
        await caller.post(f"{first}/correct", **HELD, **of_plan, place="Huế")
        await caller.post(f"{first}/refuse-verification", reason="Chưa có biên bản.")
        await caller.post(f"{first}/verify")
        await caller.post(f"{first}/evidence", url="https://example.vn/1")
        await caller.post(f"{first}/retract", reason="Không diễn ra.")
        async with api.as_(Role.UNIT, helper) as clerk:
            with_role = HELD | {"unit_code": helper, "role": "coordinating"}
            asked = await clerk.post(f"/drafts/{a_code}/communications", json=with_role)
        caller.names["communication_id"] = asked.json()["id"]
        await caller.post(f"{first}/confirm")
        programme = "/units/{unit_code}/programme/{year}"
        task = await caller.post(programme, kind="task_assigned", title="Đối thoại", draft_code=a_code)
        caller.names["entry_id"] = task["id"]
        entry = f"{programme}/entries/{{entry_id}}"
        await caller.post(f"{entry}/steps", kind="task_reported")
        await caller.post(f"{entry}/correct", title="Tọa đàm", reason="Nhầm tên")
        await caller.post(f"{entry}/cancel", reason="Nhập trùng")
        required = {"coordinating_unit_codes": [a_code], "report_period": "year", "due_days": 10}
        duty = await caller.post(programme, kind="report_required", title="Báo cáo năm", **required)
        await caller.post("/units/{unit_code}/reports", duty_id=duty["id"], document="7/BC")
        assert set(caller.loaded) == post_routes(api), "a route has no case here"
    contexts = {"plan": plan, "programme": "/units"}
    assert caller.loaded == {
        route: [
            next((context for context, start in contexts.items() if route.startswith(start)), "communication")
        ]
        for route in caller.loaded
    }
