"""Answers by key in a bucket of the broker, for 24 hours: a key is claimed, and then holds what was answered."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import Any

from nats.aio.client import Client
from nats.js.api import Header
from nats.js.errors import APIError, NoStreamResponseError

from shared.eventstore.streams import ANSWERS_BUCKET, ANSWERS_STREAM
from shared.kernel.transient import BROKER

SECONDS = 2.0
LEASE_SECONDS = 30.0  # after which a claim without an answer is taken for one of a process that ended
WRONG_SEQUENCE = 10071


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that was given before, to a request of this `payload_hash`."""

    payload_hash: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer; `sequence` is of the entry that says so."""

    entry: str
    sequence: int
    payload_hash: str


@dataclass(frozen=True, slots=True)
class Pending:
    """Another request with this key is being answered."""

    payload_hash: str


class NoBucket(Exception):
    """The bucket can't be used: it is not declared yet, or the broker is away."""


@dataclass(frozen=True, slots=True)
class AnswerBucket:
    client: Client
    service: str

    def entry(self, subject: str, key: str) -> str:
        """Name the entry of a client's key; neither can be read from it."""
        digest = sha256(f"{subject}\0{key}".encode()).hexdigest()[:40]
        return f"$KV.{ANSWERS_BUCKET}.{self.service}.{digest}"

    async def claim(self, entry: str, payload_hash: str) -> Claim | KeptAnswer | Pending:
        """Claim a key, or give what it holds; raises `NoBucket`."""
        try:
            return await self._claim(entry, payload_hash)
        except BROKER as error:
            raise NoBucket(str(error) or type(error).__name__) from error

    async def keep(self, claim: Claim, answer: KeptAnswer) -> None:
        document = {
            "hash": answer.payload_hash,
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": b64encode(answer.body).decode(),
        }
        await self._put(claim.entry, document, claim.sequence)

    async def release(self, claim: Claim) -> None:
        """Let the same request be tried again: what it was answered with was only for now."""
        await self._put(claim.entry, {}, claim.sequence)

    async def _claim(self, entry: str, payload_hash: str) -> Claim | KeptAnswer | Pending:
        if not self.client.is_connected:
            raise NoBucket("the broker is not connected")
        pending = {"hash": payload_hash, "until": time() + LEASE_SECONDS}
        sequence = await self._put(entry, pending, 0)
        if sequence is None:
            last, document = await self._get(entry)
            if "status" in document:
                return _answer(document)
            if document.get("until", 0.0) > time() or last == 0:
                return Pending(str(document.get("hash", payload_hash)))
            sequence = await self._put(entry, pending, last)
        return Pending(payload_hash) if sequence is None else Claim(entry, sequence, payload_hash)

    async def _put(self, entry: str, document: Mapping[str, Any], after: int) -> int | None:
        """Write an entry if its last change is number `after`; None if it is not."""
        headers = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(after)}
        js = self.client.jetstream(timeout=SECONDS)
        try:
            return (await js.publish(entry, json.dumps(document).encode(), headers=headers)).seq
        except NoStreamResponseError as error:
            raise NoBucket(str(error)) from error
        except APIError as error:
            if error.err_code != WRONG_SEQUENCE:
                raise
            return None

    async def _get(self, entry: str) -> tuple[int, Mapping[str, Any]]:
        """Read an entry with the number of its last change; a replica that is behind has none yet (0)."""
        answer = await self.client.request(f"$JS.API.DIRECT.GET.{ANSWERS_STREAM}.{entry}", timeout=SECONDS)
        headers = answer.headers or {}
        if headers.get(Header.STATUS):
            return 0, {}
        return int(headers["Nats-Sequence"]), json.loads(answer.data)


def _answer(document: Mapping[str, Any]) -> KeptAnswer:
    return KeptAnswer(document["hash"], document["status"], document["headers"], b64decode(document["body"]))
