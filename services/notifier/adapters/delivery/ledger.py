"""The ledger of mails: its key prevents a second one; rows, leases, whether sending is held; counted and traced."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    Integer,
    RowMapping,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.delivery.bounces import mark
from services.notifier.adapters.links.store import (
    add_links,
    forget_signed_links,
    has_signed_links,
    link_row,
    tokens_of_mails,
)
from services.notifier.adapters.tables import (
    DIGEST,
    DIGEST_ATTACHMENT,
    DIGEST_ITEM,
    DIGEST_LINE,
    RECIPIENT,
    SENDING,
)
from services.notifier.application.ports import (
    Attachment,
    Claim,
    Mail,
    MailTransport,
    Notice,
    Outcome,
    Outgoing,
    Switch,
    Unannounced,
)
from services.notifier.domain.delivery.retries import DigestState, PastMail
from services.notifier.domain.digest import JointNotice, Line, items_of
from services.notifier.domain.programmes.notices import Item
from shared.contracts.envelope import AggregateRef
from shared.contracts.event import alert_id
from shared.contracts.vocabulary import RecipientRole
from shared.eventstore.handle import EventStore
from shared.observability.signals import MOST_LINKS, LabelValues, Tracing
from shared.persistence.database import add, reading
from shared.signed_links.short_links import LinkSecret, filled_in


def _texts(mail: Mail) -> tuple[str, ...]:
    """Give the parts of a mail in which links stand."""
    return mail.text, mail.html, mail.unsubscribe or ""


def claim_of(row: RowMapping, files: tuple[Attachment, ...], tokens: Mapping[str, str]) -> Claim:
    """Make the claim of a mail; `tokens` are those of its links, by the references in its text."""
    unsure = row["state"] == DigestState.CLAIMED or bool(row["delivery"].get("unsure"))
    return Claim(
        key=row["digest_key"],
        attempt=row["attempts"] + 1,
        outgoing=_outgoing(row, files, tokens, again=unsure),
        queued_at=row["created_at"],
        unsure=unsure,
        delivery=row["delivery"],
        correlation_id=row["correlation_id"],
    )


def ended_row(claim: Claim, outcome: Outcome, now: datetime) -> dict[str, Any]:
    blamed = {"undeliverable": outcome.undeliverable} if outcome.undeliverable else {}
    return {
        "of_key": claim.key,
        "of_attempt": claim.attempt,
        "to_state": outcome.state,
        "to_delivery": {**outcome.delivery, **blamed},
        "to_sent_at": now if outcome.state is DigestState.SENT else None,
        "to_not_before": outcome.again_at,
    }


def unannounced_of(row: RowMapping, lines: Sequence[Mapping[str, Any]]) -> Unannounced:
    return Unannounced(
        key=row["digest_key"],
        message_id=row["message_id"],
        day=row["day"],
        correlation_id=row["correlation_id"],
        recipient_id=row["recipient_id"],
        recipient_role=RecipientRole(row["recipient_role"]),
        lines=lines,
        undeliverable=row["delivery"].get("undeliverable"),
    )


def _outgoing(
    row: RowMapping, files: tuple[Attachment, ...], tokens: Mapping[str, str], *, again: bool
) -> Outgoing:
    text, html = filled_in(row["text"], tokens), filled_in(row["html"], tokens)
    unsubscribe = filled_in(row["unsubscribe"], tokens) if row["unsubscribe"] else None
    return Outgoing(
        mail=Mail(row["subject"], text, html, files, tuple(row["threads"]), unsubscribe),
        to=row["email"],
        message_id=row["message_id"],
        dated=row["dated_at"],
        day=row["day"],
        unit_code=row["unit_code"],
        recipient_id=row["recipient_id"],
        kind=row["kind"],
        return_token=row["return_token"],
        again=again,
    )


def mail_row(digest: Notice, outgoing: Outgoing, correlation_id: str, now: datetime) -> dict[str, Any]:
    return {
        "digest_key": digest.key,
        "kind": outgoing.kind,
        "recipient_id": digest.recipient.recipient_id,
        "recipient_role": digest.recipient.role,
        "unit_code": digest.recipient.unit_code,
        "day": digest.day,
        "subject": outgoing.mail.subject,
        "text": outgoing.mail.text,
        "html": outgoing.mail.html,
        "threads": list(outgoing.mail.threads),
        "unsubscribe": outgoing.mail.unsubscribe,
        "message_id": outgoing.message_id,
        "correlation_id": correlation_id,
        "state": DigestState.QUEUED,
        "attempts": 0,
        "not_before": now,
        "dated_at": outgoing.dated,
        "created_at": now,
        "announced": False,
        "delivery": {},
        "parts": parts_of(digest),
    }


def parts_of(notice: Notice) -> list[dict[str, str]]:
    """Name what a joint mail stands for, by kind and key; no parts for any other."""
    parts = notice.parts if isinstance(notice, JointNotice) else ()
    return [{"kind": part.kind, "key": part.key} for part in parts]


def file_rows(key: str, files: Sequence[Attachment]) -> list[dict[str, Any]]:
    return [{"digest_key": key, "place": place, **asdict(file)} for place, file in enumerate(files)]


def line_row(digest: Notice, line: Line) -> dict[str, Any]:
    return {
        "digest_key": digest.key,
        "gap_id": line.gap.gap_id,
        "draft_code": line.gap.draft_code,
        "unit_code": line.unit_code,
        "reason": line.reason,
        "standing": line.standing,
        "due_on": line.gap.due_on,
        "policies": list(line.gap.policies),
    }


def item_row(digest: Notice, item: Item) -> dict[str, Any]:
    return {"digest_key": digest.key, **asdict(item)}


@dataclass(frozen=True, slots=True)
class SqlSending:
    """`local`: mail becomes files on this machine and reaches nobody, so it needs no release.

    After a fresh installation real mail is held until an operator has looked at the preview.
    """

    engine: AsyncEngine
    local: bool

    async def state(self) -> Switch:
        async with reading(self.engine) as connection:
            row = (await connection.execute(_NEWEST_SWITCH)).mappings().one_or_none()
        return Switch(**row) if row else Switch(held=not self.local)

    async def decide(self, switch: Switch) -> None:
        values = {"held": switch.held, "at": switch.at, "by": switch.by, "reason": switch.reason}
        async with self.engine.begin() as connection:
            await connection.execute(insert(SENDING).values(values))


LEASE = timedelta(minutes=5)
ANNOUNCE_AT_ONCE = 100
ENQUEUE_AT_ONCE = 200
PAST_MAILS = 100  # of an address: more than it gets in the days after which it is given up


@dataclass(frozen=True, slots=True)
class SqlLedger:
    """`lease` is longer than a claim waits for a worker and a slow server takes.

    Mails are kept with the references of their links; the tokens, which `secret` gives, are put in when a mail is claimed
    and stand in no row. So what waits can be sent after a restart and by another replica, with the same links.
    """

    engine: AsyncEngine
    lease: timedelta = LEASE
    secret: LinkSecret | None = None

    async def enqueue(
        self, mails: Sequence[tuple[Notice, Outgoing]], correlation_id: str, now: datetime
    ) -> set[str]:
        """Queue mails with their lines; returns the keys that were free (no other tick was quicker)."""
        fresh: set[str] = set()
        for start in range(0, len(mails), ENQUEUE_AT_ONCE):
            part = mails[start : start + ENQUEUE_AT_ONCE]
            async with self.engine.begin() as connection:
                added = await _enqueue(connection, part, correlation_id, now)
                await add_links(connection, self._links(part, added, now))
            fresh |= added
        return fresh

    def _links(
        self, mails: Sequence[tuple[Notice, Outgoing]], keys: set[str], now: datetime
    ) -> list[dict[str, Any]]:
        """Give the rows of the links that the mails of some keys show."""
        secret = self.secret
        if secret is None:
            return []
        rows = (
            (link_row(link, secret, notice.key, now), outgoing.mail)
            for notice, outgoing in mails
            if notice.key in keys
            for link in outgoing.mail.links
        )
        return [row for row, mail in rows if any(row["reference"] in text for text in _texts(mail))]

    async def claim(self, now: datetime, limit: int) -> Sequence[Claim]:
        """Take the oldest mails that wait, or whose lease ran out in somebody else's hands."""
        async with self.engine.begin() as connection:
            result = await connection.execute(_NEXT, {"now": now, "most": limit})
            rows = result.mappings().all()
            if not rows:
                return []
            keys = [row["digest_key"] for row in rows]
            await connection.execute(_CLAIM, {"keys": keys, "until": now + self.lease})
            files = await _attached(connection, keys)
            tokens = await tokens_of_mails(connection, keys, self.secret) if self.secret else {}
        return [
            claim_of(row, files.get(row["digest_key"], ()), tokens.get(row["digest_key"], {})) for row in rows
        ]

    async def release(self, claims: Sequence[Claim]) -> None:
        """Give back what was claimed and not tried: it is as it was."""
        async with self.engine.begin() as connection:
            for claim in claims:
                delivery = {**claim.delivery, "unsure": claim.unsure}
                values = {"state": DigestState.QUEUED, "lease_until": None, "delivery": delivery}
                back = update(DIGEST).where(_held(claim)).values(values)
                await connection.execute(back.values(attempts=DIGEST.c.attempts - 1))

    async def finish(self, ended: Sequence[tuple[Claim, Outcome]], now: datetime) -> None:
        """Record how deliveries ended; what another took over when its lease had run out stays as it is."""
        async with self.engine.begin() as connection:
            await connection.execute(_FINISH, [ended_row(claim, outcome, now) for claim, outcome in ended])
            over = [claim for claim, outcome in ended if outcome.again_at is None]
            if keys := [claim.key for claim in over if has_signed_links(_texts(claim.outgoing.mail))]:
                await forget_signed_links(connection, DIGEST.c.digest_key.in_(keys))
            for claim, outcome in ended:
                if outcome.undeliverable is not None:
                    await mark(connection, claim.outgoing.recipient_id, outcome.undeliverable, now)

    async def past_mails(self, recipient_id: UUID) -> Sequence[PastMail]:
        """Give how the newest mails of an address ended, the newest first."""
        last = DIGEST.c.delivery["last"].astext.label("last")
        newest = (
            select(DIGEST.c.created_at, DIGEST.c.state, last)
            .where(DIGEST.c.recipient_id == recipient_id)
            .order_by(DIGEST.c.created_at.desc())
            .limit(PAST_MAILS)
        )
        async with reading(self.engine) as connection:
            rows = await connection.execute(newest)
            return [PastMail(row.created_at, DigestState(row.state), row.last) for row in rows]

    async def unannounced(self) -> Sequence[Unannounced]:
        came_back = DIGEST.c.delivery.has_key("undeliverable")
        missing = and_(DIGEST.c.announced.is_(False), or_(DIGEST.c.state == DigestState.SENT, came_back))
        async with self.engine.connect() as connection:
            result = await connection.execute(
                select(*(DIGEST.c[name] for name in _ANNOUNCED))
                .where(missing)
                .order_by(DIGEST.c.created_at, DIGEST.c.digest_key)
                .limit(ANNOUNCE_AT_ONCE)
            )
            rows = result.mappings().all()
            lines = await _lines(connection, [row["digest_key"] for row in rows])
        return [unannounced_of(row, lines.get(row["digest_key"], [])) for row in rows]

    async def announced(self, keys: Sequence[str]) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(
                update(DIGEST).where(DIGEST.c.digest_key.in_(keys)).values(announced=True)
            )

    async def states(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        columns = (DIGEST.c.digest_key, DIGEST.c.state, DIGEST.c.delivery)
        async with reading(self.engine) as connection:
            rows = await connection.execute(select(*columns).where(DIGEST.c.digest_key.in_(keys)))
            return {row.digest_key: Outcome(DigestState(row.state), row.delivery) for row in rows}


async def _enqueue(
    connection: AsyncConnection, mails: Sequence[tuple[Notice, Outgoing]], correlation_id: str, now: datetime
) -> set[str]:
    rows = [mail_row(digest, outgoing, correlation_id, now) for digest, outgoing in mails]
    fresh = await add(connection, DIGEST, rows, "digest_key")
    ours = [(digest, outgoing) for digest, outgoing in mails if digest.key in fresh]
    await add(
        connection,
        DIGEST_LINE,
        [line_row(digest, line) for digest, _ in ours for line in digest.lines],
        "gap_id",
    )
    await add(
        connection,
        DIGEST_ITEM,
        [item_row(digest, item) for digest, _ in ours for item in items_of(digest)],
        "item_id",
    )
    if files := [
        file for digest, outgoing in ours for file in file_rows(digest.key, outgoing.mail.attachments)
    ]:
        await connection.execute(postgresql_insert(DIGEST_ATTACHMENT), files)
    return fresh


def _is(state: DigestState) -> ColumnElement[bool]:
    """Name the state in the statement itself: by that the database sees that `ix_digest_oldest` has the rows."""
    return DIGEST.c.state == bindparam(None, state.value, literal_execute=True)


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(
        DIGEST.c.digest_key == claim.key,
        DIGEST.c.state == DigestState.CLAIMED,
        DIGEST.c.attempts == claim.attempt,
    )


async def _lines(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    lines: dict[str, list[dict[str, Any]]] = {}
    rows = await connection.execute(select(DIGEST_LINE).where(DIGEST_LINE.c.digest_key.in_(keys)))
    for row in rows.mappings():
        lines.setdefault(row["digest_key"], []).append(dict(row))
    return lines


async def _attached(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, tuple[Attachment, ...]]:
    files: dict[str, tuple[Attachment, ...]] = {}
    for row in await connection.execute(_FILES, {"keys": keys}):
        file = Attachment(
            name=row.name, media_type=row.media_type, content=row.content, content_id=row.content_id
        )
        files[row.digest_key] = (*files.get(row.digest_key, ()), file)
    return files


# Made once: a claim takes a few mails, and to build its statements cost as much as to run them.
_NOW = bindparam("now", type_=DateTime(timezone=True))
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_NEXT = (
    select(*DIGEST.c, RECIPIENT.c.email)
    .join(RECIPIENT, RECIPIENT.c.recipient_id == DIGEST.c.recipient_id)
    .where(
        or_(
            and_(_is(DigestState.QUEUED), DIGEST.c.not_before <= _NOW),
            and_(_is(DigestState.CLAIMED), DIGEST.c.lease_until < _NOW),
        )
    )
    .order_by(DIGEST.c.created_at, DIGEST.c.digest_key)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, of=DIGEST)
)
_CLAIM = (
    update(DIGEST)
    .where(DIGEST.c.digest_key.in_(_KEYS))
    .values(
        state=DigestState.CLAIMED,
        lease_until=bindparam("until", type_=DateTime(timezone=True)),
        attempts=DIGEST.c.attempts + 1,
    )
)
_FILES = (
    select(DIGEST_ATTACHMENT)
    .where(DIGEST_ATTACHMENT.c.digest_key.in_(_KEYS))
    .order_by(DIGEST_ATTACHMENT.c.place)
)
_NEWEST_SWITCH = (
    select(SENDING.c.held, SENDING.c.at, SENDING.c.by, SENDING.c.reason)
    .order_by(SENDING.c.number.desc())
    .limit(1)
)
_FINISH = (
    update(DIGEST)
    .where(
        DIGEST.c.digest_key == bindparam("of_key"),
        DIGEST.c.attempts == bindparam("of_attempt"),
        DIGEST.c.state == DigestState.CLAIMED,
    )
    .values(
        state=bindparam("to_state"),
        delivery=bindparam("to_delivery", type_=JSONB),
        sent_at=bindparam("to_sent_at", type_=DateTime(timezone=True)),
        not_before=func.coalesce(
            bindparam("to_not_before", type_=DateTime(timezone=True)), DIGEST.c.not_before
        ),
        lease_until=None,
    )
)
_ANNOUNCED = (
    "digest_key",
    "message_id",
    "day",
    "correlation_id",
    "recipient_id",
    "recipient_role",
    "delivery",
)


@dataclass(frozen=True, slots=True)
class ObservedTransport:
    """Spans each delivery: what the server did with a mail is the end of its trace."""

    below: MailTransport
    tracing: Tracing

    @property
    def is_local(self) -> bool:
        return self.below.is_local

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        with self.tracing.sending("deliver mail") as span:
            span.set_attributes({"loa.message_id": outgoing.message_id, "loa.unit_code": outgoing.unit_code})
            return await self.below.deliver(outgoing)

    async def close(self) -> None:
        await self.below.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedLedger(SqlLedger):
    """Counts how each attempt ended, and links a mail with the traces of the alerts that it speaks of."""

    store: EventStore
    mails: Counter
    tracing: Tracing
    reasons: LabelValues = field(default_factory=LabelValues)

    async def enqueue(
        self, mails: Sequence[tuple[Notice, Outgoing]], correlation_id: str, now: datetime
    ) -> set[str]:
        with self.tracing.sending("queue mails", await self._traces(mails)):
            return await SqlLedger.enqueue(self, mails, correlation_id, now)

    async def finish(self, ended: Sequence[tuple[Claim, Outcome]], now: datetime) -> None:
        await SqlLedger.finish(self, ended, now)
        for _, outcome in ended:
            self.mails.labels(outcome.state, self.reasons.of(outcome.delivery.get("reason", ""))).inc()

    async def _traces(self, mails: Sequence[tuple[Notice, Outgoing]]) -> list[str | None]:
        """Find the traces of the alerts; the log is not read while tracing is off."""
        if not self.tracing.is_on:
            return []
        lines = [(line.gap.gap_id, line.unit_code) for notice, _ in mails for line in notice.lines]
        refs = [AggregateRef("alert", alert_id(*line)) for line in lines[:MOST_LINKS]]
        return [
            event.metadata.traceparent for ref in refs for event in (await self.store.load(ref)).events[:1]
        ]
