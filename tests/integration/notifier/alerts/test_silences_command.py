"""`loa silences` against a notifier: added with a reason, listed, ended early by the beginning of its id."""

import asyncio
import os
import re
import sys

from shared.contracts.vocabulary import Role
from tests.integration.notifier.notifier_fixture import ABOVE, UNIT, NotifierFixture
from tests.support.platform.service import Api


async def loa(api: Api, *arguments: str) -> tuple[int, str]:
    """Run the command as a person would, in a process of its own; give its status and all that it says."""
    environment = os.environ | {
        "LOA_URL_NOTIFIER": f"http://127.0.0.1:{api.settings.port}",
        "LOA_TOKEN": api.issuer.token(Role.SUPERVISOR, ABOVE),
        "COLUMNS": "200",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.cli.main",
        "silences",
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_a_silence_is_added_listed_and_ended(notifier_env: NotifierFixture) -> None:
    why = ("--reason", "Chờ ý kiến của Ủy ban")
    async with notifier_env.notifier() as api:
        await api.settled(await notifier_env.follow())
        _, nothing = await loa(api, "list")
        endless = await loa(api, "add", "--until", "2027-11-27", *why)
        added = await loa(api, "add", "--unit", UNIT, "--stage", "appraisal", "--until", "2026-11-27", *why)
        _, listed = await loa(api, "list")
        (silence,) = re.findall(r"\b[0-9a-f]{8}\b", listed)
        unknown, empty = await loa(api, "end", "none"), await loa(api, "end", "")
        ended = await loa(api, "end", silence)
        _, after = await loa(api, "list")
        _, ever = await loa(api, "list", "--past")
        (kept,) = (await api.client.get("/silences", params={"past": True})).json()["silences"]
    assert "Không có nội dung nào đang tạm dừng nhắc." in nothing
    assert endless[0] == 1, "a silence over everything is short"
    assert added[0] == 0
    for shown in (added[1], listed):
        assert all(word in shown for word in (UNIT, "Thẩm định", "23/11/2026", "27/11/2026", "Chờ ý kiến"))
    assert (unknown[0], "loa silences list" in unknown[1]) == (1, True)
    assert empty[0] == 1, "no beginning of an id is not every silence"
    assert (ended[0], f"Đã kết thúc tạm dừng: {UNIT}, Thẩm định." in ended[1]) == (0, True)
    assert after == nothing
    assert "27/11/2026 ×" in ever
    assert (kept["reason"], kept["lifted_at"] is not None) == (why[1], True)
