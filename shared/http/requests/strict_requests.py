"""What is refused of a request before its route sees it, and the security headers of every answer.

Requests name a host of ours (`Host`, RFC 9110, 7.2), so that no page is built for, or cached under, a stranger's name.
Probes and scrapers name an address that no setting knows: what they ask says nothing that depends on it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request, params
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http import problems
from shared.http.requests.request_context import QUIET, STREAMED
from shared.kernel.errors import Text
from shared.observability import signals
from shared.signed_links.links import MAILBOX_PATH, PATH
from shared.text_checks.printable import repeated_names

logger = signals.get_logger(__name__)


def content_policy(**sources: str | Sequence[str]) -> str:
    """Write a Content-Security-Policy: nothing is loaded, framed or sent but what `sources` name (`style_src=…`)."""
    given = {name.replace("_", "-"): _joined(value) for name, value in sources.items()}
    policy = {"default-src": "'none'", "form-action": "'none'", "base-uri": "'none'"} | given
    return "; ".join(f"{name} {value}" for name, value in (policy | {"frame-ancestors": "'none'"}).items())


def _joined(sources: str | Sequence[str]) -> str:
    return sources if isinstance(sources, str) else " ".join(sources)


DEFAULTS = {
    "Content-Security-Policy": f"{content_policy()}; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What an answer gets that does not set it itself: a page widens the policy, a file may be cached."""
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""For a year browsers ask this host over https alone (RFC 6797); not sent where the platform is reached without https."""


class SecurityHeaders:
    """The outermost layer of an application, so that no answer leaves without these headers."""

    def __init__(self, app: ASGIApp, *, over_https: bool) -> None:
        self._app = app
        self._headers = DEFAULTS | (HTTPS_ONLY if over_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, completed)


NO_BODY = frozenset({b"", b"{}", b"null"})
CLOSE = 0.6  # ratio of `difflib` from which a name is asked about
TRACKING = frozenset(
    [
        "fbclid",
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "twclid",
        "zclid",
        "igshid",
        "zarsrc",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "_hsenc",
        "_hsmi",
        "_ga",
        "_gl",
        "vero_id",
        "oly_anon_id",
        "oly_enc_id",
    ]
)
"""What mail clients, gateways and messengers append to the links that people press."""
MOST_SUGGESTIONS = 20
NO_PARAMETER = Text(
    "không phải là tham số của địa chỉ này; hãy bỏ đi", "is no parameter of this address; leave it out"
)
EMPTY = Text(
    "còn trống; hãy bỏ tham số này hoặc ghi giá trị", "is empty; leave the parameter out or give a value"
)
REPEATED = Text("được ghi nhiều lần; hãy chỉ ghi một lần", "is given more than once; give it once")
UNREAD_BODY = Text(
    "không được dùng ở địa chỉ này; hãy bỏ nội dung gửi kèm", "is not read at this address; send no body"
)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route declares; a page is for people: its form sends empty fields, and its link gets tracking marks."""

    names: frozenset[str]
    is_page: bool
    reads_body: bool
    reads_json: bool

    def ignores(self, name: str) -> bool:
        return self.is_page and (name in TRACKING or name.startswith("utm_"))


async def strict(request: Request) -> None:
    """Refuse a request that says what the route does not read; declared once for all routes of an application."""
    declared = _declared(request)
    errors = [*_query_errors(request, declared), *await _body_errors(request, declared)]
    if errors:
        raise RequestValidationError(errors)


def _query_errors(request: Request, declared: Declared) -> Iterator[dict[str, Any]]:
    given = request.query_params
    unknown = 0
    for name in dict.fromkeys(given):
        if name in declared.names:
            if len(values := given.getlist(name)) > 1:
                yield _error("query", name, "repeated", REPEATED)
            elif not values[0].strip() and not declared.is_page:
                yield _error("query", name, "empty", EMPTY)
        elif not declared.ignores(name):
            unknown += 1  # of the first ones the nearest name is looked for: that takes time
            why = _unknown(name, declared.names) if unknown <= MOST_SUGGESTIONS else NO_PARAMETER
            yield _error("query", name, "extra_forbidden", why)


async def _body_errors(request: Request, declared: Declared) -> Iterator[dict[str, Any]]:
    if declared.reads_json:
        names = repeated_names(await request.body())
        return (_error("body", name, "repeated", REPEATED) for name in names[:MOST_SUGGESTIONS])
    if declared.reads_body or (await request.body()).strip() in NO_BODY:
        return iter(())
    return iter([_error("body", "", "extra_forbidden", UNREAD_BODY)])


