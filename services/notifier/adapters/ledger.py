"""The ledger of digests, which is also the queue: one row a mail, claimed with a lease, never emptied."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import DIGEST, DIGEST_ATTACHMENT, DIGEST_LINE, RECIPIENT
from services.notifier.application.ports import (
    Attachment,
    Claim,
    DigestState,
    Mail,
    Outcome,
    Outgoing,
    Unannounced,
)
from services.notifier.domain.digest import Digest, Line
from shared.contracts.vocabulary import RecipientRole

LEASE = timedelta(minutes=2)
ANNOUNCE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class SqlLedger:
    engine: AsyncEngine

    async def enqueue(self, digest: Digest, outgoing: Outgoing, correlation_id: str, now: datetime) -> bool:
        """Queue a mail with what it says; False if its key is taken (another tick was quicker)."""
        row = _row(digest, outgoing, correlation_id, now)
        async with self.engine.begin() as connection:
            added = await connection.execute(insert(DIGEST).values(row).on_conflict_do_nothing())
            if added.rowcount != 1:
                return False
            await connection.execute(insert(DIGEST_LINE), [_line(digest, line) for line in digest.lines])
            if files := outgoing.mail.attachments:
                await connection.execute(insert(DIGEST_ATTACHMENT), _files(digest.key, files))
        return True

    async def claim(self, now: datetime) -> Claim | None:
        """Take the oldest mail that waits, or whose lease ran out in somebody else's hands."""
        async with self.engine.begin() as connection:
            if (row := await _next(connection, now)) is None:
                return None
            claimed = {"state": DigestState.CLAIMED, "lease_until": now + LEASE}
            attempt = row["attempts"] + 1
            files = await _attached(connection, row["digest_key"])
            await connection.execute(
                update(DIGEST)
                .where(DIGEST.c.digest_key == row["digest_key"])
                .values(**claimed, attempts=attempt)
            )
        unsure = row["state"] == DigestState.CLAIMED or bool(row["delivery"].get("unsure"))
        outgoing = _outgoing(row, files, again=unsure)
        return Claim(key=row["digest_key"], attempt=attempt, outgoing=outgoing, unsure=unsure)

    async def finish(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        """Record how a delivery ended; False if the lease had run out and another took it over."""
        sent_at = now if outcome.state is DigestState.SENT else None
        values = {"state": outcome.state, "delivery": dict(outcome.delivery), "sent_at": sent_at}
        if outcome.again_at is not None:
            values["not_before"] = outcome.again_at
        ours = and_(
            DIGEST.c.digest_key == claim.key,
            DIGEST.c.state == DigestState.CLAIMED,
            DIGEST.c.attempts == claim.attempt,
        )
        async with self.engine.begin() as connection:
            done = await connection.execute(update(DIGEST).where(ours).values(lease_until=None, **values))
        return done.rowcount == 1

    async def unannounced(self) -> Sequence[Unannounced]:
        missing = and_(DIGEST.c.state == DigestState.SENT, DIGEST.c.announced.is_(False))
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                select(DIGEST).where(missing).order_by(DIGEST.c.sent_at).limit(ANNOUNCE_AT_ONCE)
            )
            return [await _unannounced(connection, row) for row in rows.mappings().all()]

    async def announced(self, key: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(update(DIGEST).where(DIGEST.c.digest_key == key).values(announced=True))

    async def states(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        columns = (DIGEST.c.digest_key, DIGEST.c.state, DIGEST.c.delivery)
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(*columns).where(DIGEST.c.digest_key.in_(keys)))
            return {row.digest_key: Outcome(DigestState(row.state), row.delivery) for row in rows}


async def _next(connection: AsyncConnection, now: datetime) -> RowMapping | None:
    waiting = and_(DIGEST.c.state == DigestState.QUEUED, DIGEST.c.not_before <= now)
    abandoned = and_(DIGEST.c.state == DigestState.CLAIMED, DIGEST.c.lease_until < now)
    found = await connection.execute(
        select(*DIGEST.c, RECIPIENT.c.email)
        .join(RECIPIENT, RECIPIENT.c.recipient_id == DIGEST.c.recipient_id)
        .where(or_(waiting, abandoned))
        .order_by(DIGEST.c.created_at, DIGEST.c.digest_key)
        .limit(1)
        .with_for_update(skip_locked=True, of=DIGEST)
    )
    return found.mappings().one_or_none()


async def _unannounced(connection: AsyncConnection, row: RowMapping) -> Unannounced:
    lines = await connection.execute(select(DIGEST_LINE).where(DIGEST_LINE.c.digest_key == row["digest_key"]))
    return Unannounced(
        key=row["digest_key"],
        message_id=row["message_id"],
        day=row["day"],
        correlation_id=row["correlation_id"],
        recipient_id=row["recipient_id"],
        recipient_role=RecipientRole(row["recipient_role"]),
        lines=[dict(line) for line in lines.mappings()],
    )


async def _attached(connection: AsyncConnection, key: str) -> tuple[Attachment, ...]:
    columns = (DIGEST_ATTACHMENT.c[name] for name in ("name", "media_type", "content", "content_id"))
    of_mail = select(*columns).where(DIGEST_ATTACHMENT.c.digest_key == key)
    rows = await connection.execute(of_mail.order_by(DIGEST_ATTACHMENT.c.place))
    return tuple(Attachment(**row) for row in rows.mappings())


def _outgoing(row: RowMapping, files: tuple[Attachment, ...], *, again: bool) -> Outgoing:
    words = (row["subject"], row["text"], row["html"])
    return Outgoing(
        mail=Mail(*words, files, tuple(row["threads"]), row["unsubscribe"]),
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


def _row(digest: Digest, outgoing: Outgoing, correlation_id: str, now: datetime) -> dict[str, Any]:
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
    }


def _files(key: str, files: Sequence[Attachment]) -> list[dict[str, Any]]:
    return [{"digest_key": key, "place": place, **asdict(file)} for place, file in enumerate(files)]


def _line(digest: Digest, line: Line) -> dict[str, Any]:
    return {
        "digest_key": digest.key,
        "gap_id": line.gap.gap_id,
        "draft_code": line.gap.draft_code,
        # The alert is the one of the recipient's unit, whoever has the draft now.
        "unit_code": digest.recipient.unit_code,
        "reason": line.reason,
        "standing": line.standing,
        "due_on": line.gap.due_on,
        "policies": list(line.gap.policies),
    }
