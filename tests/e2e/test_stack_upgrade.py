"""The first state of 0.1.0 under the images of today: tables brought up to date by jobs, figures as they were."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.local.engines.operator_client import operator
from deploy.local.keys.keyring import Keyring
from deploy.nats.permissions import SERVICES
from tests.support.platform.first_release import DAY, DRAFT, UNIT, first_state, restore_log, restore_rows
from tests.support.platform.service import eventually
from tests.support.platform.stack import Stack, running
from tests.support.servers.containers import Images

pytestmark = [pytest.mark.container, pytest.mark.timeout(1800)]

ENGINES = ("postgres", "nats", "prepare")


async def test_data_of_the_first_release_go_on_under_todays_images(images: Images, tmp_path: Path) -> None:
    with running(
        images, "compose.yaml", tmp_path / "old", "loaold", _jobs_migrate(tmp_path), first=ENGINES
    ) as stack:
        await eventually(lambda: asyncio.to_thread(_prepared, stack), patience=120)
        await _as_it_was(stack, tmp_path)
        for service in SERVICES:
            stack.once(service, "migrate")
        upgraded = await _answers(stack)

    assert [gap["draft_code"] for gap in upgraded["gaps"]] == [DRAFT]
    assert [figure["missed"] for figure in upgraded["figures"]] == [1]
    assert [recipient["email"] for recipient in upgraded["recipients"]] == ["dau.moi@stp.example.vn"]
    assert upgraded["mails"] == []


def _jobs_migrate(folder: Path) -> str:
    """Write the override by which no service touches its tables: what a job has not done is not done."""
    path = folder / "jobs.yaml"
    never = {"environment": {"LOA_MIGRATE_ON_START": "false"}}
    path.write_text(json.dumps({"services": dict.fromkeys(SERVICES, never)}))
    return str(path)


def _prepared(stack: Stack) -> bool:
    return stack.inspect(stack.names("prepare")[0], "json .State").count('"Status":"exited"') == 1


async def _as_it_was(stack: Stack, folder: Path) -> None:
    """Put the log and the tables of the first release into the engines."""
    broker = stack.address(stack.names("nats")[0], "engines")
    client = await operator(f"nats://{broker}:4222", Keyring(stack.folder / "keys"))
    try:
        created = await restore_log(client, folder, first_state().name)
    finally:
        await client.close()
    database = stack.address(stack.names("postgres")[0], "engines")
    for service in SERVICES:
        url = (stack.folder / "mounted" / f"{service}.database_url").read_text()
        await restore_rows(url.replace("@postgres:", f"@{database}:"), service, created, first_state())


async def _answers(stack: Stack) -> Mapping[str, Any]:
    """What people are told once all services run, have filled what is new, and hold to the log."""
    stack.start_all()
    await stack.until_ready()
    await eventually(lambda: asyncio.to_thread(_filled, stack), patience=120)
    await stack.settled()
    assert json.loads(stack.loa_inside("verify", "--json"))["right"]
    day = {"as_of": DAY}
    return {
        "figures": stack.get("metrics", "/compliance", **day, group_by="unit")["groups"],
        "gaps": stack.get("metrics", "/gaps", **day)["gaps"],
        "recipients": stack.get("notifier", f"/units/{UNIT}/recipients")["recipients"],
        "mails": stack.get("notifier", "/preview", at=DAY)["mails"],
    }


def _filled(stack: Stack) -> bool:
    return all(stack.get(service, "/projections")["rebuild"] is None for service in SERVICES)
