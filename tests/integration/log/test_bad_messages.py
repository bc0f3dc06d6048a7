"""One bad message halts those that read its context and type, and no other; an envelope must fit its subject."""

import asyncio
import json
from typing import Any

import pytest

from deploy.cli.client import Services
from deploy.cli.console import CommandError
from deploy.cli.operate import read_models
from deploy.local.state import Current
from shared.contracts.event import draft_id, unit_id
from shared.eventstore.log_reader import EVENTS
from tests.integration.log.replaced_log import recorded
from tests.support.platform.service import SERVICES, Platform, eventually
from tests.support.servers.engines import connected

OTHER = unit_id("B1")


async def publish(platform: Platform, subject: str, payload: bytes, service: str = "registry") -> int:
    async with connected(platform.server, service) as nc:
        return int((await nc.jetstream().publish(subject, payload, stream=EVENTS)).seq)


async def states(platform: Platform) -> dict[str, str]:
    return {name: str((await api.projection())["state"]) for name, api in platform.services.items()}


async def halted(platform: Platform, *services: str) -> bool:
    now = await states(platform)
    return {name for name, state in now.items() if state == "halted"} == set(services)


@pytest.mark.parametrize(
    ("subject", "owner", "halts"),
    [
        (f"loa.draft.{draft_id('X')}.tomorrow", "registry", ()),
        (f"loa.draft.{draft_id('X')}.scope_assessed", "registry", ("registry", "metrics")),
        (f"loa.unit.{unit_id('X')}.target_set", "registry", ("registry", "metrics")),
        (f"loa.draft.{draft_id('X')}.policy_added", "registry", SERVICES),
        (f"loa.programme.{draft_id('X')}.task_assigned", "campaigns", ("campaigns", "metrics", "notifier")),
        (f"loa.compliance.{draft_id('X')}.gap_opened", "metrics", ("metrics", "notifier")),
        (f"loa.recipient.{draft_id('X')}.settings_chosen", "notifier", ()),
    ],
)
async def test_a_bad_message_halts_those_that_read_it(
    whole_platform: Platform, subject: str, owner: str, halts: tuple[str, ...]
) -> None:
    """The others go on past it: they are at the end of the log, while the halted ones stand before the message."""
    reads = {name: whole_platform.services[name].app.state.runner.projection.contexts for name in SERVICES}
    wanted = tuple(name for name in halts if subject.split(".")[1] in reads[name])
    position = await publish(whole_platform, subject, b"{ broken", owner)
    for name in set(SERVICES) - set(wanted):
        await whole_platform.services[name].settled(position)
    await eventually(lambda: halted(whole_platform, *wanted))


async def test_a_bad_message_that_all_read_is_skipped_by_a_single_command(whole_platform: Platform) -> None:
    await recorded(whole_platform, "A1")
    position = await publish(whole_platform, f"loa.draft.{draft_id('X')}.registered", b"null")
    await eventually(lambda: halted(whole_platform, *SERVICES))
    urls = {name: f"http://127.0.0.1:{api.settings.port}" for name, api in whole_platform.services.items()}
    with Services(Current(urls=urls, token=whole_platform.issuer.token())) as services:
        with pytest.raises(CommandError):
            await _in_thread(read_models.skip_everywhere, services, position + 1, "nhầm vị trí")
        await _in_thread(read_models.skip_everywhere, services, position, "hỏng")
    await recorded(whole_platform, "A2")
    assert await halted(whole_platform)


async def _in_thread(work: Any, *arguments: object) -> None:
    await asyncio.to_thread(work, *arguments)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": f"unit/{OTHER}"},
        {"subject": f"draft/{unit_id('A1')}"},
        {"type": "vn.loa.unit.renamed.v1"},
        {"type": "vn.loa.draft.registered.v1"},
    ],
    ids=["another unit", "another context", "another type", "a type of another context"],
)
async def test_an_envelope_that_contradicts_its_subject_is_refused(
    platform: Platform, changes: dict[str, str]
) -> None:
    await recorded(platform, "A1", "B1")
    async with connected(platform.server, "operator") as nc:
        stored = await nc.jetstream().get_last_msg(EVENTS, f"loa.unit.{unit_id('A1')}.registered")
    document = json.loads(stored.data or b"") | changes
    document["data"]["unit_name"] = "Tên bị sửa"
    await publish(platform, f"loa.unit.{unit_id('A1')}.registered", json.dumps(document).encode())
    await eventually(lambda: halted(platform, "registry", "campaigns"))
    problem = (await platform.registry.projection())["problem"]
    assert "the subject is" in problem
    assert "Tên bị sửa" not in (await platform.registry.client.get("/units")).text
