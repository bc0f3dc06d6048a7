"""Reads what mailboxes asked for."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.adapters.tables import DIGEST_DAY, UNWANTED_MAIL
from services.notifier.domain.recipients.preference import EVERYTHING, Preference
from shared.contracts.vocabulary import OptionalMail, Weekday


async def preferences(
    connection: AsyncConnection, of: Collection[UUID] | None = None
) -> dict[UUID, Preference]:
    """Give the preference of each mailbox that ever asked for something: of all, or `of` some."""

    def asked(table: Table) -> Select[Any]:
        return select(table) if of is None else select(table).where(table.c.recipient_id.in_(of))

    chosen: dict[UUID, Preference] = defaultdict(lambda: EVERYTHING)
    for row in await connection.execute(asked(DIGEST_DAY).where(DIGEST_DAY.c.digest_day.is_not(None))):
        chosen[row.recipient_id] = Preference(digest_day=Weekday(row.digest_day))
    for row in await connection.execute(asked(UNWANTED_MAIL)):
        preference = chosen[row.recipient_id]
        chosen[row.recipient_id] = replace(
            preference, unwanted=preference.unwanted | {OptionalMail(row.kind)}
        )
    return dict(chosen)
