"""The ledger of digests, which is also the queue: one row a mail, claimed with a lease, never emptied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.delivery.bounced_addresses import mark
from services.notifier.adapters.delivery.ledger_rows import (
    claim_of,
    ended_row,
    file_rows,
    line_row,
    mail_row,
    unannounced_of,
)
from services.notifier.adapters.tables import DIGEST, DIGEST_ATTACHMENT, DIGEST_LINE, RECIPIENT
from services.notifier.application.ports import (
    Attachment,
    Claim,
    Notice,
    Outcome,
    Outgoing,
    Unannounced,
)
from services.notifier.domain.delivery.delivery_state import DigestState
from services.notifier.domain.delivery.retries import PastMail
from shared.persistence.database import add

LEASE = timedelta(minutes=5)
ANNOUNCE_AT_ONCE = 100
ENQUEUE_AT_ONCE = 200
PAST_MAILS = 100  # of an address: more than it gets in the days after which it is given up


@dataclass(frozen=True, slots=True)
class SqlLedger:
    """`lease` is longer than a claim waits for a worker and a slow server takes."""

    engine: AsyncEngine
    lease: timedelta = LEASE

    async def enqueue(
        self, mails: Sequence[tuple[Notice, Outgoing]], correlation_id: str, now: datetime
    ) -> set[str]:
        """Queue mails with their lines; returns the keys that were free (no other tick was quicker)."""
        fresh: set[str] = set()
        for start in range(0, len(mails), ENQUEUE_AT_ONCE):
            part = mails[start : start + ENQUEUE_AT_ONCE]
            async with self.engine.begin() as connection:
                fresh |= await _enqueue(connection, part, correlation_id, now)
        return fresh

    async def claim(self, now: datetime, limit: int) -> Sequence[Claim]:
        """Take the oldest mails that wait, or whose lease ran out in somebody else's hands."""
        async with self.engine.begin() as connection:
            result = await connection.execute(_next(now, limit))
            rows = result.mappings().all()
            if not rows:
                return []
            keys = [row["digest_key"] for row in rows]
            values = {
                "state": DigestState.CLAIMED,
                "lease_until": now + self.lease,
                "attempts": DIGEST.c.attempts + 1,
            }
            await connection.execute(update(DIGEST).where(DIGEST.c.digest_key.in_(keys)).values(values))
            files = await _attached(connection, keys)
        return [claim_of(row, files.get(row["digest_key"], ())) for row in rows]

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
        async with self.engine.connect() as connection:
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
        async with self.engine.connect() as connection:
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
    if files := [
        file for digest, outgoing in ours for file in file_rows(digest.key, outgoing.mail.attachments)
    ]:
        await connection.execute(insert(DIGEST_ATTACHMENT), files)
    return fresh


def _next(now: datetime, limit: int) -> Select[Any]:
    waiting = and_(_is(DigestState.QUEUED), DIGEST.c.not_before <= now)
    abandoned = and_(_is(DigestState.CLAIMED), DIGEST.c.lease_until < now)
    return (
        select(*DIGEST.c, RECIPIENT.c.email)
        .join(RECIPIENT, RECIPIENT.c.recipient_id == DIGEST.c.recipient_id)
        .where(or_(waiting, abandoned))
        .order_by(DIGEST.c.created_at, DIGEST.c.digest_key)
        .limit(limit)
        .with_for_update(skip_locked=True, of=DIGEST)
    )


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
    of_mails = select(DIGEST_ATTACHMENT).where(DIGEST_ATTACHMENT.c.digest_key.in_(keys))
    files: dict[str, tuple[Attachment, ...]] = {}
    for row in await connection.execute(of_mails.order_by(DIGEST_ATTACHMENT.c.place)):
        file = Attachment(
            name=row.name, media_type=row.media_type, content=row.content, content_id=row.content_id
        )
        files[row.digest_key] = (*files.get(row.digest_key, ()), file)
    return files


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
