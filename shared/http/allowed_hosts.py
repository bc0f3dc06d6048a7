"""Requests name a host of ours (`Host`, RFC 9110, 7.2), so that no page is built for, or cached under, a stranger's name.

Probes and scrapers name an address that no setting knows: what they ask says nothing that depends on it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http import problems
from shared.http.request_log import QUIET
from shared.kernel.errors import Text
from shared.observability import signals

logger = signals.get_logger(__name__)

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANY = "*"
MISDIRECTED = 421
BAD_REQUEST = 400
_HOST = re.compile(r"(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?))\.?(?::\d{1,5})?")
UNREADABLE = Text(
    "Yêu cầu không ghi đúng tên máy chủ (tiêu đề Host). Đề nghị mở lại địa chỉ trong thư hoặc do cơ quan cung cấp.",
    "The request names no host, or none that can be read (header Host). Please open the address that you were given.",
)


def host_of(header: str) -> str | None:
    """Read the host of a `Host` header, without its port; None if it is none."""
    match = _HOST.fullmatch(header.strip().lower())
    return (match[1] or match[2]) if match else None


def host_of_address(address: str) -> str | None:
    """Give the host of a base address (`https://loa.example.vn/notifier`)."""
    return urlsplit(address).hostname


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """`*` allows every host, `.example.vn` a domain with all below it."""

    names: frozenset[str] = field(default=LOOPBACK)

    @classmethod
    def of(cls, names: Iterable[str], addresses: Iterable[str] = ()) -> "AllowedHosts":
        """Allow loopback, the hosts of the base addresses, and `names`."""
        given = (name.strip().strip("[]").lower().removesuffix(".") for name in names)
        hosts = (host_of_address(address) for address in addresses)
        return cls(LOOPBACK | {name for name in given if name} | {host for host in hosts if host})

    def allow(self, host: str) -> bool:
        if ANY in self.names or host in self.names:
            return True
        return any(name.startswith(".") and (host.endswith(name) or host == name[1:]) for name in self.names)


class HostCheck:
    """Refuses what names another host, before any route sees it."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in QUIET:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        given = request.headers.getlist("host")
        host = host_of(given[0]) if len(given) == 1 else None
        if host is None:
            return _refused(request, BAD_REQUEST, "invalid-host", UNREADABLE)
        if self._hosts.allow(host):
            return None
        logger.warning("host_not_allowed", host=host, setting="LOA_ALLOWED_HOSTS")
        return _refused(request, MISDIRECTED, "host-not-allowed", _stranger(host))


def _stranger(host: str) -> Text:
    return Text(
        f"Hệ thống này không phục vụ tên máy chủ “{host}”. Đề nghị mở lại địa chỉ trong thư hoặc do cơ quan cung cấp; "
        "người vận hành khai báo các tên máy chủ bằng thiết lập LOA_ALLOWED_HOSTS.",
        f"This system does not serve the host '{host}'. Please open the address that you were given; "
        "an operator names the hosts with the setting LOA_ALLOWED_HOSTS.",
    )


_PAGE = """<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Loa</title></head><body><main><h1>{title}</h1><p>{vi}</p><p lang="en">{en}</p></main></body></html>
"""


def _refused(request: Request, status: int, code: str, why: Text) -> Response:
    """Say it as a page to a browser, else as a problem document."""
    if "text/html" not in request.headers.get("accept", ""):
        return problems.problem(request, status, code, why)
    page = _PAGE.format(title="Địa chỉ không đúng", vi=escape(why.vi), en=escape(why.en))
    return HTMLResponse(page, status, {"Content-Language": "vi"})
