"""Waits until every service is ready, and says which part is not while it waits."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Protocol

import httpx
from rich.markup import escape

from deploy.cli.console import Said, out

PATIENCE = 90.0  # seconds until we give up
POLL = 0.05

Waiting = Mapping[str, str]  # service -> what it still waits for


class View(Protocol):
    def __call__(self, waiting: Waiting) -> None: ...


class NeverReady(Said):
    """A service did not become ready in time."""

    def __init__(self, waiting: Waiting, logs: str) -> None:
        parts = "; ".join(f"{name}: {why}" for name, why in waiting.items())
        super().__init__(
            f"Chưa sẵn sàng sau {PATIENCE:g} giây: {parts}. Nhật ký: {logs}",
            f"Not ready after {PATIENCE:g} s: {parts}. Logs: {logs}",
        )


async def until_ready(urls: Mapping[str, str], logs: str, view: View) -> None:
    deadline = time.monotonic() + PATIENCE
    async with httpx.AsyncClient(timeout=2.0) as http:
        while waiting := await _waiting(http, urls):
            view(waiting)
            if time.monotonic() > deadline:
                raise NeverReady(waiting, logs)
            await asyncio.sleep(POLL)


async def _waiting(http: httpx.AsyncClient, urls: Mapping[str, str]) -> Waiting:
    answers = await asyncio.gather(*(_why_not(http, url) for url in urls.values()))
    return {name: why for name, why in zip(urls, answers, strict=True) if why}


async def _why_not(http: httpx.AsyncClient, url: str) -> str:
    try:
        answer = await http.get(f"{url}/readyz")
    except httpx.TransportError:
        return "đang khởi động / starting"
    return "" if answer.status_code == HTTPStatus.OK else not_ready(answer)


def not_ready(answer: httpx.Response) -> str:
    """Name the parts of a /readyz answer that are not ready."""
    try:
        checks: Mapping[str, Mapping[str, object]] = answer.json()["checks"]
    except (ValueError, KeyError):
        return f"HTTP {answer.status_code}"
    return ", ".join(f"{part} ({check['detail']})" for part, check in checks.items() if not check["ok"])


@contextmanager
def watched() -> Iterator[View]:
    """Show what is waited for: one line that changes for a person, a new line per change for a file."""
    if out.is_terminal:
        with out.status("…") as status:
            yield lambda waiting: status.update(f"Đang chờ / waiting: {escape(_line(waiting))}")
        return
    said: list[str] = [""]

    def tell(waiting: Waiting) -> None:
        if (names := ", ".join(waiting)) != said[0]:
            out.print(f"Đang chờ / waiting: {_line(waiting)}", markup=False, soft_wrap=True)
        said[0] = names

    yield tell


def _line(waiting: Waiting) -> str:
    return "; ".join(f"{name}: {why}" for name, why in waiting.items())
