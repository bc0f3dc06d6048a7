"""Asks the notifier, which keeps the links of mails, what the link is that opened a page."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from shared.kernel.authorities import authorities
from shared.kernel.errors import TooManyAttempts, TransientError, Unavailable
from shared.signed_links.links import LinkNotValid
from shared.signed_links.resolved import RESOLVE_PATH, Barred, ResolvedLink
from shared.signed_links.short_links import Purpose, ShortLink

SECONDS = 5.0  # for one answer
TRIES = 3
PAUSE = 0.5
NOT_FOUND, TOO_MANY = 404, 429
LINK_NOT_VALID = f"urn:loa:problem:{LinkNotValid.code}"


class LinksAway(Unavailable):
    """The notifier does not answer, so nobody can say what the link is."""

    code = "links-away"

    def __init__(self) -> None:
        super().__init__(
            "Hệ thống tạm thời chưa kiểm tra được liên kết này. Liên kết vẫn còn hiệu lực và chưa có gì bị mất: "
            "đề nghị chờ ít phút rồi thử lại.",
            "The link can't be checked at the moment. It stays valid and nothing is lost: "
            "please wait a few minutes and try again.",
        )


class _Away(TransientError):
    """The notifier did not answer, or not as it should."""


@dataclass(frozen=True, slots=True)
class NotifierLinks:
    """`address` is that of the notifier, `token` says that campaigns asks (`shared.auth.service_tokens`)."""

    address: str
    token: str

    async def resolve(self, token: str, client: str) -> ResolvedLink:
        for attempt in range(TRIES):
            try:
                return _read(await self._asked(token, client))
            except _Away:
                if attempt + 1 < TRIES:
                    await asyncio.sleep(PAUSE * 2**attempt)
        raise LinksAway

    async def _asked(self, token: str, client: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with httpx.AsyncClient(timeout=SECONDS, verify=authorities()) as http:
                url = f"{self.address.rstrip('/')}{RESOLVE_PATH}"
                return await http.post(url, json={"token": token, "client": client}, headers=headers)
        except httpx.HTTPError as error:
            raise _Away(str(error)) from error


def _read(answer: httpx.Response) -> ResolvedLink:
    """Read the answer; one of another release, or of a service that is not ready, is none."""
    if answer.status_code == TOO_MANY:
        raise TooManyAttempts(int(answer.headers.get("Retry-After", "60")))
    if answer.status_code == NOT_FOUND and _problem(answer) == LINK_NOT_VALID:
        raise LinkNotValid
    if not answer.is_success:
        raise _Away(f"the notifier answered {answer.status_code}")
    return _resolved(answer.json())


def _problem(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["type"])
    except (ValueError, KeyError, TypeError):
        return ""


def _resolved(body: dict[str, Any]) -> ResolvedLink:
    link = ShortLink(
        link_id=UUID(body["link_id"]),
        purpose=Purpose(body["purpose"]),
        recipient_id=UUID(body["recipient_id"]),
        unit_code=body["unit_code"],
        expires=datetime.fromisoformat(body["expires"]),
        claims=body["claims"],
    )
    return ResolvedLink(link, Barred(body["barred"]) if body["barred"] else None)
