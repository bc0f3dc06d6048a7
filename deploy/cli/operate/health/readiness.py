"""Waits until every service is ready, and shows which parts are not."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import httpx
from rich.markup import escape

from deploy.cli.console import CommandError, out

TIMEOUT = 90.0  # seconds
POLL = 0.05
NOT_AWAITED = frozenset({"clock"})  # waiting does not set it right; `loa doctor` reports it

Waiting = Mapping[str, str]  # service -> the part that is not ready


class View(Protocol):
    def __call__(self, waiting: Waiting) -> None: ...


class NotReady(CommandError):
    """A service did not become ready in time."""

    def __init__(self, waiting: Waiting, logs: str) -> None:
        parts = "; ".join(f"{name}: {why}" for name, why in waiting.items())
        super().__init__(
            f"Chưa sẵn sàng sau {TIMEOUT:g} giây: {parts}. Nhật ký: {logs}",
            f"Not ready after {TIMEOUT:g} s: {parts}. Logs: {logs}",
        )


async def until_ready(urls: Mapping[str, str], logs: str, view: View) -> None:
    deadline = time.monotonic() + TIMEOUT
    async with httpx.AsyncClient(timeout=2.0) as http:
        while waiting := await _waiting(http, urls):
            view(waiting)
            if time.monotonic() > deadline:
                raise NotReady(waiting, logs)
            await asyncio.sleep(POLL)


async def _waiting(http: httpx.AsyncClient, urls: Mapping[str, str]) -> Waiting:
    answers = await asyncio.gather(*(_why_not(http, url) for url in urls.values()))
    return {name: why for name, why in zip(urls, answers, strict=True) if why}


async def _why_not(http: httpx.AsyncClient, url: str) -> str:
    try:
        answer = await http.get(f"{url}/readyz")
    except httpx.TransportError:
        return "đang khởi động / starting"
    return not_ready(answer)


def not_ready(answer: httpx.Response) -> str:
    """Name the parts of a /readyz answer that are not ready, also those that reads do not need."""
    try:
        checks: Mapping[str, Mapping[str, object]] = answer.json()["checks"]
    except (ValueError, KeyError):
        return "" if answer.is_success else f"HTTP {answer.status_code}"
    broken = {part: check for part, check in checks.items() if not check["ok"] and part not in NOT_AWAITED}
    return ", ".join(f"{part} ({check['detail']})" for part, check in broken.items())


@contextmanager
def watched() -> Iterator[View]:
    """Show which services are not ready: one line that changes in a terminal, a new line per change in a file."""
    if out.is_terminal:
        with out.status("…") as status:
            yield lambda waiting: status.update(f"Đang chờ / waiting: {escape(_line(waiting))}")
        return
    shown: list[str] = [""]

    def show(waiting: Waiting) -> None:
        if (names := ", ".join(waiting)) != shown[0]:
            out.print(f"Đang chờ / waiting: {_line(waiting)}", markup=False, soft_wrap=True)
        shown[0] = names

    yield show


def _line(waiting: Waiting) -> str:
    return "; ".join(f"{name}: {why}" for name, why in waiting.items())
