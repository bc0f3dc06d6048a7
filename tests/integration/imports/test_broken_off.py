"""A broker that goes away while rows are taken: the client learns of every row what to do, the log holds one line of it."""

import json
import logging
from itertools import pairwise

import pytest

from tests.integration.imports.office import lines
from tests.support.platform.service import Outcome, Platform, eventually
from tests.support.samples import small_office

ROWS = 1500


@pytest.mark.timeout(180)
async def test_rows_of_unknown_outcome_are_to_be_sent_again(
    platform: Platform, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    rows = [("units", small_office.unit("STP"))] + [
        ("drafts", small_office.draft(f"D-{n}", "STP")) for n in range(ROWS)
    ]
    outcomes: list[Outcome] = []
    async with platform.registry.client.stream(
        "POST", "/imports", content=lines(rows), timeout=120
    ) as answer:
        async for line in answer.aiter_lines():
            outcomes.append(json.loads(line))
            if len(outcomes) == 1:
                await platform.server.stop()
    assert [outcome["line"] for outcome in outcomes] == list(range(2, ROWS + 3))
    again = [outcome["again"] for outcome in outcomes]
    assert sum(item != other for item, other in pairwise(again)) == 1, "all that came before is known"
    unknown = [outcome for outcome in outcomes if outcome["again"]]
    assert {outcome["status"] for outcome in unknown} == {"refused"}
    assert "gửi lại sau ít giây" in unknown[0]["reasons"][0]["vi"]
    assert "send it again in a few seconds" in unknown[0]["reasons"][0]["en"]
    assert capsys.readouterr().out.count("import_broken_off") == 1
    assert [record for record in caplog.records if record.levelno >= logging.ERROR and record.exc_info] == []

    await platform.server.start()
    await eventually(platform.registry.ready)
    answers = await platform.registry.client.post("/imports", content=lines(rows), timeout=120)
    second = [json.loads(line) for line in answers.text.splitlines()]
    settled = {outcome["line"] for outcome in outcomes if not outcome["again"]}
    assert {item["status"] for item in second if item["line"] in settled} == {"unchanged"}
    assert {item["status"] for item in second} <= {"taken", "unchanged"}
    assert await platform.head() == 2 * ROWS + 1, "each draft with its scope, once"
