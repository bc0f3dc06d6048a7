"""One event from `POST …/stages` to the ledger's row: which files of the project run, counted by a tracer."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import asyncpg
import pytest

from deploy.local.keys.keyring import Keyring
from shared.eventstore.streams import TICKS
from tests.integration.answers.office import working_day
from tests.integration.metrics.office import today
from tests.support.platform.service import Platform, eventually, open_platform
from tests.support.servers.engines import NewDatabase, connected, fresh_nats
from tests.support.servers.tokens import Issuer

ROOT = Path(__file__).parents[2]
OURS = (f"{ROOT}/services/", f"{ROOT}/shared/")
MOST_FILES = 70  # the aim is 40: join small modules or keep others off this path

UNIT = {"code": "STP", "name": "Sở Tư pháp", "level": "provincial", "kind": "department"}
DRAFT = {
    "draft_code": "NQ-1",
    "title": "Nghị quyết",
    "instrument": "provincial_resolution",
    "lead_unit_code": "STP",
    "regime": "law_2025_amended",
    "in_scope": "yes",
    "scope_basis": "local_plan",
}


@contextmanager
def traced(files: dict[str, None]) -> Iterator[None]:
    """Collect the files of `services` and `shared` in which a function is called or continued, in the order of first calls."""

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(OURS) and file.endswith(".py"):
            files.setdefault(file.removeprefix(f"{ROOT}/"))

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


@pytest.fixture(scope="module")
async def executed(
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[str]:
    """Let a draft enter a stage 40 days ago, and tick; give the files that ran.

    campaigns is left out: it keeps rows of every draft, but this event goes past it.
    """
    folder = tmp_path_factory.mktemp("one_event")
    async with fresh_nats(folder / "nats", keys) as server:
        async with connected(server, "operator") as operator:
            await operator.jetstream().purge_stream(TICKS)
        async with open_platform(
            server,
            keys,
            token_issuer,
            session_database,
            "registry",
            "metrics",
            "notifier",
            mail_dir=folder / "mail",
        ) as platform:
            return await _one_event(platform)


async def _one_event(platform: Platform) -> list[str]:
    registry, notifier = platform.registry.client, platform.services["notifier"].client
    assert (await registry.post("/units", json=UNIT)).status_code == 201
    assert (await registry.post("/drafts", json=DRAFT)).status_code == 201
    await platform.settled()
    people = [{"role": "focal_point", "email": "a@example.vn", "language": "vi"}]
    assert (await notifier.put("/units/STP/recipients", json=people)).status_code == 200
    stage = {"stage": "draft_consultation", "entered_on": (today() - timedelta(days=40)).isoformat()}
    database = await asyncpg.connect(
        platform.databases["notifier"]
    )  # asked directly: no file of ours runs for it
    files: dict[str, None] = {}

    async def rows(table: str) -> Any:
        return await database.fetchval(f"SELECT count(*) FROM {table}")

    try:
        with traced(files):
            answer = await registry.post("/drafts/NQ-1/stages", json=stage)
            assert answer.status_code == 201, answer.text
            await eventually(lambda: rows("alert"))
            answer = await notifier.post("/tick", json={"at": working_day().isoformat()})
            assert answer.status_code == 200, answer.text
            await eventually(lambda: rows("digest"))
    finally:
        await database.close()
    return list(files)


def test_one_event_runs_few_files(executed: list[str]) -> None:
    assert len(executed) <= MOST_FILES, "\n".join([f"{len(executed)} files:", *executed])


def test_readme_follows_the_event(executed: list[str]) -> None:
    """Every file that README's flow names is among those that run."""
    section = (
        (ROOT / "README.md").read_text(encoding="utf-8").split("## Follow one event")[1].split("\n## ")[0]
    )
    named = set(re.findall(r"`((?:services|shared)/[\w/]+\.py)`", section))
    assert named - set(executed) == set()
