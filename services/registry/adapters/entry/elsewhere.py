"""What other services say for a page of a unit: what waits, and what it would hand over.

They are asked with the session or token of who looks at the page: nobody is shown what it may not read there.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import Request

from shared.contracts.vocabulary import ProgrammeKind
from shared.kernel.authorities import authorities
from shared.kernel.errors import Text
from shared.observability import signals
from shared.rules.programme.kinds import KINDS

logger = signals.get_logger(__name__)
SECONDS = 1.5  # for all answers together: the page does not wait longer for a figure beside a link
PREVIEW_SECONDS = 5.0  # for what a person looks at before it is recorded
MOST = 500  # entries that are listed
HEADERS = ("authorization", "cookie", "accept-language")
WAITING_REPORTS = ("reports_open", "reports_late")
OF_CAMPAIGNS = ("obstacles", "extensions", "results", "reports")

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """Something of a programme that a unit has to do; `due_on` is the last day for it."""

    kind: Text
    title: str
    entry_ref: str | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class CarriedOn:
    """What of a unit another one carries on; None: the service that keeps it gave no answer."""

    entries: Sequence[OpenEntry] | None
    recipients: int | None

    @property
    def counts(self) -> Sequence[tuple[Text, int]]:
        """How much there is of each kind."""
        return [*Counter(entry.kind for entry in self.entries or ()).items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The addresses at which this service reaches the others."""

    metrics: str
    campaigns: str
    notifier: str

    async def counts(self, request: Request, unit_code: str | None) -> Mapping[str, int]:
        """Count by link; what its service does not tell in time is left out, and the link stands without a figure."""
        whose = {"area_of": unit_code, "receiver": unit_code} if unit_code else {}
        async with _client(request, SECONDS) as client:
            figures, work = await asyncio.gather(
                _asked(client, self.metrics, "/waiting", whose),
                _asked(client, self.campaigns, "/waiting", {}),
            )
        counts: dict[str, int] = {}
        if figures is not None:
            counts["gaps"] = figures["gaps"]
            counts["urging"] = figures["units_overdue"]
            counts["quality"] = figures["todos"]
            counts["reports"] = sum(figures[name] for name in WAITING_REPORTS)
        if work is not None:
            counts["work"] = sum(work[name] for name in OF_CAMPAIGNS)
            counts["unverified"] = work["unverified"]
        return counts

    async def carried_on(self, request: Request, unit_code: str, today: date) -> CarriedOn:
        """Give what of a unit its successor would carry on."""
        owed = _owed(unit_code, today)
        async with _client(request, PREVIEW_SECONDS) as client:
            entries, recipients = await asyncio.gather(
                _asked(client, self.campaigns, "/programme", owed),
                _asked(client, self.notifier, f"/units/{quote(unit_code)}/recipients", {}),
            )
        return CarriedOn(
            entries=None if entries is None else [_open_entry(item) for item in entries["items"]],
            recipients=None if recipients is None else len(recipients["recipients"]),
        )

    async def owed(self, request: Request, unit_code: str, day: date) -> int | None:
        """Count what a unit owes in programmes on a day, `MOST` at most; None if campaigns gives no answer in time."""
        async with _client(request, SECONDS) as client:
            entries = await _asked(client, self.campaigns, "/programme", _owed(unit_code, day))
        return None if entries is None else len(entries["items"])


def _owed(unit_code: str, day: date) -> Mapping[str, str]:
    return {"owed_by": unit_code, "open": "true", "as_of": day.isoformat(), "limit": str(MOST)}


def _client(request: Request, seconds: float) -> httpx.AsyncClient:
    headers = {name: request.headers[name] for name in HEADERS if name in request.headers}
    return httpx.AsyncClient(timeout=seconds, headers=headers, verify=authorities())


async def _asked(
    client: httpx.AsyncClient, address: str, path: str, query: Mapping[str, str]
) -> Answer | None:
    """Ask for a document; None if it does not come in time (`timeout` of httpx is one of each step, not of all)."""
    try:
        async with asyncio.timeout(client.timeout.read):
            answer = await client.get(f"{address.rstrip('/')}{path}", params=dict(query))
        answer.raise_for_status()
        body: Answer = answer.json()
    except (httpx.HTTPError, TimeoutError, ValueError) as error:
        logger.warning("service_not_asked", path=path, error=f"{type(error).__name__}: {error}")
        return None
    return body


def _open_entry(item: Mapping[str, Any]) -> OpenEntry:
    due_on = item.get("due_on")
    return OpenEntry(
        kind=KINDS[ProgrammeKind(item["kind"])].words,
        title=item["title"],
        entry_ref=item.get("entry_ref"),
        due_on=date.fromisoformat(due_on) if due_on else None,
    )
