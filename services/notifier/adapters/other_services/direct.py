"""Requests to our own services, by HTTP. A redirect is an error: the token would go along to wherever it leads."""

from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener


class _NoRedirects(HTTPRedirectHandler):
    """Gives no request for a redirect, so that it is raised as `urllib.error.HTTPError`."""

    def redirect_request(self, *_arguments: Any, **_options: Any) -> None:
        return None


_opener = build_opener(_NoRedirects)


def read(request: Request, seconds: float) -> bytes:
    """Send a request and give the body of the answer; raises `HTTPError` for every other status than 2xx, `OSError`."""
    with _opener.open(request, timeout=seconds) as answer:
        body: bytes = answer.read()
        return body
