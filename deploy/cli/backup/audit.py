"""Audits the event log: positions, envelopes, subjects, publishers, versions and ids, and one hash over all events."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from shared.contracts.envelope import CATALOG, OWNERS, Catalog, Recorded, decode, subject_named
from shared.contracts.event import Unknown
from shared.kernel.errors import PermanentError, Text
from shared.projections.batches import RawEvent


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a position of the log; `kind` is a key of `KINDS`."""

    position: int
    kind: str
    detail: str


KINDS = {
    "hole": Text("thiếu sự kiện trước vị trí này", "events are missing before this one"),
    "envelope": Text("phong bì hoặc nội dung sai", "the envelope or its data are invalid"),
    "subject": Text("chủ đề không khớp nội dung", "the subject does not match the event"),
    "publisher": Text("nguồn không phải là chủ của ngữ cảnh", "the source does not own the context"),
    "version": Text("phiên bản không liền số trước", "the aggregate's version does not follow the last one"),
    "twice": Text("mã sự kiện đã có ở vị trí khác", "the event's id occurs at another position too"),
}


@dataclass(slots=True)
class Audit:
    """Checks the events of a log in order; needs about 200 bytes of memory per event."""

    catalog: Catalog = CATALOG
    last: int = 0
    faults: list[Fault] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    contexts: Counter[str] = field(default_factory=Counter)
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _versions: dict[tuple[str, UUID], int] = field(default_factory=dict)
    _ids: set[UUID] = field(default_factory=set)

    @property
    def sha256(self) -> str:
        """The hash over position, subject and payload of every event so far."""
        return self._hash.hexdigest()

    def check(self, raw: RawEvent) -> None:
        self._hash.update(b"%d %s %d\n" % (raw.position, raw.subject.encode(), len(raw.payload)))
        self._hash.update(raw.payload)
        if raw.position != self.last + 1:
            self._note(raw, "hole", f"{self.last} → {raw.position}")
        self.last = raw.position
        try:
            event = decode(self.catalog, raw.position, raw.payload)
        except PermanentError as error:
            self._note(raw, "envelope", error.detail)
        else:
            self._check_event(raw, event)

    def _check_event(self, raw: RawEvent, event: Recorded) -> None:
        self.contexts[event.ref.context] += 1
        if isinstance(event.data, Unknown):
            self.unknown[event.type] += 1
        self._check_subject(raw, event)
        self._check_publisher(raw, event)
        key = event.ref.context, event.ref.id
        before = self._versions.get(key, 0)
        self._versions[key] = event.aggregate_version
        if event.aggregate_version != before + 1:
            self._note(raw, "version", f"{before} → {event.aggregate_version}")
        if event.event_id in self._ids:
            self._note(raw, "twice", str(event.event_id))
        self._ids.add(event.event_id)

    def _check_subject(self, raw: RawEvent, event: Recorded) -> None:
        wanted = subject_named(event.ref, event.type)
        if raw.subject != wanted:
            self._note(raw, "subject", f"{raw.subject} ≠ {wanted}")

    def _check_publisher(self, raw: RawEvent, event: Recorded) -> None:
        source = orjson.loads(raw.payload).get("source")
        owner = f"urn:loa:{OWNERS.get(event.ref.context, '?')}"
        if source != owner:
            self._note(raw, "publisher", f"{source} ≠ {owner}")

    def _note(self, raw: RawEvent, kind: str, detail: str) -> None:
        self.faults.append(Fault(raw.position, kind, detail))
