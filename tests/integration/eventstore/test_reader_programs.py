"""The programs of deploy/sample/README.md, as they are printed there, against a real broker with the real permissions."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from deploy.cli.operate.subscribers import durable as durables
from deploy.cli.operate.subscribers import view as subscriber_view
from deploy.cli.operate.subscribers.snippets import Snippet, snippets
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring, keyring, new_seed, write_secret
from deploy.nats.permissions import OPERATOR, subscriber
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.subscriber_states import SubscriberState
from shared.kernel.runtime import new_id
from tests.support.node_packages import node_folder
from tests.support.platform.service import eventually
from tests.support.servers.engines import connected, fresh_nats

PORTAL = subscriber("portal")
ALL = ("loa.>",)
GAPS = ("loa.compliance.*.gap_opened",)
SECONDS = 30.0
EVENT = re.compile(r"(\d+) vn\.loa\.")
programs = pytest.mark.parametrize(
    "name",
    [
        Snippet.NATS_PY,
        Snippet.FASTSTREAM,
        pytest.param(Snippet.NODE, marks=pytest.mark.slow),
    ],
)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    ring = keyring(tmp_path / "keys")
    write_secret(ring.seed_file(PORTAL), new_seed())
    return ring


@pytest.fixture
async def server(ring: Keyring, tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with fresh_nats(tmp_path / "nats", ring) as server:
        yield server


@dataclass(slots=True)
class Program:
    """A program of the documentation as a process; `positions` are those of the events that it printed."""

    process: asyncio.subprocess.Process
    positions: list[int] = field(default_factory=list)

    async def read(self, number: int) -> list[int]:
        assert self.process.stdout is not None
        while len(self.positions) < number:
            line = await asyncio.wait_for(self.process.stdout.readline(), SECONDS)
            assert line, await self.errors()
            if match := EVENT.match(line.decode()):  # FastStream writes its log there too
                self.positions.append(int(match[1]))
        return self.positions

    async def errors(self) -> str:
        assert self.process.stderr is not None
        return (await asyncio.wait_for(self.process.stderr.read(), SECONDS)).decode()

    async def error_naming(self, words: str) -> str:
        assert self.process.stderr is not None
        text = ""
        while words not in text:
            line = await asyncio.wait_for(self.process.stderr.readline(), SECONDS)
            assert line, f"ended without naming {words}: {text}"
            text += line.decode()
        return text


@dataclass(frozen=True, slots=True)
class Reader:
    """How to start a program of the documentation."""

    name: Snippet
    folder: Path
    environment: dict[str, str]

    @asynccontextmanager
    async def started(self) -> AsyncIterator[Program]:
        process = await asyncio.create_subprocess_exec(
            *self._command(),
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", **self.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield Program(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    def _command(self) -> list[str | Path]:
        if self.name is not Snippet.NODE:
            return [sys.executable, "-c", snippets()[self.name]]
        packages = self.folder / "node_modules"
        if not packages.exists():
            packages.symlink_to(node_folder() / "node_modules")
        program = self.folder / "reader.mjs"
        program.write_text(snippets()[self.name], encoding="utf-8")
        return ["node", program]


def _environment(server: NatsServer, ring: Keyring, filters: tuple[str, ...]) -> dict[str, str]:
    """Give the settings that `loa subscribers add` prints, as the shell would read them."""
    lines = subscriber_view.settings(PORTAL, ring.seed_file(PORTAL), server.url, filters)
    matched = [re.fullmatch(r"export (\w+)='?([^ ']+)'?(?:  # .*)?", line) for line in lines]
    return {match[1]: match[2] for match in matched if match}


@asynccontextmanager
async def _reader(
    server: NatsServer, ring: Keyring, name: Snippet, filters: tuple[str, ...]
) -> AsyncIterator[Reader]:
    async with connected(server, OPERATOR) as operator:
        await durables.ensure(operator.jetstream(), PORTAL, filters)
    reader = Reader(name, server.folder.parent / "reader", _environment(server, ring, filters))
    reader.folder.mkdir()
    yield reader


async def _append(server: NatsServer, *names: str) -> None:
    for name in names:
        context = name.partition(".")[0]
        owner = {"draft": "registry", "compliance": "metrics"}[context]
        subject = name.replace(".", f".{new_id()}.")
        async with connected(server, owner) as service:
            body = f'{{"type": "vn.loa.{name}.v1", "id": "{new_id()}"}}'.encode()
            await service.jetstream().publish(f"loa.{subject}", body, stream=EVENTS)


async def _state(server: NatsServer) -> SubscriberState:
    async with connected(server, OPERATOR) as operator:
        state = await durables.current(operator.jetstream(), PORTAL)
    assert state is not None
    return state


async def _acknowledged(server: NatsServer, position: int) -> None:
    async def reached() -> bool:
        state = await _state(server)
        return (state.acknowledged, state.behind, state.redelivered) == (position, 0, 0)

    await eventually(reached)


@programs
async def test_it_reads_each_event_once_and_continues_after_a_restart(
    server: NatsServer, ring: Keyring, name: Snippet
) -> None:
    await _append(server, "draft.registered", "compliance.gap_opened", "draft.withdrawn")
    async with _reader(server, ring, name, ALL) as reader:
        async with reader.started() as program:
            assert await program.read(3) == [1, 2, 3]
            await _acknowledged(server, 3)
        await _append(server, "draft.registered", "draft.registered")
        async with reader.started() as program:
            assert await program.read(2) == [4, 5]
            await _acknowledged(server, 5)


@programs
async def test_it_reads_only_what_its_filter_matches(
    server: NatsServer, ring: Keyring, name: Snippet
) -> None:
    await _append(
        server, "draft.registered", "compliance.gap_opened", "draft.withdrawn", "compliance.gap_opened"
    )
    async with _reader(server, ring, name, GAPS) as reader, reader.started() as program:
        assert await program.read(2) == [2, 4]
        await _acknowledged(server, 4)


@programs
async def test_another_filter_is_refused_with_what_to_do(
    server: NatsServer, ring: Keyring, name: Snippet
) -> None:
    await _append(server, "draft.registered")
    async with _reader(server, ring, name, GAPS) as reader:
        changed = replace(reader, environment=reader.environment | {"NATS_FILTER": "loa.>"})
        async with changed.started() as program:
            assert "loa subscribers reset" in await program.error_naming("ask for a new name")
            await asyncio.wait_for(program.process.wait(), SECONDS)
            assert program.process.returncode != 0


@programs
async def test_a_missing_durable_is_reported(server: NatsServer, ring: Keyring, name: Snippet) -> None:
    async with _reader(server, ring, name, ALL) as reader:
        async with connected(server, OPERATOR) as operator:
            await operator.jetstream().delete_consumer(EVENTS, PORTAL)
        async with reader.started() as program:
            assert "Traceback" not in await program.error_naming("loa subscribers reset")
            assert await asyncio.wait_for(program.process.wait(), SECONDS) != 0


@programs
@pytest.mark.parametrize(
    ("setting", "value"), [("NATS_INBOX_PREFIX", "_INBOX.reader-press"), ("NATS_DURABLE", "portal")]
)
async def test_a_setting_that_the_key_may_not_use_is_reported(
    server: NatsServer, ring: Keyring, name: Snippet, setting: str, value: str
) -> None:
    await _append(server, "draft.registered")
    async with _reader(server, ring, name, ALL) as reader:
        wrong = replace(reader, environment=reader.environment | {setting: value})
        async with wrong.started() as program:
            text = await program.error_naming("loa subscribers add")
            assert "permissions violation" in text.lower()
            assert value.lower() in text.lower()


def test_there_is_a_program_for_each_library() -> None:
    assert set(snippets()) == set(Snippet)
