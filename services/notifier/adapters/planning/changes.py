"""Which far-reaching changes there were lately, each from the rows that it left: mailboxes, supervision, silences, holds."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, Table, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.adapters.tables import MAILBOX_CHANGE, SENDING, SILENCE, SUPERVISION_CHANGE
from services.notifier.domain.changes import REPORTED, Change, ChangeKind
from services.notifier.domain.recipients.audience import Recipient
from shared.kernel.local_day import VIETNAM


async def record_mailboxes(
    connection: AsyncConnection,
    before: Sequence[Recipient],
    wanted: Collection[Recipient],
    now: datetime,
    by: str,
    *,
    number: int | None = None,
) -> int | None:
    """Keep how a unit's list changed, in numbers, with the ids of those that were on it; a first list is no change.

    `number` is what was kept of the same change so far. Returns its number, None if there is no change.
    """
    old = {recipient.email: recipient for recipient in before}
    new = {recipient.email: recipient for recipient in wanted}
    numbers = {
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "changed": sum(old[email].role is not new[email].role for email in old.keys() & new.keys()),
    }
    if number is not None:
        same = MAILBOX_CHANGE.c.number == number
        await connection.execute(update(MAILBOX_CHANGE).where(same).values(at=now, numbers=numbers))
        return number
    if not before or not any(numbers.values()):
        return None
    ids = [str(recipient.recipient_id) for recipient in before]
    row = {"unit_code": before[0].unit_code, "at": now, "made_by": by, "before": ids, "numbers": numbers}
    kept = insert(MAILBOX_CHANGE).values(row).returning(MAILBOX_CHANGE.c.number)
    return int((await connection.execute(kept)).scalar_one())


async def changes_on(connection: AsyncConnection, day: date) -> list[Change]:
    """Read the changes of the last days up to a day, the oldest first."""
    since, end = _start(day - REPORTED), _start(day + timedelta(days=1))

    async def rows(table: Table, *columns: str) -> Sequence[RowMapping]:
        within = (and_(table.c[name] >= since, table.c[name] < end) for name in columns)
        return (await connection.execute(select(table).where(or_(*within)))).mappings().all()

    changes = [
        *map(_of_mailboxes, await rows(MAILBOX_CHANGE, "at")),
        *map(_of_sending, await rows(SENDING, "at")),
        *(
            change
            for row in await rows(SUPERVISION_CHANGE, "recorded_at", "cancelled_at")
            for change in _of_supervision(row)
        ),
        *(change for row in await rows(SILENCE, "created_at", "lifted_at") for change in _of_silence(row)),
    ]
    recent = (change for change in changes if since <= change.at < end)
    return sorted(recent, key=lambda change: (change.at, change.change_id))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def _of_mailboxes(row: RowMapping) -> Change:
    return Change(
        change_id=f"mailboxes-{row['number']}",
        kind=ChangeKind.MAILBOXES,
        at=row["at"],
        by=row["made_by"],
        unit_code=row["unit_code"],
        before=tuple(map(UUID, row["before"])),
        details=row["numbers"],
    )


def _of_supervision(row: RowMapping) -> Iterator[Change]:
    details = {name: row[name] for name in ("supervisor_code", "on")}
    yield Change(
        change_id=f"supervision-{row['event_id']}",
        kind=ChangeKind.SUPERVISION,
        at=row["recorded_at"],
        by=row["recorded_by"],
        unit_code=row["unit_code"],
        details=details | {"document": row["document"]},
    )
    if row["cancelled_at"] is not None:
        yield Change(
            change_id=f"supervision-cancelled-{row['event_id']}",
            kind=ChangeKind.SUPERVISION_CANCELLED,
            at=row["cancelled_at"],
            by=row["cancelled_by"],
            unit_code=row["unit_code"],
            details=details | {"reason": row["cancelled_for"]},
        )


def _of_sending(row: RowMapping) -> Change:
    kind = ChangeKind.SENDING_HELD if row["held"] else ChangeKind.SENDING_RELEASED
    change_id = f"sending-{row['number']}"
    return Change(
        change_id=change_id, kind=kind, at=row["at"], by=row["by"], details={"reason": row["reason"]}
    )


def _of_silence(row: RowMapping) -> Iterator[Change]:
    given = {
        "unit_code": row["unit_code"],
        "details": {name: row[name] for name in ("draft_code", "stage", "first_day", "last_day", "reason")},
    }
    yield Change(
        change_id=f"silence-{row['silence_id']}",
        kind=ChangeKind.SILENCE,
        at=row["created_at"],
        by=row["created_by"],
        **given,
    )
    if row["lifted_at"] is not None:
        change_id, kind = f"silence-lifted-{row['silence_id']}", ChangeKind.SILENCE_LIFTED
        yield Change(change_id=change_id, kind=kind, at=row["lifted_at"], by=row["lifted_by"], **given)