def _error(place: str, name: str, kind: str, why: Text) -> dict[str, Any]:
    location = (place, name) if name else (place,)
    return {"type": kind, "loc": location, "msg": why.en, "ctx": {"vi": why.vi, "en": why.en}}


def _unknown(name: str, declared: frozenset[str]) -> Text:
    """Say that a parameter is not one of the route's, and which are, the nearest name first."""
    if not declared:
        return Text(
            "không phải là tham số: địa chỉ này không có tham số nào; hãy bỏ đi",
            "is no parameter: this address has none; leave it out",
        )
    nearest = sorted(declared, key=lambda other: (-_likeness(name, other), other))
    close = _likeness(name, nearest[0]) >= CLOSE
    ask = (f"; có phải “{nearest[0]}”?", f"; is '{nearest[0]}' meant?") if close else (".", ".")
    return Text(
        f"không phải là tham số của địa chỉ này{ask[0]} Các tham số: {', '.join(nearest)}",
        f"is no parameter of this address{ask[1]} Its parameters are: {', '.join(nearest)}",
    )


def _likeness(given: str, declared: str) -> float:
    return SequenceMatcher(None, given[:100].lower().replace("-", "_"), declared).ratio()


def _declared(request: Request) -> Declared:
    """Look up what the matched route declares; read from the application once, its routes do not change."""
    state = request.app.state
    if not hasattr(state, "declared"):
        state.declared = dict(_of_application(request.app.routes))
    declared: Mapping[int, Declared] = state.declared
    return declared[id(request.scope["route"])]


def _of_application(routes: Any) -> Iterator[tuple[int, Declared]]:
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            names = frozenset(_names(context.dependant)) | frozenset(_names(route.dependant))
            links = route.path.startswith(
                (PATH, MAILBOX_PATH)
            )  # pages behind links of mails, which read forms
            page, reads_body = links or is_page(route), links or _reads_body(route)
            yield id(route), Declared(names, page, reads_body, _reads_json(route))


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for dependency in dependant.dependencies:
        yield from _names(dependency)


def is_page(route: APIRoute) -> bool:
    """Tell whether a route answers with a page for people."""
    kind = getattr(route.response_class, "value", route.response_class)
    return isinstance(kind, type) and issubclass(kind, HTMLResponse)


def _reads_body(route: APIRoute) -> bool:
    if is_page(route) and "POST" in (route.methods or ()):
        return True  # the form of the page, each field of which it reads on its own
    return route.body_field is not None or (route.path in STREAMED and "GET" not in (route.methods or ()))


def _reads_json(route: APIRoute) -> bool:
    return route.body_field is not None and not isinstance(route.body_field.field_info, params.Form)


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


class HttpsOnly:
    """Lets nothing in that came to the proxy without encryption, by what the proxy says (`X-Forwarded-Proto`).

    A browser that opens a page is led to its https address. A program is refused: were it led on, its token would have gone
    in clear with every request, and nobody would notice. `own` is the address of the service's pages.
    """

    def __init__(self, app: ASGIApp, own: str) -> None:
        self._app = app
        self._own = own.rstrip("/") if urlsplit(own).scheme == "https" else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._own or scope["type"] != "http" or scope["path"] in QUIET:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        in_clear = request.headers.get("x-forwarded-proto", "").strip().lower() == "http"
        await (self._answer(request) if in_clear else self._app)(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if not problems.opens_page(request):
            logger.warning("request_in_clear", with_token="authorization" in request.headers)
            return problems.problem(request, HTTPStatus.FORBIDDEN, "needs-https", IN_CLEAR)
        query = f"?{request.url.query}" if request.url.query else ""
        address = f"{self._own}{quote(request.url.path)}{query}"
        return RedirectResponse(address, HTTPStatus.PERMANENT_REDIRECT)


IN_CLEAR = Text(
    "Yêu cầu được gửi qua kết nối không mã hóa nên không được nhận; đề nghị dùng địa chỉ https. Nếu yêu cầu có kèm mã truy cập, "
    "đề nghị người vận hành thu hồi mã đó.",
    "The request came without encryption and was not taken; use the https address. If it had a token, ask the operator to "
    "revoke that token.",
)


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
