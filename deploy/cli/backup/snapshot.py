"""Saves and loads JetStream's own snapshot of a stream: every message with position, time and headers.

nats-py does not implement this part of the protocol (`$JS.API.STREAM.SNAPSHOT`, `…RESTORE`). Durable consumers are not
saved: they are created as declared, and their subscribers are idempotent.
"""

import asyncio
import json
from pathlib import Path
from typing import IO, Any

from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.cli.console import CommandError

CHUNK = 128 * 1024
SECONDS = 30.0  # timeout of one request


class SnapshotFailed(CommandError):
    """The broker refused to save or to load the stream."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"NATS không sao lưu hoặc phục hồi được luồng: {what}",
            f"The snapshot of the stream failed: {what}",
        )


async def save(client: Client, stream: str, file: IO[bytes]) -> dict[str, Any]:
    """Write a snapshot into `file`; returns the stream's configuration and state."""
    chunks: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=chunks.put)
    try:
        options = {"deliver_subject": inbox, "no_consumers": True, "chunk_size": CHUNK, "jsck": True}
        answer = await _request(client, f"$JS.API.STREAM.SNAPSHOT.{stream}", options)
        while (chunk := await asyncio.wait_for(chunks.get(), SECONDS)).data:
            await asyncio.to_thread(file.write, chunk.data)
            if chunk.reply:  # newer servers ask for an acknowledgement of some chunks only
                await chunk.respond(b"")
        if (status := (chunk.headers or {}).get("Status", "204")) != "204":
            raise SnapshotFailed(f"{status} {(chunk.headers or {}).get('Description', '')}")
    finally:
        await subscription.unsubscribe()
    return {"config": answer["config"], "state": answer["state"]}


async def load(client: Client, stream: str, kept: dict[str, Any], path: Path) -> None:
    """Create the stream from a snapshot; there must be no stream of its name."""
    answer = await _request(client, f"$JS.API.STREAM.RESTORE.{stream}", kept)
    deliver_subject = answer["deliver_subject"]
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            reply = await client.request(deliver_subject, chunk, timeout=SECONDS)
            _refuse_error(reply.data)
    _refuse_error((await client.request(deliver_subject, b"", timeout=SECONDS)).data)


async def _request(client: Client, subject: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.request(subject, json.dumps(body).encode(), timeout=SECONDS)
    _refuse_error(answer.data)
    result: dict[str, Any] = json.loads(answer.data)
    return result


def _refuse_error(data: bytes) -> None:
    if data and (error := json.loads(data).get("error")):
        raise SnapshotFailed(f"{error.get('code')} {error.get('description')}")
