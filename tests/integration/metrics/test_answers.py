"""How metrics answers: positions, refusals, empty sets, days to come, and who may read."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.keys.keyring import Keyring
from shared.http.requests import request_context
from tests.integration.metrics.office import Office, ago
from tests.support.platform.service import Api, Platform, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

RATES = (
    *("rate_plan", "rate_plan_low", "rate_plan_drafts"),
    *("rate_full", "rate_on_time", "rate_any", "rate_from_start", "rate_occurrences"),
)


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    """One unit with its own target and one draft that has waited for communication since yesterday."""
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as result,
    ):
        office = Office(result, "OFFICE")
        await office.open()
        await result.import_rows("units", [small_office.unit("EMPTY", parent_code="OFFICE", level="commune")])
        targets = [("OFFICE", "2025", "70"), ("OFFICE", "2022", "80")]
        rows = [{"unit_code": unit, "year": year, "target_percent": aim} for unit, year, aim in targets]
        await result.import_rows("targets", rows)
        await office.enter("draft_consultation", "2025-03-03")
        await office.communicate("2025-03-05", 1)
        await result.settled()
        yield result


@pytest.fixture
def metrics(platform: Platform) -> Api:
    return platform.services["metrics"]


async def ask(metrics: Api, path: str = "/compliance", **query: Any) -> dict[str, Any]:
    answer = await metrics.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def problem(metrics: Api, path: str, **query: Any) -> tuple[int, str]:
    answer = await metrics.client.get(path, params=query)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].rsplit(":", 1)[-1].rsplit("/", 1)[-1]


async def test_an_answer_names_its_day_position_rules_and_definition(
    metrics: Api, platform: Platform
) -> None:
    answer = await ask(metrics, as_of="2025-04-01", year=2025)
    assert answer["as_of"] == "2025-04-01"
    assert answer["period"] == {"from": "2024-12-15", "to": "2025-12-14"}
    assert answer["view"] == "original"
    assert 0 < answer["position"] <= await platform.head()
    assert len(answer["rules_version"]) == 64
    assert "Quyết định 407" in answer["definition"]
    (group,) = answer["groups"]
    assert (group["met"], group["missed"], group["rate_full"], group["provisional"]) == (1, 1, 0.5, 2)


async def test_without_a_day_it_is_today(metrics: Api) -> None:
    assert (await ask(metrics))["as_of"] == ago(0)
    assert (await ask(metrics, "/gaps"))["as_of"] == ago(0)
    assert (await ask(metrics))["period"] == {"from": None, "to": None}


async def test_min_position_waits_for_the_rows(metrics: Api, platform: Platform) -> None:
    """What was written a moment ago is in the answer that asks for it."""
    office = Office(platform, "FRESH")
    await office.open(policies=0)
    position = await office.draft("stages", stage="draft_consultation", entered_on=ago(0))
    answer = await ask(metrics, "/gaps", min_position=position)
    assert answer["position"] >= position
    assert "FRESH" in {gap["draft_code"] for gap in answer["gaps"]}


async def test_a_position_to_come_is_waited_for(metrics: Api, platform: Platform) -> None:
    waiting = asyncio.create_task(ask(metrics, "/gaps", min_position=await platform.head() + 1))
    await Office(platform, "LATER").open(policies=0)
    assert (await waiting)["position"] > 0


async def test_a_position_that_does_not_come_is_said(
    metrics: Api, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_context, "MIN_POSITION_SECONDS", 0.05)
    beyond = await platform.head() + 1000
    assert await problem(metrics, "/gaps", min_position=beyond) == (503, "position-not-reached")
    answer = await metrics.client.get("/compliance", params={"min_position": beyond})
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("path", ["/compliance", "/gaps"])
async def test_an_unknown_unit_is_refused(metrics: Api, path: str) -> None:
    assert await problem(metrics, path, unit="NOWHERE") == (404, "unit-not-found")


async def test_an_unknown_draft_is_refused(metrics: Api) -> None:
    assert await problem(metrics, "/drafts/NOWHERE/coverage") == (404, "draft-not-found")


@pytest.mark.parametrize(
    "query",
    [
        {"year": 2025, "from": "2025-01-01", "to": "2025-02-01"},
        {"from": "2025-01-01"},
        {"to": "2025-01-01"},
        {"year": 1999},
        {"year": "soon"},
        {"from": "2025-02-30", "to": "2025-03-01"},
        {"as_of": "yesterday"},
        {"group_by": "colour"},
        {"view": "mine"},
    ],
    ids=str,
)
async def test_an_unclear_question_is_refused(metrics: Api, query: dict[str, Any]) -> None:
    answer = await metrics.client.get("/compliance", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


EMPTY: list[dict[str, Any]] = [
    {"unit": "EMPTY"},
    {"as_of": "2020-01-01", "year": 2020},
    {"as_of": "2025-04-01", "from": "2025-04-02", "to": "2025-12-14"},
    {"from": "2025-12-14", "to": "2025-01-01"},
]


@pytest.mark.parametrize("query", EMPTY, ids=str)
async def test_nothing_to_count_is_one_group_of_zeros_without_rates(
    metrics: Api, query: dict[str, Any]
) -> None:
    (group,) = (await ask(metrics, **query))["groups"]
    assert {group[name] for name in RATES} == {None}
    counts = [value for value in group.values() if isinstance(value, int) and not isinstance(value, bool)]
    assert len(counts) == 17
    assert set(counts) == {0}
    assert (await ask(metrics, group_by="unit", **query))["groups"] == []


async def test_targets_and_floors_are_those_of_the_year(metrics: Api) -> None:
    async def targets(**query: Any) -> tuple[Any, ...]:
        (group,) = (await ask(metrics, **query))["groups"]
        return group["target"], group["floor"], group["target_below_floor"]

    assert await targets(unit="OFFICE", year=2025) == (0.7, 1.0, True)
    assert await targets(unit="OFFICE", year=2022) == (0.8, 0.7, False)
    assert await targets(unit="OFFICE", as_of="2025-04-01") == (0.7, 1.0, True)
    assert await targets(unit="OFFICE", as_of="2025-12-15") == (None, 1.0, False), "the year 2026 begins"
    assert await targets(year=2025) == (None, 1.0, False)
    assert await targets(year=2028) == (None, None, False)


async def test_a_day_to_come_is_answered_and_stays(metrics: Api) -> None:
    """Policy 1 was covered, 2 is overdue: unless something happens, so it will be in 2035."""
    answers = [await ask(metrics, as_of="2035-01-01", unit="OFFICE") for _ in range(2)]
    assert answers[0] == answers[1]
    (group,) = answers[0]["groups"]
    assert (group["met"], group["missed"]) == (1, 1)
    gaps = (await ask(metrics, "/gaps", as_of="2035-01-01", unit="OFFICE"))["gaps"]
    assert [(gap["policies"], gap["state"]) for gap in gaps] == [([2], "overdue")]
    assert gaps[0]["overdue_working_days"] > 2000


async def test_coverage_says_why(metrics: Api) -> None:
    answer = await ask(metrics, "/drafts/OFFICE/coverage", as_of="2025-04-01")
    item, two = answer["policies"]
    assert (item["verdict"], two["verdict"]) == ("met", "missed")
    assert [held["held_on"] for held in item["occurrences"][0]["communications"]] == ["2025-03-05"]
    assert (answer["unit_code"], answer["window"]["opened_on"]) == ("OFFICE", "2025-03-03")
    assert answer["occurrences"][0]["legal_basis"]


async def test_only_public_read_answers_without_a_token(metrics: Api, platform: Platform) -> None:
    async with metrics.as_(None) as anybody:
        assert (await anybody.get("/compliance")).status_code == 401
    async with platform.another("metrics", public_read=True) as public, public.as_(None) as anybody:
        assert (await anybody.get("/compliance")).status_code == 200
        assert (await anybody.get("/gaps")).status_code == 200
        assert (await anybody.post("/projections/rebuild")).status_code == 401


async def test_coverage_tells_the_whole_way(platform: Platform, metrics: Api) -> None:
    """Exemptions, transfers, what runs beside the stages, postings and findings; on a page too."""
    office = Office(platform, "WHOLE")
    await office.open(
        in_scope="no", instrument="provincial_decision", regime="law_2025", procedure="ordinary"
    )
    await office.enter("draft_consultation", "2025-04-01")
    await office.enter("social_criticism", "2025-04-03")
    await office.enter("appraisal", "2025-04-08")
    await office.draft(
        "postings", stage="draft_consultation", opened_on="2025-04-02", place="https://example.vn"
    )
    await office.draft("exemptions", document="12/BTP", authority="Bộ Tư pháp", stages=["appraisal"])
    await office.draft("transfer", to_unit_code="OFFICE", on="2025-05-05", document="176/2025/QH15")
    at = {"as_of": "2025-04-30", "min_position": await platform.head()}
    early = await ask(metrics, "/drafts/WHOLE/coverage", **at)
    assert (early["unit_code"], early["transfers"]) == ("WHOLE", [])
    answer = await ask(metrics, "/drafts/WHOLE/coverage", **(at | {"as_of": "2025-06-02"}))
    assert [(occurrence["stage"], occurrence["exempted"]) for occurrence in answer["occurrences"]] == [
        ("draft_consultation", False),
        ("appraisal", True),
    ]
    assert [entry["stage"] for entry in answer["parallel"]] == ["social_criticism"]
    assert answer["exemptions"][0]["authority"] == "Bộ Tư pháp"
    assert (answer["unit_code"], answer["transfers"][0]["document"]) == ("OFFICE", "176/2025/QH15")
    assert [(item["posted_days"], item["min_days"]) for item in answer["postings"]] == [(61, 10)]
    assert [finding["kind"] for finding in answer["findings"]] == ["left_early"]
    page = (await metrics.client.get("/drafts/WHOLE", params={"as_of": "2025-06-02"})).text
    for text in ("Phản biện xã hội", "12/BTP", "Chuyển cơ quan chủ trì", "61/10 ngày tối thiểu", "6/10 ngày"):
        assert text in page
