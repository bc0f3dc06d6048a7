"""What else a unit would hand over: what it has to do in programmes, and its mailboxes, asked of the services that keep them.

They are asked for who looks at the page, with its own session or token: nobody is shown what it may not read there.
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
from shared.kernel.errors import Text
from shared.observability import signals
from shared.rules.programme.kinds import KINDS

logger = signals.get_logger(__name__)
SECONDS = 5.0  # for one answer
MOST = 500  # entries that are listed
HEADERS = ("authorization", "cookie", "accept-language")


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


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`campaigns` and `notifier` are the addresses at which this service reaches them itself."""

    campaigns: str
    notifier: str

    async def carried_on(self, request: Request, unit_code: str, today: date) -> CarriedOn:
        headers = {name: request.headers[name] for name in HEADERS if name in request.headers}
        async with httpx.AsyncClient(timeout=SECONDS, headers=headers) as http:
            asked = {"owed_by": unit_code, "open": "true", "as_of": today.isoformat(), "limit": str(MOST)}
            entries, recipients = await asyncio.gather(
                _asked(http, f"{self.campaigns.rstrip('/')}/programme", asked),
                _asked(http, f"{self.notifier.rstrip('/')}/units/{quote(unit_code)}/recipients", {}),
            )
        return CarriedOn(
            entries=None if entries is None else [_open_entry(item) for item in entries["items"]],
            recipients=None if recipients is None else len(recipients["recipients"]),
        )


async def _asked(http: httpx.AsyncClient, url: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
    try:
        answer = await http.get(url, params=dict(asked))
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        logger.warning("service_not_asked", error=f"{type(error).__name__}: {error}")
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
