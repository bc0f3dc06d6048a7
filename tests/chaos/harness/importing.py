"""A client that imports rows in batches, and sends a file again until every row of it is taken."""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from tests.chaos.harness.workload import ANSWER_SECONDS, Clients, new_draft
from tests.support.servers.plain import NO_AUTHORITIES

ROWS = 10  # of one file: enough for an atomic batch, few enough for many files
PAUSE_SECONDS = 5.0


@dataclass(slots=True)
class Importer:
    """`refused` counts the requests whose rows were not all taken."""

    clients: Clients
    unit: str
    files: int = 0
    refused: int = 0

    async def run(self) -> None:
        while not self.clients.stopped:
            await self.one_file()
            await asyncio.sleep(0.1 if self.clients.is_paused else PAUSE_SECONDS)

    async def one_file(self) -> None:
        """Send one file until it is in; a row that was taken before is unchanged then."""
        self.files += 1
        codes = [f"{self.unit}-F{self.files}-{number}" for number in range(ROWS)]
        self.clients.history.imported |= dict.fromkeys(codes, False)
        while not await self._is_taken(codes):
            self.refused += 1
            if self.clients.stopped:  # the last file may be left as it is: its rows count as not acknowledged
                return
            await asyncio.sleep(0.2)
        self.clients.history.imported |= dict.fromkeys(codes, True)

    async def _is_taken(self, codes: list[str]) -> bool:
        rows = [
            {"sheet": "drafts", "line": n, "row": new_draft(code, self.unit)}
            for n, code in enumerate(codes, 2)
        ]
        body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        url = f"{self.clients.any('registry').url}/imports"
        headers = {"Authorization": f"Bearer {self.clients.token}"}
        try:
            async with httpx.AsyncClient(
                timeout=ANSWER_SECONDS, headers=headers, verify=NO_AUTHORITIES
            ) as client:
                answer = await client.post(url, content=body)
                outcomes = [json.loads(line) for line in answer.text.splitlines()]
        except (httpx.TransportError, ValueError):
            return False
        return answer.status_code == HTTPStatus.OK and _all_taken(outcomes, len(codes))


def _all_taken(outcomes: list[dict[str, Any]], number: int) -> bool:
    taken = [outcome for outcome in outcomes if outcome.get("status") in {"taken", "unchanged"}]
    return len(taken) == number
