"""What waits in other services for who opens the page of a unit: asked of the services that own it, with the reader's own session."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import Request

SECONDS = 1.5  # for all answers together: the page does not wait longer for a figure beside a link
CREDENTIALS = ("cookie", "authorization")
WAITING_REPORTS = ("open", "late")
OF_CAMPAIGNS = ("obstacles", "results", "reports")

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """`metrics` and `campaigns` are the addresses at which this service reaches them."""

    metrics: str
    campaigns: str

    async def counts(self, request: Request, unit_code: str | None) -> Mapping[str, int]:
        """Count by link; what its service does not tell in time is left out, and the link stands without a figure."""
        area = {"area_of": unit_code} if unit_code else {}
        to = {"receiver": unit_code} if unit_code else {}
        headers = {name: request.headers[name] for name in CREDENTIALS if name in request.headers}
        async with httpx.AsyncClient(timeout=SECONDS, headers=headers) as client:
            gaps, todos, reports, work = await asyncio.gather(
                _asked(client, self.metrics, "/gaps", area),
                _asked(client, self.metrics, "/todos", area),
                _asked(client, self.metrics, "/required-reports", to),
                _asked(client, self.campaigns, "/waiting", {}),
            )
        counts: dict[str, int] = {}
        if gaps is not None:
            counts["gaps"] = len(gaps["gaps"])
            counts["urging"] = len({gap["unit_code"] for gap in gaps["gaps"] if gap["state"] == "overdue"})
        if todos is not None:
            counts["quality"] = len(todos["todos"])
        if reports is not None:
            counts["reports"] = sum(reports["counts"][state] for state in WAITING_REPORTS)
        if work is not None:
            counts["work"] = sum(work[name] for name in OF_CAMPAIGNS)
        return counts


async def _asked(
    client: httpx.AsyncClient, address: str, path: str, query: Mapping[str, str]
) -> Answer | None:
    try:
        async with asyncio.timeout(SECONDS):
            answer = await client.get(f"{address.rstrip('/')}{path}", params=dict(query))
        body: Answer | None = answer.json() if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, TimeoutError, ValueError):
        return None
    return body
