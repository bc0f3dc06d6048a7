"""How long a normal request takes beside each attack: p99 before and during it, on services with real engines.

`python -m tests.bench.attacks [NAME…]` prints a table; the machine's own load is in both columns, so the ratio counts too. The
attackers have a process of their own: what they take of one event loop must not be taken for the service's delay.
"""
# ruff: noqa: T201  a benchmark prints

import asyncio
import gzip
import json
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import httpx

from tests.support.platform.bench_platform import apart, bench_platform
from tests.support.platform.service import Api
from tests.support.servers.plain import NO_AUTHORITIES

SECONDS = 4.0
SERVICES = ("registry", "campaigns", "metrics", "notifier")
PAUSE = 0.01  # between two normal requests
ATTACK = "--attack"
Attack = Callable[["Target"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Target:
    """A service under attack; `token` is that of a clerk."""

    url: str
    token: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str, **query: str) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=60, verify=NO_AUTHORITIES) as client:
            with suppress(httpx.HTTPError):
                await client.get(path, params=query or None, headers=self.headers)

    async def post(self, path: str, content: bytes, kind: str = "application/json") -> None:
        headers = {"Content-Type": kind, **self.headers}
        async with httpx.AsyncClient(base_url=self.url, timeout=60, verify=NO_AUTHORITIES) as client:
            with suppress(httpx.HTTPError):
                await client.post(path, content=content, headers=headers)


@cache
def _unknown_keys() -> bytes:
    return json.dumps({f"k{n}": 1 for n in range(80_000)}).encode()


@cache
def _rows() -> bytes:
    rows = [
        {
            "code": f"U{secrets.token_hex(4).upper()}",
            "name": f"Đơn vị {n}",
            "level": "commune",
            "kind": "committee",
        }
        for n in range(6000)
    ]
    lines = [json.dumps({"sheet": "units", "line": n, "row": row}).encode() for n, row in enumerate(rows, 2)]
    return b"\n".join(lines)


async def unknown_keys(target: Target) -> None:
    await target.post("/drafts", _unknown_keys())


async def nested(target: Target) -> None:
    await target.post("/drafts", b'{"title":[' + b"[1]," * 200_000 + b"1]}")


async def long_text(target: Target) -> None:
    await target.post("/drafts", json.dumps({"title": "a\u0301\u0323" * 150_000}).encode())


async def marks_in_search(target: Target) -> None:
    await target.get("/units", q="\u0301\u0323" * 2500)


async def many_parameters(target: Target) -> None:
    await target.get("/units?" + "&".join(f"p{n}=1" for n in range(3000)))


async def large_body(target: Target) -> None:
    await target.post("/drafts", bytes(100_000_000))


async def large_body_without_token(target: Target) -> None:
    async with httpx.AsyncClient(timeout=60, verify=NO_AUTHORITIES) as client:
        with suppress(httpx.HTTPError):
            await client.post(f"{target.url}/drafts", content=bytes(1 << 20))


async def import_row(target: Target) -> None:
    row = {f"x{n}": ("a??? b??? " * 1000)[:9990] for n in range(8)}
    await target.post("/imports?dry_run=true", json.dumps({"sheet": "units", "line": 2, "row": row}).encode())


async def dry_run(target: Target) -> None:
    await target.post("/imports?dry_run=true", _rows(), "application/x-ndjson")


async def preview(target: Target) -> None:
    await target.get("/preview")


async def idle_connection(target: Target) -> None:
    pairs = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(100)]
    await asyncio.sleep(1)
    for _, writer in pairs:
        writer.close()


async def half_header(target: Target) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", target.port)
    with suppress(OSError):
        for _ in range(400):
            writer.write(b"GET / HTTP/1.1\r\nX: " + b"a" * 65536)
            await writer.drain()
    writer.close()


async def chunked(target: Target) -> None:
    """A body without a length, in chunks of 64 KiB, longer than is taken."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(65536)

    async with httpx.AsyncClient(timeout=60, verify=NO_AUTHORITIES) as client:
        with suppress(httpx.HTTPError):
            await client.post(f"{target.url}/drafts", content=chunks(), headers=target.headers)


async def small_chunks(target: Target) -> None:
    """A body of one byte a chunk: each is a message to be read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    head = f"POST /drafts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {target.token}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    with suppress(OSError):
        for _ in range(100):
            writer.write(b"1\r\n \r\n" * 2000)
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await reader.read(100)
    writer.close()


@cache
def _parts(count: int, size: int) -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n%s\r\n'
    return b"".join(part % (n, b"a" * size) for n in range(count)) + b"--x--\r\n"


async def many_parts(target: Target) -> None:
    await target.post("/entry/drafts", _parts(9000, 1), "multipart/form-data; boundary=x")


async def long_part_headers(target: Target) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="' + b"a" * 900_000 + b'"\r\n\r\n1\r\n--x--\r\n'
    await target.post("/entry/drafts", body, "multipart/form-data; boundary=x")


async def many_fields(target: Target) -> None:
    body = "&".join(f"f{n}=1" for n in range(100_000)).encode()
    await target.post("/entry/drafts", body, "application/x-www-form-urlencoded")


