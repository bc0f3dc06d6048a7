"""A channel beside mail: the same words, once, through a webhook on loopback; unknown ones are parked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr

from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import NotifierFixture, opened, put_recipient, tick

# What Apprise imports is its own affair.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@contextmanager
def webhook(taken: list[dict[str, Any]], answers: list[int]) -> Iterator[int]:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


async def test_a_channel_is_reached_and_a_failing_channel_is_retried(notifier_env: NotifierFixture) -> None:
    taken: list[dict[str, Any]] = []
    with webhook(taken, [500]) as port:
        channels = {"so-tu-phap": SecretStr(f"json://127.0.0.1:{port}/loa")}
        async with notifier_env.notifier(channels=channels) as api:
            await api.client.post("/sending/release", json={"reason": "a test"})
            await put_recipient(api, email="channel:so-tu-phap")
            position = await notifier_env.gap(opened(new_id()))
            await tick(api, position)
            (waiting,) = await notifier_env.rows("SELECT state FROM digest")
            await notifier_env.change("UPDATE digest SET not_before = created_at")
            await tick(api, position)
            await tick(api, position)
            (row,) = await notifier_env.rows("SELECT state, delivery, subject FROM digest")
    assert waiting["state"] == "queued"
    assert (row["state"], row["delivery"]["channel"]) == ("sent", "so-tu-phap")
    assert [item["title"] for item in taken] == [row["subject"]] * 2
    assert "Kính gửi: Sở Tư pháp tỉnh A" in taken[-1]["message"]
    assert notifier_env.mails() == []


async def test_an_undeclared_channel_fails_with_its_reason(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api, email="channel:nowhere")
        await tick(api, await notifier_env.gap(opened(new_id())))
        (row,) = await notifier_env.rows("SELECT state, delivery FROM digest")
        refused = await api.client.put(
            "/units/STP-01/recipients", json=[{"role": "head", "email": "channel:"}]
        )
    assert (row["state"], row["delivery"]["reason"]) == ("failed", "channel_unknown")
    assert refused.status_code == 422
