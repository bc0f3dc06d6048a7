"""Links are withdrawn: of a recipient, of a mail, or all that act for a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.links.store import of_mail, of_recipients, of_unit, withdraw
from services.notifier.adapters.tables import RECIPIENT


@dataclass(frozen=True, slots=True)
class SqlWithdrawals:
    engine: AsyncEngine

    async def of_recipient(self, recipient_id: UUID, by: str, now: datetime) -> int:
        async with self.engine.begin() as connection:
            return await withdraw_of_recipients(connection, [recipient_id], by, now)

    async def of_mail(self, mail_key: str, by: str, now: datetime) -> int:
        async with self.engine.begin() as connection:
            return await withdraw(connection, of_mail(mail_key), by, now)

    async def of_unit(self, unit_code: str, by: str, now: datetime) -> int:
        """Withdraw what acts for the unit, whoever got it, and what its mailboxes got for other units."""
        mailboxes = select(RECIPIENT.c.recipient_id).where(RECIPIENT.c.unit_code == unit_code)
        async with self.engine.begin() as connection:
            ids = (await connection.execute(mailboxes)).scalars().all()
            await _mark(connection, ids, now)
            return await withdraw(connection, of_unit(unit_code, ids), by, now)


async def withdraw_of_recipients(
    connection: AsyncConnection, recipient_ids: Sequence[UUID], by: str, now: datetime
) -> int:
    """Withdraw all links of some recipients, signed ones of earlier releases too; gives how many rows there were."""
    await _mark(connection, recipient_ids, now)
    return await withdraw(connection, of_recipients(recipient_ids), by, now)


async def _mark(connection: AsyncConnection, recipient_ids: Sequence[UUID], now: datetime) -> None:
    """Note at the recipients that the signed links of earlier releases, of which there are no rows, are withdrawn."""
    whose = RECIPIENT.c.recipient_id.in_(recipient_ids)
    await connection.execute(update(RECIPIENT).where(whose).values(links_withdrawn_at=now))
