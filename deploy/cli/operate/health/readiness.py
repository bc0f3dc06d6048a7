"""Waits until every service is ready, or waits only for a decision of the operator, and shows which parts are not."""

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


async def until_ready(urls: Mapping[str, str], logs: str, view: View) -> Waiting:
    """Return what waits for the operator (nothing if all is ready); raises `NotReady` if another part takes too long.

    `loa recover` and `loa skip` need the running services: the platform must not end because it waits for them.
    """
    deadline = time.monotonic() + TIMEOUT
    async with httpx.AsyncClient(timeout=2.0) as http:
        while True:
            answers = dict(
                zip(urls, await asyncio.gather(*(_ask(http, url) for url in urls.values())), strict=True)
            )
            waiting = {name: why for name, answer in answers.items() if (why := _why_not(answer))}
            if not waiting or waits_for_operator(answers):
                return waiting
            view(waiting)
            if time.monotonic() > deadline:
                raise NotReady(waiting, logs)
            await asyncio.sleep(POLL)


async def _ask(http: httpx.AsyncClient, url: str) -> httpx.Response | None:
    try:
        return await http.get(f"{url}/readyz")
    except httpx.TransportError:
        return None


def _why_not(answer: httpx.Response | None) -> str:
    return "đang khởi động / starting" if answer is None else not_ready(answer)


def waits_for_operator(answers: Mapping[str, httpx.Response | None]) -> bool:
    """Say whether every part of every service that is not ready waits for `loa recover` or `loa skip`."""
    broken = [_broken(answer) if answer is not None else None for answer in answers.values()]
    if None in broken or not any(broken):
        return False
    return all(
        _is_operators(part, str(check["detail"]))
        for checks in broken
        for part, check in (checks or {}).items()
    )


def _is_operators(part: str, detail: str) -> bool:
    return (part == "log" and "loa recover" in detail) or (
        part == "projection" and detail.startswith("halted")
    )


def not_ready(answer: httpx.Response) -> str:
    """Name the parts of a /readyz answer that are not ready, also those that reads do not need."""
    if (broken := _broken(answer)) is None:
        return "" if answer.is_success else f"HTTP {answer.status_code}"
    return ", ".join(f"{part} ({check['detail']})" for part, check in broken.items())


def _broken(answer: httpx.Response) -> Mapping[str, Mapping[str, object]] | None:
    """Give the checks that fail; None if the answer has no checks."""
    try:
        checks: Mapping[str, Mapping[str, object]] = answer.json()["checks"]
    except (ValueError, KeyError):
        return None
    return {part: check for part, check in checks.items() if not check["ok"] and part not in NOT_AWAITED}


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
