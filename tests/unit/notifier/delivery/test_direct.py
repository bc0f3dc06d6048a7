"""What the notifier asks of other services: a token goes to the address that is set, and nowhere else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from services.notifier.adapters.other_services import direct


@contextmanager
def answering(status: int, location: str = "") -> Iterator[tuple[str, list[str | None]]]:
    """Serve one answer to all; give the address, and the tokens that came."""
    tokens: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Location", location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_POST = do_GET  # noqa: N815  its name is the library's

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", tokens
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(method: str, status: int) -> None:
    with answering(200) as (elsewhere, stolen), answering(status, elsewhere) as (address, tokens):
        request = Request(address, headers={"Authorization": "Bearer t"}, method=method)
        with pytest.raises(HTTPError) as refused:
            direct.read(request, 5.0)
    refused.value.close()
    assert (refused.value.code, tokens, stolen) == (status, ["Bearer t"], [])


def test_an_answer_is_read() -> None:
    with answering(200) as (address, _):
        assert direct.read(Request(address), 5.0) == b"{}"
