"""The whole platform with one open gap a test: a mail goes out, its links are taken from the .eml, answers are pressed."""

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx

from shared.contracts.vocabulary import AlertAnswer
from shared.rules.rulebook.rulebook import load_rulebook
from shared.signed_links.short_links import token_hash
from tests.integration.metrics.office import Office, today
from tests.support.platform.service import PATIENCE, Platform, eventually
from tests.support.servers.plain import NO_AUTHORITIES

CALENDAR = load_rulebook().calendar
RECIPIENT = "-".join("[0-9a-f]" * n for n in (8, 4, 4, 4, 12))
PARTS = ("plain", "html")
_letters = itertools.count(1)


def working_day(after: int = 0) -> date:
    """Give the next working day, and those after it."""
    day = CALENDAR.next_working_day(today())
    return CALENDAR.add_working_days(day, after) if after else day


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") if tag == "a" else None
        if address and "/answers/" in address:
            self.addresses.append(address)


def links_of(mail: EmailMessage, part: str = "html") -> list[str]:
    body = mail.get_body((part,))
    assert body is not None
    if part == "plain":
        return re.findall(r"https?://\S+/answers/\S+", str(body.get_content()))
    parser = _Links()
    parser.feed(str(body.get_content()))
    return parser.addresses


def words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@dataclass(frozen=True, slots=True)
class OwingUnit:
    """One unit that owes the communication of one draft with two policies, and its mails."""

    platform: Platform
    office: Office
    mail_dir: Path
    dataset: str = "live"

    @property
    def code(self) -> str:
        return self.office.code

    async def mails_of(self, day: date, kind: str = "") -> list[EmailMessage]:
        """Send the mails of a day, and read the digests (or what is of another kind) to our unit."""
        notifier = self.platform.services["notifier"].client
        position = await self.platform.settled()
        body = {"at": day.isoformat()}
        answer = await notifier.post("/tick", json=body, params={"min_position": position})
        assert answer.status_code == 200, answer.text
        files = sorted(self.mail_dir.glob(f"{day}_{self.code}_{RECIPIENT}{kind}.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    async def links(self, day: date | None = None) -> dict[AlertAnswer, str]:
        """Take the five links of our gap from the mail of a day."""
        (mail,) = await self.mails_of(day or working_day())
        addresses = links_of(mail)
        assert len(addresses) == len(AlertAnswer)
        return dict(zip(AlertAnswer, addresses, strict=True))

    async def end(self, link: str) -> None:
        """Let the time of a link pass."""
        statement = "UPDATE link SET expires_at = '2026-01-01' WHERE token_hash = $1"
        connection = await asyncpg.connect(self.platform.databases["notifier"])
        await connection.execute(statement, token_hash(link.rpartition("/")[2]))
        await connection.close()

    async def gaps(self) -> list[dict[str, Any]]:
        asked = {"unit": self.code, "dataset": self.dataset}
        answer = await self.platform.services["metrics"].client.get("/gaps", params=asked)
        gaps: list[dict[str, Any]] = answer.json().get("gaps", [])  # none while the service cannot answer
        return gaps

    async def is_closed(self) -> bool:
        await self.platform.settled()
        return not await self.gaps()

    async def communications(self) -> list[dict[str, Any]]:
        await self.platform.settled()
        path = f"/drafts/{self.code}/communications"
        communications: list[dict[str, Any]] = (await self.platform.campaigns.client.get(path)).json()[
            "items"
        ]
        return communications

    async def alert(self) -> list[dict[str, Any]]:
        asked = {"unit": self.code, "dataset": self.dataset}
        answer = await self.platform.services["notifier"].client.get("/alerts", params=asked)
        alerts: list[dict[str, Any]] = answer.json()["items"]
        return alerts


@asynccontextmanager
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without an account, a cookie or a token."""
    async with httpx.AsyncClient(timeout=PATIENCE, verify=NO_AUTHORITIES) as client:
        yield client


async def open_owing_unit(platform: Platform, mail_dir: Path, *roles: str, **unit: str) -> OwingUnit:
    """Register a unit with mailboxes and a draft that came into consultation a while ago."""
    office = Office(platform, f"TL{next(_letters)}")
    dataset = {"dataset": unit["dataset"]} if "dataset" in unit else {}
    await office.open(policies=2, unit=unit, **dataset)
    people = [
        {"role": role, "email": f"{role}.{office.code}@example.vn".lower(), "language": "vi"}
        for role in roles or ("focal_point",)
    ]
    answer = await platform.services["notifier"].client.put(f"/units/{office.code}/recipients", json=people)
    assert answer.status_code == 200, answer.text
    await office.enter("draft_consultation", (today() - timedelta(days=40)).isoformat())
    owing_unit = OwingUnit(platform, office, mail_dir, **dataset)
    await eventually(owing_unit.gaps)
    await eventually(owing_unit.alert)
    return owing_unit


def origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