async def percent_field(target: Target) -> None:
    await target.post(
        "/entry/drafts", b"title=" + b"%E1%BA%A1" * 110_000, "application/x-www-form-urlencoded"
    )


async def deep(target: Target) -> None:
    await target.post("/drafts", b'{"title":' + b"[" * 15_000 + b"]" * 15_000 + b"}")


async def large_number(target: Target) -> None:
    await target.post("/drafts", b'{"title":' + b"9" * 1_000_000 + b"}")


async def escapes(target: Target) -> None:
    await target.post("/drafts", b'{"title":"' + b"\\u0301" * 170_000 + b'"}')


async def zipped(target: Target) -> None:
    async with httpx.AsyncClient(timeout=60, verify=NO_AUTHORITIES) as client:
        headers = {**target.headers, "Content-Encoding": "gzip", "Content-Type": "application/json"}
        with suppress(httpx.HTTPError):
            await client.post(f"{target.url}/drafts", content=gzip.compress(bytes(10**8)), headers=headers)


async def long_query(target: Target) -> None:
    await target.get("/drafts?q=" + "%E1%BA%A1" * 3000)


async def many_cookies(target: Target) -> None:
    async with httpx.AsyncClient(timeout=60, verify=NO_AUTHORITIES) as client:
        cookies = "; ".join(f"c{n}=1" for n in range(3000))
        with suppress(httpx.HTTPError):
            await client.get(f"{target.url}/home", headers={"Cookie": cookies, "Accept": "text/html"})


async def slow_bodies(target: Target) -> None:
    """One byte a second, on many connections at once."""
    pairs = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(50)]
    head = f"POST /drafts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {target.token}\r\n"
    for _, writer in pairs:
        writer.write(f"{head}Content-Length: 1000\r\n\r\n".encode())
    for _ in range(3):
        await asyncio.sleep(1)
        for _, writer in pairs:
            writer.write(b" ")
    for _, writer in pairs:
        writer.close()


async def unread_answers(target: Target) -> None:
    """Ask for large answers on many connections, and read nothing of them."""
    pairs = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(30)]
    for _, writer in pairs:
        writer.write(b"GET /asyncapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50)
    await asyncio.sleep(2)
    for _, writer in pairs:
        writer.close()


async def long_line(target: Target) -> None:
    """An import whose only line is as long as an import may be."""
    await target.post(
        "/imports?dry_run=true", b'{"sheet":"units","line":2,"row":{"name":"' + b"a" * (15 << 20)
    )


async def many_short_lines(target: Target) -> None:
    await target.post("/imports?dry_run=true", b"{}\n" * 300_000, "application/x-ndjson")


async def streams(target: Target) -> None:
    """Open the streams of open pages, more than one address may have, and go away."""
    pairs = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(80)]
    head = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {target.token}\r\n\r\n"
    for _, writer in pairs:
        writer.write(head.encode())
    await asyncio.sleep(0.5)
    for _, writer in pairs:
        writer.close()


async def pdf(target: Target) -> None:
    await target.get("/reports/407", format="pdf", year="2026")


async def word(target: Target) -> None:
    await target.get("/reports/407", format="docx", year="2026")


async def long_data_set(target: Target) -> None:
    await target.get("/compliance", dataset="mẫu" * 5000)


async def wrong_boxes(target: Target) -> None:
    await target.get("/details", as_of_day="9" * 5000, as_of_month="\u0301" * 2000, as_of_year="2" * 5000)


async def other_days(target: Target) -> None:
    """Ask for figures of a day that nobody has asked for."""
    day = date(2026, 1, 1) + timedelta(days=secrets.randbelow(300))
    await target.get("/compliance", as_of=day.isoformat(), group_by="unit")


async def as_of_before(target: Target) -> None:
    seconds = secrets.randbelow(86_400 * 200)
    earlier = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    await target.get("/details", known_at=earlier.isoformat())


async def required_reports(target: Target) -> None:
    await target.get("/required-reports", year="2026", limit="500")


async def waiting(target: Target) -> None:
    await target.get("/waiting")


async def long_cursor(target: Target) -> None:
    await target.get("/programme", after="A" * 9000)


async def many_boxes(target: Target) -> None:
    """A form of days in boxes, each with as many digits as a field may have."""
    fields = {f"f{n}_{part}": "1" * 1000 for n in range(90) for part in ("day", "month", "year")}
    await target.post("/entry/drafts", urlencode(fields).encode(), "application/x-www-form-urlencoded")


async def many_tokens(target: Target) -> None:
    """A new forged token with each request: each is a caller of its own."""
    async with httpx.AsyncClient(base_url=target.url, timeout=60, verify=NO_AUTHORITIES) as client:
        for _ in range(20):
            forged = f"{target.token.rpartition('.')[0]}.{secrets.token_urlsafe(64)}"
            with suppress(httpx.HTTPError):
                await client.get("/drafts", headers={"Authorization": f"Bearer {forged}"})


