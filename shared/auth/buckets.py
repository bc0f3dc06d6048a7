"""Entries of a key-value bucket of the broker, which all services share: sessions, one-time codes, revoked tokens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.js.api import Header
from nats.js.errors import APIError

SECONDS = 2.0
WRONG_SEQUENCE = 10071


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
