"""Security headers of every answer of a service: pages, JSON, problems, files, and the answer to an unexpected error."""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_policy(**sources: str | Sequence[str]) -> str:
    """Write a Content-Security-Policy: nothing is loaded, framed or sent but what `sources` name (`style_src=…`)."""
    given = {name.replace("_", "-"): _joined(value) for name, value in sources.items()}
    policy = {"default-src": "'none'", "form-action": "'none'", "base-uri": "'none'"} | given
    return "; ".join(f"{name} {value}" for name, value in (policy | {"frame-ancestors": "'none'"}).items())


def _joined(sources: str | Sequence[str]) -> str:
    return sources if isinstance(sources, str) else " ".join(sources)


DEFAULTS = {
    "Content-Security-Policy": content_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What an answer gets that does not set it itself: a page widens the policy, a file may be cached."""


class SecurityHeaders:
    """The outermost layer of an application, so that no answer leaves without these headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in DEFAULTS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, completed)
