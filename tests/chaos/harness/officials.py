"""Officials who press the links of their mails: each link once, repeated until the page says that it is recorded."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http import HTTPStatus
from typing import Any

import httpx

from shared.contracts.vocabulary import AlertAnswer
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import now
from shared.signed_links.links import Link, LinkReader, reader
from tests.chaos.harness.history import Attempt, Command, End
from tests.chaos.harness.running_platform import ChaosPlatform
from tests.chaos.harness.workload import ANSWER_SECONDS, GIVE_UP_SECONDS, Clients, is_repeated
from tests.support.servers.links import link_keys

LINK = re.compile(r"https?://\S+/answers/([\w.-]+)")
PAUSE_SECONDS = 0.7
Form = Callable[[ChaosPlatform], dict[str, str]]
FORMS: dict[AlertAnswer, Form] = {
    AlertAnswer.PLANNED: lambda platform: {"planned_on": platform.day.date().isoformat()},
    AlertAnswer.NOT_OURS: lambda _: {"explanation": "Dự thảo do đơn vị khác chủ trì"},
    AlertAnswer.OBSTACLE: lambda _: {"obstacle": "Chưa được bố trí kinh phí"},
    AlertAnswer.DONE: lambda _: {
        "held_on": day_in_vietnam(now()).isoformat(),
        "channel": "conference",
        "title": "Hội nghị lấy ý kiến",
    },
}


@dataclass(slots=True)
class Officials:
    clients: Clients
    platform: ChaosPlatform
    pressed: set[str] = field(default_factory=set)
    _links: LinkReader = field(init=False)

    def __post_init__(self) -> None:
        self._links = reader(link_keys(self.platform.keys.folder).jwks)

    async def run(self) -> None:
        """Press links as long as the clients run."""
        while not self.clients.stopped:
            links = [(link, token) for link, token in self._new_links() if link.answer in FORMS]
            if links:
                link, token = self.clients.random.choice(links)
                await self._press(link, token)
            await asyncio.sleep(PAUSE_SECONDS)

    def _new_links(self) -> Iterator[tuple[Link, str]]:
        for mails in list(self.platform.mail.taken.values()):
            for token in (token for mail in list(mails) for token in _tokens(mail)):
                link = self._links.read(token)
                if str(link.link_id) not in self.pressed:
                    yield link, token

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
        replica = self.clients.any(command.service)
        attempt = Attempt(replica.name, time.monotonic())
        command.attempts.append(attempt)
        try:
            async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as client:
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
