"""JetStream's own snapshot of a stream, to a file and back: every message with its position, time and headers.

nats-py does not speak this part of the protocol (`$JS.API.STREAM.SNAPSHOT`, `…RESTORE`). Durable consumers are left
out: they are made anew as declared, and whoever hears an event again changes nothing by it.
"""

import asyncio
import json
from pathlib import Path
from typing import IO, Any

from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.cli.console import Said

CHUNK = 128 * 1024
SECONDS = 30.0  # for any one answer


class SnapshotFailed(Said):
    """The broker did not give, or did not take, the stream."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"NATS không sao lưu hoặc phục hồi được luồng: {what}", f"The stream's snapshot: {what}"
        )


async def save(client: Client, stream: str, file: IO[bytes]) -> dict[str, Any]:
    """Write a snapshot into `file`; returns the stream's configuration and state as of it."""
    chunks: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = client.new_inbox()
    hearing = await client.subscribe(inbox, cb=chunks.put)
    try:
        wanted = {"deliver_subject": inbox, "no_consumers": True, "chunk_size": CHUNK, "jsck": True}
        answer = await _ask(client, f"$JS.API.STREAM.SNAPSHOT.{stream}", wanted)
        while (chunk := await asyncio.wait_for(chunks.get(), SECONDS)).data:
            await asyncio.to_thread(file.write, chunk.data)
            if chunk.reply:  # newer servers ask for a sign of life with some chunks only
                await chunk.respond(b"")
        if (status := (chunk.headers or {}).get("Status", "204")) != "204":
            raise SnapshotFailed(f"{status} {(chunk.headers or {}).get('Description', '')}")
    finally:
        await hearing.unsubscribe()
    return {"config": answer["config"], "state": answer["state"]}


async def load(client: Client, stream: str, kept: dict[str, Any], path: Path) -> None:
    """Make the stream from a snapshot; there must be none of its name."""
    answer = await _ask(client, f"$JS.API.STREAM.RESTORE.{stream}", kept)
    door = answer["deliver_subject"]
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            said = await client.request(door, chunk, timeout=SECONDS)
            _refuse_error(said.data)
    _refuse_error((await client.request(door, b"", timeout=SECONDS)).data)


async def _ask(client: Client, subject: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.request(subject, json.dumps(body).encode(), timeout=SECONDS)
    _refuse_error(answer.data)
    found: dict[str, Any] = json.loads(answer.data)
    return found


def _refuse_error(data: bytes) -> None:
    if data and (error := json.loads(data).get("error")):
        raise SnapshotFailed(f"{error.get('code')} {error.get('description')}")
