"""The switch for all sending: who held it or released it, when and why; every decision is kept."""

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters.tables import SENDING
from services.notifier.application.ports import Switch


@dataclass(frozen=True, slots=True)
class SqlSending:
    """`local`: mail becomes files on this machine and reaches nobody, so it needs no release.

    After a fresh installation real mail is held until an operator has looked at the preview.
    """

    engine: AsyncEngine
    local: bool

    async def state(self) -> Switch:
        columns = (SENDING.c.held, SENDING.c.at, SENDING.c.by, SENDING.c.reason)
        newest = select(*columns).order_by(SENDING.c.number.desc()).limit(1)
        async with self.engine.connect() as connection:
            row = (await connection.execute(newest)).mappings().one_or_none()
        return Switch(**row) if row else Switch(held=not self.local)

    async def decide(self, switch: Switch) -> None:
        values = {"held": switch.held, "at": switch.at, "by": switch.by, "reason": switch.reason}
        async with self.engine.begin() as connection:
            await connection.execute(insert(SENDING).values(values))
