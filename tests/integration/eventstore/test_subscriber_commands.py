"""`loa subscribers` against a real broker: the durable, its filter, and the lag of each reader."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.js.errors import NotFoundError

from deploy.cli import console
from deploy.cli.console import CommandError
from deploy.cli.operate.subscribers import commands as subscribers
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring, keyring
from deploy.nats.permissions import OPERATOR, subscriber
from deploy.sample.subscriber import read
from shared.eventstore.log_reader import EVENTS
from shared.kernel.runtime import new_id
from tests.support.servers.engines import connected, fresh_nats

PORTAL = subscriber("portal")
GAPS = "loa.compliance.*.gap_opened"


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NatsServer]:
    """Run a broker where `loa up` has it, so that the commands find it and reload its keys."""
    async with fresh_nats(tmp_path / "nats", keyring(tmp_path / "keys")) as server:
        monkeypatch.setenv("LOA_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        monkeypatch.setenv("LOA_NATS_URL", server.url)
        yield server


async def _add(name: str, *filters: str) -> None:
    await asyncio.to_thread(subscribers.add, name, filters)


async def _append(server: NatsServer, number: int) -> None:
    async with connected(server, "registry") as service:
        for _ in range(number):
            subject, body = f"loa.draft.{new_id()}.registered", b'{"time": "", "type": "", "subject": ""}'
            await service.jetstream().publish(subject, body, stream=EVENTS)


async def _filter(server: NatsServer) -> list[str]:
    async with connected(server, OPERATOR) as operator:
        config = (await operator.jetstream().consumer_info(EVENTS, PORTAL)).config
    return config.filter_subjects or [config.filter_subject or ""]


async def _read(server: NatsServer, *filters: str) -> None:
    ring = Keyring(server.folder.parent / "keys")
    await read("portal", str(ring.seed_file(PORTAL)), server.url, list(filters), once=True)


async def _listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    await asyncio.to_thread(lambda: subscribers.show(as_json=True))
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)["subscribers"]
    return rows


@pytest.mark.parametrize("filters", [(), (GAPS,), ("loa.draft.>", "loa.unit.>")])
async def test_add_creates_the_durable_with_its_filter(server: NatsServer, filters: tuple[str, ...]) -> None:
    await _add("portal", *filters)
    assert await _filter(server) == list(filters or ("loa.>",))
    await _read(server, *(filters or ("loa.>",)))


async def test_add_prints_the_settings(server: NatsServer, capsys: pytest.CaptureFixture[str]) -> None:
    await _add("portal", GAPS)
    lines = capsys.readouterr().out.splitlines()
    for line in (f"export NATS_URL={server.url}", f"export NATS_FILTER='{GAPS}'"):
        assert line in lines


@pytest.mark.parametrize(("before", "after"), [((), (GAPS,)), ((GAPS,), ()), ((GAPS,), ("loa.draft.>",))])
async def test_add_with_another_filter_is_refused(
    server: NatsServer, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    await _add("portal", *before)
    kept = await _filter(server)
    with pytest.raises(CommandError, match=r"portal-2.*loa subscribers reset portal"):
        await _add("portal", *after)
    assert await _filter(server) == kept


async def test_add_creates_a_missing_durable_of_an_existing_key(server: NatsServer) -> None:
    await _add("portal", GAPS)
    async with connected(server, OPERATOR) as operator:
        await operator.jetstream().delete_consumer(EVENTS, PORTAL)
    await _add("portal", GAPS)
    assert await _filter(server) == [GAPS]
    with pytest.raises(CommandError, match="exists"):
        await _add("portal", GAPS)


async def test_reset_reads_again_from_the_first_event(
    server: NatsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    await _add("portal", GAPS)
    await _append(server, 3)
    await _read(server, GAPS)
    await subscribers.reset("portal", ["loa.>"])
    capsys.readouterr()
    await _read(server, "loa.>")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["1", "2", "3"]
    await subscribers.reset("portal")
    assert await _filter(server) == ["loa.>"], "without a filter it keeps its own"
    await _read(server, "loa.>")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[-3:]] == ["1", "2", "3"]


@pytest.mark.usefixtures("server")
async def test_reset_of_a_name_that_has_no_key_is_refused() -> None:
    with pytest.raises(CommandError, match="no subscriber"):
        await subscribers.reset("portl")


async def test_remove_deletes_the_durable(server: NatsServer) -> None:
    await _add("portal")
    await subscribers.remove("portal")
    with pytest.raises(NotFoundError):
        await _filter(server)


async def test_list_shows_the_lag(server: NatsServer, capsys: pytest.CaptureFixture[str]) -> None:
    await _add("portal")
    await _add("press", GAPS)
    await _append(server, 2)
    portal, press = await _listed(capsys)
    assert (portal["pending"], portal["acknowledged"], portal["never_fetched"]) == (2, 0, True)
    assert (press["pending"], press["never_fetched"]) == (0, False), "its filter matches nothing yet"
    await _read(server, "loa.>")
    (portal, _) = await _listed(capsys)
    assert (portal["pending"], portal["acknowledged"], portal["never_fetched"]) == (0, 2, False)
    assert portal["acknowledged_at"]


async def test_list_says_in_words_what_is_wrong(
    server: NatsServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _add("portal")
    await _add("press")
    await _append(server, 1)
    async with connected(server, OPERATOR) as operator:
        await operator.jetstream().delete_consumer(EVENTS, subscriber("press"))
    capsys.readouterr()
    monkeypatch.setattr(console.out, "_width", 400)
    await asyncio.to_thread(subscribers.show)
    text = capsys.readouterr().out
    assert "never fetched an event" in text
    assert "press: it has no durable consumer" in text
