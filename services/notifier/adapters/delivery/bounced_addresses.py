"""Undeliverable addresses: marked when their server refuses them, or when a mail bounces."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import DIGEST, RECIPIENT
from services.notifier.domain.delivery.delivery_state import DigestState
from shared.kernel.clock import day_in_vietnam

RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class SqlReturns:
    engine: AsyncEngine

    async def returned(self, token: UUID, detail: str, now: datetime) -> bool:
        """Record a bounce: the mail counts as failed, and its address is marked undeliverable."""
        delivery = {"reason": RETURNED, "detail": detail, "undeliverable": RETURNED}
        came = and_(
            DIGEST.c.return_token == token, DIGEST.c.state.in_((DigestState.SENT, DigestState.UNSURE))
        )
        back = update(DIGEST).where(came).values(state=DigestState.FAILED, delivery=delivery, announced=False)
        async with self.engine.begin() as connection:
            whose = (await connection.execute(back.returning(DIGEST.c.recipient_id))).scalar()
            if whose is not None:
                await mark(connection, whose, RETURNED, now)
        return whose is not None


async def mark(connection: AsyncConnection, recipient_id: UUID, why: str, now: datetime) -> None:
    """Mark an address undeliverable, in every unit that lists it, until it is registered again."""
    address = select(RECIPIENT.c.email).where(RECIPIENT.c.recipient_id == recipient_id).scalar_subquery()
    unmarked = and_(
        func.lower(RECIPIENT.c.email) == func.lower(address), RECIPIENT.c.undeliverable_on.is_(None)
    )
    values = {"undeliverable_on": day_in_vietnam(now), "undeliverable_why": why}
    await connection.execute(update(RECIPIENT).where(unmarked).values(values))
