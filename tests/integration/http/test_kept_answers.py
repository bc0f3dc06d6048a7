"""The answer to an idempotency key is given again, whatever it was: also "nothing changed", and also a refusal."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import httpx
import pytest

from shared.eventstore.buckets import AnswerBucket
from shared.eventstore.streams import ANSWERS_STREAM
from shared.http.requests.idempotency import KeptAnswers
from tests.support.platform.service import Platform, create_app_of
from tests.support.samples import small_office
from tests.support.servers.engines import connected


@pytest.fixture
async def code(shared_platform: Platform, a_code: str) -> str:
    client = shared_platform.registry.client
    await client.post("/units", json=small_office.unit(f"U-{a_code}"))
    answer = await client.post("/drafts", json=small_office.draft(a_code, f"U-{a_code}", title="Luật A"))
    assert answer.status_code < 300, answer.text
    return a_code


async def retitle(client: httpx.AsyncClient, code: str, title: str, key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": f"{key}-{code}"} if key else {}
    return await client.post(f"/drafts/{code}/title", json={"title": title}, headers=headers)


async def title_of(platform: Platform, code: str) -> str:
    await platform.registry.settled(await platform.head())
    return str((await platform.registry.client.get(f"/drafts/{code}")).json()["title"])


async def test_the_retry_of_a_command_that_changed_nothing_overwrites_nothing(
    shared_platform: Platform, code: str
) -> None:
    client = shared_platform.registry.client
    first = await retitle(client, code, "Luật A", "same")
    await retitle(client, code, "Luật B")
    again = await retitle(client, code, "Luật A", "same")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again.headers["Idempotency-Replayed"], again.headers["ETag"]) == ("true", first.headers["ETag"])
    assert await title_of(shared_platform, code) == "Luật B"


async def test_the_retry_of_a_refused_command_is_refused_again(
    shared_platform: Platform, a_code: str
) -> None:
    client = shared_platform.registry.client
    await client.post("/units", json=small_office.unit(f"U-{a_code}"))
    first = await retitle(client, a_code, "Luật A", "early")
    await client.post("/drafts", json=small_office.draft(a_code, f"U-{a_code}", title="Luật B"))
    again = await retitle(client, a_code, "Luật A", "early")
    assert (first.status_code, again.status_code) == (404, 404)
    assert await title_of(shared_platform, a_code) == "Luật B"


async def test_a_retry_that_overlaps_waits_for_the_first_answer(
    shared_platform: Platform, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first has decided that nothing changes and is held; another title is recorded; only then comes the retry."""
    decided, go_on = asyncio.Event(), asyncio.Event()
    keep: Callable[..., Awaitable[None]] = AnswerBucket.keep

    async def held(self: AnswerBucket, claim: Any, answer: Any) -> None:
        decided.set()
        await go_on.wait()
        await keep(self, claim, answer)

    monkeypatch.setattr(AnswerBucket, "keep", held)
    client = shared_platform.registry.client
    first = asyncio.create_task(retitle(client, code, "Luật A", "overlap"))
    await decided.wait()
    await retitle(client, code, "Luật B")
    retry = asyncio.create_task(retitle(client, code, "Luật A", "overlap"))
    done, _ = await asyncio.wait([retry], timeout=0.3)
    go_on.set()
    answers = await asyncio.gather(first, retry)
    assert not done
    assert [answer.status_code for answer in answers] == [answers[0].status_code] * 2
    assert answers[0].content == answers[1].content
    assert await title_of(shared_platform, code) == "Luật B"


async def test_another_request_with_the_same_key_is_refused(shared_platform: Platform, code: str) -> None:
    client = shared_platform.registry.client
    await retitle(client, code, "Luật A", "reused")
    other = await retitle(client, code, "Luật C", "reused")
    assert (other.status_code, other.json()["type"]) == (422, "urn:loa:problem:idempotency-key-reused")


async def test_keys_are_a_clients_own(shared_platform: Platform, code: str) -> None:
    """What another client did with its key of the same name is not given away."""
    await retitle(shared_platform.registry.client, code, "Luật A", "mine")
    entry = AnswerBucket(None, "registry").entry  # type: ignore[arg-type]  # no question is asked
    assert entry("operator-1", "mine") != entry("operator-2", "mine")
    assert entry("a", "b\0c") != entry("b", "c")


@pytest.mark.parametrize("status", [503, 409])
async def test_what_may_succeed_later_is_not_kept(
    shared_platform: Platform, code: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.eventstore.conflicts import TooManyConflicts  # noqa: PLC0415
    from shared.eventstore.jetstream import JetStreamEventStore  # noqa: PLC0415
    from shared.kernel.errors import TransientError  # noqa: PLC0415

    async def fails(*_: object) -> None:
        raise TransientError("away") if status == 503 else TooManyConflicts(4)

    client = shared_platform.registry.client
    with monkeypatch.context() as patch:
        patch.setattr(JetStreamEventStore, "append", fails)
        first = await retitle(client, code, "Luật D", f"later{status}")
    again = await retitle(client, code, "Luật D", f"later{status}")
    assert (first.status_code, again.status_code) == (status, 200)
    assert await title_of(shared_platform, code) == "Luật D"


async def test_a_claim_of_a_process_that_ended_is_taken_over(
    shared_platform: Platform, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.eventstore.buckets.LEASE_SECONDS", -1.0)
    with monkeypatch.context() as patch:
        patch.setattr(AnswerBucket, "keep", _lost)
        await retitle(shared_platform.registry.client, code, "Luật E", "ended")
    again = await retitle(shared_platform.registry.client, code, "Luật E", "ended")
    assert again.status_code < 300
    assert await title_of(shared_platform, code) == "Luật E"


async def _lost(*_: object) -> None:
    """The process ends before it keeps its answer."""


async def test_answers_are_kept_for_a_day_and_name_no_key(shared_platform: Platform, code: str) -> None:
    await retitle(shared_platform.registry.client, code, "Luật A", "secret-key")
    async with connected(shared_platform.server, "operator") as operator:
        info = await operator.jetstream().stream_info(ANSWERS_STREAM, subjects_filter=">")
        subjects = info.state.subjects or {}
    assert info.config.max_age == 24 * 3600
    assert subjects
    assert not any("secret" in subject for subject in subjects)


@pytest.mark.parametrize("service", ["registry", "campaigns", "notifier"])
def test_every_route_that_takes_a_key_keeps_its_answer(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOA_DATABASE_URL", "postgresql://nowhere/none")
    app = create_app_of(service)(import_module(f"services.{service}.settings").Settings())
    described = {
        (method.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if any(
            parameter["name"].lower() == "idempotency-key" for parameter in operation.get("parameters", ())
        )
    }
    (middleware,) = [item for item in app.user_middleware if str(item.cls) == str(KeptAnswers)]
    routes: Any = middleware.kwargs["routes"]
    keyed = {(method, route.path) for route in routes for method in route.methods}
    assert keyed == described
    assert described or service == "notifier"


async def test_a_retry_may_wait_for_another_position(shared_platform: Platform, code: str) -> None:
    """Which position a caller waits for is no part of what it asks."""
    client, path = shared_platform.campaigns.client, f"/drafts/{code}/communications"
    body = {"held_on": "2024-03-05", "channel": "dialogue", "title": "Đối thoại"}
    headers = {"Idempotency-Key": f"waits-{code}"}
    position = await shared_platform.head()
    first = await client.post(path, json=body, headers=headers, params={"min_position": position})
    again = await client.post(path, json=body, headers=headers, params={"min_position": position - 1})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
