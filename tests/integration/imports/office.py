"""Mixed rows to the bulk door, and what its outcomes say."""

import json
from collections.abc import Iterable
from typing import Any

from tests.support.platform.service import Api, Outcome, Row


def lines(rows: Iterable[tuple[str, Row]]) -> bytes:
    return b"\n".join(
        json.dumps({"sheet": sheet, "line": number, "row": dict(row)}).encode()
        for number, (sheet, row) in enumerate(rows, start=2)
    )


async def send(api: Api, rows: Iterable[tuple[str, Row]], **query: Any) -> list[Outcome]:
    answer = await api.client.post("/imports", content=lines(rows), params=query)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def without_position(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """What a dry run can know too."""
    return [{key: value for key, value in outcome.items() if key != "position"} for outcome in outcomes]
