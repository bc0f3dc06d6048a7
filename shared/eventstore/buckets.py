"""Key-value buckets of the broker: what services share (answers by key, fences, sessions, revoked tokens)."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic, time
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.js.api import Header
from nats.js.errors import APIError, NoStreamResponseError

from shared.contracts.envelope import OWNERS
from shared.eventstore.streams import ANSWERS_BUCKET, ANSWERS_STREAM, FENCE, FENCE_BUCKET
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


SERVICES = tuple(sorted(set(OWNERS.values())))
AGAIN_SECONDS = 60.0  # until a broker that answers nothing (a key of an older release) is asked again


def fence_subject(service: str) -> str:
    return f"$KV.{FENCE_BUCKET}.{service}"


@dataclass(slots=True)
class FenceBoard:
    """The entry of a service is why it refuses, or empty. Without the bucket (an older `loa streams apply`) all are empty."""

    client: Client
    service: str
    _silent_until: float = 0.0

    async def read(self) -> Mapping[str, str]:
        """Read the entries that are not empty, by service."""
        if monotonic() < self._silent_until:
            return {}
        entries = await asyncio.gather(*map(self._entry, SERVICES))
        return {service: entry for service, entry in zip(SERVICES, entries, strict=True) if entry}

    async def write(self, entry: str) -> None:
        try:
            await self.client.jetstream(timeout=SECONDS).publish(fence_subject(self.service), entry.encode())
        except (NoStreamResponseError, nats.errors.TimeoutError):
            return  # no bucket, or a key of an older release: each service compares for itself

    async def _entry(self, service: str) -> str:
        subject = f"$JS.API.DIRECT.GET.{FENCE}.{fence_subject(service)}"
        try:
            answer = await self.client.request(subject, timeout=SECONDS)
        except nats.errors.NoRespondersError:
            return ""
        except nats.errors.TimeoutError:
            if self.client.is_connected:
                self._silent_until = monotonic() + AGAIN_SECONDS
            return ""
        return "" if (answer.headers or {}).get(Header.STATUS) else answer.data.decode()


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry holds; `sequence` is the number of its last change, 0 if there is none."""

    document: Mapping[str, Any]
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """An ended entry is empty. While the broker is away every method raises one of `shared.kernel.transient.BROKER`."""

    client: Client
    name: str

    async def get(self, key: str) -> Entry:
        subject = f"$JS.API.DIRECT.GET.KV_{self.name}.{self._subject(key)}"
        answer = await self.client.request(subject, timeout=SECONDS)
        headers = answer.headers or {}
        if headers.get(Header.STATUS):
            return Entry({})
        return Entry(json.loads(answer.data or b"{}"), int(headers["Nats-Sequence"]))

    async def put(self, key: str, document: Mapping[str, Any], after: int | None = None) -> bool:
        """Write an entry; with `after` only if its last change has this number, and False if another one came first."""
        headers = {} if after is None else {Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(after)}
        js = self.client.jetstream(timeout=SECONDS)
        try:
            await js.publish(self._subject(key), json.dumps(document).encode(), headers=headers)
        except APIError as error:
            if error.err_code != WRONG_SEQUENCE:
                raise
            return False
        return True

    async def end(self, key: str) -> None:
        await self.put(key, {})

    async def keys(self, pattern: str = ">") -> frozenset[str]:
        """List the keys of entries, ended ones too."""
        keys: set[str] = set()
        start = f"$KV.{self.name}."
        while True:
            page = await self._names(pattern, len(keys))
            keys |= {subject.removeprefix(start) for subject in page.get("subjects") or ()}
            if not page.get("subjects") or len(keys) >= page["total"]:
                return frozenset(keys)

    async def _names(self, pattern: str, offset: int) -> Mapping[str, Any]:
        asked = json.dumps({"subjects_filter": self._subject(pattern), "offset": offset}).encode()
        answer = await self.client.request(f"$JS.API.STREAM.INFO.KV_{self.name}", asked, timeout=SECONDS)
        document = json.loads(answer.data)
        if "error" in document:
            raise NoRespondersError
        return {"total": document.get("total", 0), "subjects": document["state"].get("subjects")}

    def _subject(self, key: str) -> str:
        return f"$KV.{self.name}.{key}"


def hashed(text: str) -> str:
    """Hash what is secret, or is no name of the broker, to be the key of an entry."""
    return sha256(text.encode()).hexdigest()