ATTACKS: Mapping[str, tuple[str, int, Attack]] = {
    "1 MB of unknown keys": ("registry", 4, unknown_keys),
    "1 MB of nested lists": ("registry", 4, nested),
    "a title of 450,000 letters": ("registry", 4, long_text),
    "marks in a search": ("registry", 8, marks_in_search),
    "3,000 unknown parameters": ("registry", 4, many_parameters),
    "bodies of 100 MB": ("registry", 8, large_body),
    "bodies without a token": ("registry", 8, large_body_without_token),
    "a row of 8 long cells": ("registry", 2, import_row),
    "dry runs of 6,000 rows": ("registry", 8, dry_run),
    "previews": ("notifier", 12, preview),
    "idle connections": ("registry", 20, idle_connection),
    "endless headers": ("registry", 8, half_header),
    "chunks without a length": ("registry", 4, chunked),
    "chunks of one byte": ("registry", 4, small_chunks),
    "9,000 parts of a form": ("registry", 4, many_parts),
    "a part with a long name": ("registry", 4, long_part_headers),
    "100,000 fields of a form": ("registry", 4, many_fields),
    "a field of 110,000 escapes": ("registry", 4, percent_field),
    "15,000 lists in each other": ("registry", 4, deep),
    "a number of a million digits": ("registry", 4, large_number),
    "170,000 escaped marks": ("registry", 4, escapes),
    "a gzip bomb": ("registry", 4, zipped),
    "a long search": ("registry", 8, long_query),
    "3,000 cookies": ("registry", 8, many_cookies),
    "a byte a second": ("registry", 4, slow_bodies),
    "answers that nobody reads": ("registry", 4, unread_answers),
    "an import of one long line": ("registry", 4, long_line),
    "an import of 300,000 lines": ("registry", 4, many_short_lines),
    "streams of events": ("registry", 4, streams),
    "a form of 270 boxes": ("registry", 4, many_boxes),
    "a report as PDF": ("metrics", 8, pdf),
    "a report for Word": ("metrics", 8, word),
    "a long name of a data set": ("metrics", 8, long_data_set),
    "boxes of 5,000 digits": ("metrics", 8, wrong_boxes),
    "figures of other days": ("metrics", 8, other_days),
    "pages as known earlier": ("metrics", 8, as_of_before),
    "required reports": ("metrics", 8, required_reports),
    "what waits": ("campaigns", 8, waiting),
    "a long cursor": ("campaigns", 8, long_cursor),
    "forged tokens": ("registry", 8, many_tokens),
}


async def normal(api: Api, until: float) -> list[float]:
    """Send one normal request after the other, as another client does, and give the seconds that each took."""
    taken: list[float] = []
    token = api.issuer.token()
    async with httpx.AsyncClient(
        base_url=str(api.client.base_url), timeout=60, verify=NO_AUTHORITIES
    ) as client:
        while time.monotonic() < until:
            begun = time.monotonic()
            answer = await client.get("/livez", headers={"Authorization": f"Bearer {token}"})
            answer.raise_for_status()
            taken.append(time.monotonic() - begun)
            await asyncio.sleep(PAUSE)
    return taken


async def measured(api: Api, name: str) -> tuple[float, float]:
    target = Target(str(api.client.base_url).rstrip("/"), api.issuer.token())
    before = await normal(api, time.monotonic() + SECONDS / 2)
    command = (sys.executable, "-m", "tests.bench.attacks", ATTACK, name, target.url, target.token)
    attackers = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert attackers.stdout is not None
    await attackers.stdout.readline()  # they begin
    during = await normal(api, time.monotonic() + SECONDS)
    await attackers.wait()
    return _p99(before), _p99(during)


async def attack(name: str, target: Target) -> None:
    """Attack for `SECONDS`; this is the process of the attackers."""
    _, width, again = ATTACKS[name]
    await again(target)  # what it sends is made once
    print("begun", flush=True)
    until = time.monotonic() + SECONDS

    async def client() -> None:
        while time.monotonic() < until:
            await again(target)

    await asyncio.gather(*(client() for _ in range(width)), return_exceptions=True)


def _p99(taken: list[float]) -> float:
    return quantiles(taken, n=100)[-1] * 1000 if len(taken) > 1 else taken[0] * 1000


async def main(*names: str) -> None:
    chosen = {name: attack for name, attack in ATTACKS.items() if not names or name in names}
    with tempfile.TemporaryDirectory() as folder:
        async with bench_platform(Path(folder), *SERVICES) as platform, AsyncExitStack() as stack:
            for name in sorted({service for service, _, _ in chosen.values()}):
                running = await stack.enter_async_context(apart(platform, name, Path(folder) / f"{name}.log"))
                platform.services[name] = running.api
            print(f"{'attack':30} {'clients':>7} {'p99 before':>11} {'p99 during':>11} {'ratio':>6}")
            for name, (service, width, _) in chosen.items():
                before, during = await measured(platform.services[service], name)
                print(
                    f"{name:30} {width:7} {before:8.1f} ms {during:8.1f} ms {during / before:6.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1:2] == [ATTACK]:
        asyncio.run(attack(sys.argv[2], Target(*sys.argv[3:])))
    else:
        asyncio.run(main(*sys.argv[1:]))
