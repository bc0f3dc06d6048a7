"""Officials who press the links of their mails: each link once, repeated until the page says that it is recorded."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from http import HTTPStatus
from typing import Any

import httpx
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.notifier.adapters.links.store import SqlLinks
from shared.contracts.vocabulary import AlertAnswer
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import now
from shared.pages.date_boxes import in_boxes
from shared.signed_links.links import Link
from shared.signed_links.short_links import answer_link
from tests.chaos.harness.history import Attempt, Command, End
from tests.chaos.harness.running_platform import ChaosPlatform
from tests.chaos.harness.workload import ANSWER_SECONDS, GIVE_UP_SECONDS, Clients, is_repeated
from tests.support.servers.plain import NO_AUTHORITIES

LINK = re.compile(r"https?://\S+/answers/([\w.-]+)")
POLICY = re.compile(r'name="policies" value="(\d+)" checked')
PAUSE_SECONDS = 0.7
Form = Callable[[ChaosPlatform], dict[str, list[str]]]
FORMS: dict[AlertAnswer, Form] = {
    AlertAnswer.PLANNED: lambda platform: in_boxes("planned_on", platform.day.date()),
    AlertAnswer.NOT_OURS: lambda _: {"explanation": ["Dự thảo do đơn vị khác chủ trì"]},
    AlertAnswer.OBSTACLE: lambda _: {"obstacle": ["Chưa được bố trí kinh phí"]},
    AlertAnswer.DONE: lambda _: {
        **in_boxes("held_on", day_in_vietnam(now())),
        "channel": ["conference"],
        "title": ["Hội nghị lấy ý kiến"],
    },
}


@dataclass(slots=True)
class Officials:
    clients: Clients
    platform: ChaosPlatform
    pressed: set[str] = field(default_factory=set)
    _links: dict[str, Link] = field(default_factory=dict, init=False)
    _kept: SqlLinks = field(init=False)

    def __post_init__(self) -> None:
        url = self.platform.postgres.url("notifier").replace("postgresql://", "postgresql+asyncpg://")
        self._kept = SqlLinks(create_async_engine(url, poolclass=NullPool))

    async def run(self) -> None:
        """Press links as long as the clients run."""
        while not self.clients.stopped:
            links = [(link, token) async for link, token in self._new_links() if link.answer in FORMS]
            if links:
                link, token = self.clients.random.choice(links)
                await self._press(link, token)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _new_links(self) -> AsyncIterator[tuple[Link, str]]:
        for mails in list(self.platform.mail.taken.values()):
            for token in (token for mail in list(mails) for token in _tokens(mail)):
                link = await self._link(token)
                if link is not None and str(link.link_id) not in self.pressed:
                    yield link, token

    async def _link(self, token: str) -> Link | None:
        """Read what a token stands for, past all services; None while the database is away."""
        if token not in self._links:
            try:
                stored = await self._kept.find(token)
            except (OSError, SQLAlchemyError):
                return None
            assert stored is not None, "a mail bears a link that the notifier does not keep"
            self._links[token] = answer_link(stored.link)
        return self._links[token]

    async def _press(self, link: Link, token: str) -> None:
        self.pressed.add(str(link.link_id))
        service = "campaigns" if link.answer is AlertAnswer.DONE else "notifier"
        form = FORMS[link.answer](self.platform)
        path = f"/answers/{token}"
        command = Command(str(link.link_id), service, "POST", path, form, f"{link.answer} {link.draft_code}")
        self.clients.history.commands.append(command)
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            attempt = await self._attempt(command)
            if not is_repeated(attempt):
                command.end = End.ACKNOWLEDGED if attempt.status == HTTPStatus.OK else End.REFUSED
                return
            await asyncio.sleep(0.3)

    async def _attempt(self, command: Command) -> Attempt:
        """Open the page, then send its form as it is filled in there; a form that was sent is sent again as it was."""
        replica = self.clients.any(command.service)
        attempt = Attempt(replica.name, time.monotonic())
        command.attempts.append(attempt)
        try:
            async with httpx.AsyncClient(timeout=ANSWER_SECONDS, verify=NO_AUTHORITIES) as client:
                if "policies" not in command.json:
                    answer = await client.get(f"{replica.url}{command.path}")
                    if answer.is_success:
                        command.json = {**command.json, "policies": POLICY.findall(answer.text)}
                if "policies" in command.json:
                    answer = await client.post(f"{replica.url}{command.path}", data=command.json)
            attempt.status, attempt.body = answer.status_code, {"page": _words(answer)}
        except httpx.TransportError as error:
            attempt.body = {"error": f"{type(error).__name__}: {error}"}
        attempt.ended = time.monotonic()
        return attempt


def _tokens(mail: EmailMessage) -> list[str]:
    body: Any = mail.get_body(("plain",))
    return LINK.findall(str(body.get_content())) if body is not None else []


def _words(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]+>", " ", answer.text, flags=re.DOTALL))[:400]
