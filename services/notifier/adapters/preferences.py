"""Reads what mailboxes asked for."""

from collections import defaultdict
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.adapters.tables import DIGEST_DAY, UNWANTED_MAIL
from services.notifier.domain.preference import EVERYTHING, Preference
from shared.contracts.vocabulary import OptionalMail, Weekday


async def preferences(connection: AsyncConnection) -> dict[UUID, Preference]:
    """Give the preference of each mailbox that ever asked for something."""
    found: dict[UUID, Preference] = defaultdict(lambda: EVERYTHING)
    for row in await connection.execute(select(DIGEST_DAY).where(DIGEST_DAY.c.digest_day.is_not(None))):
        found[row.recipient_id] = Preference(digest_day=Weekday(row.digest_day))
    for row in await connection.execute(select(UNWANTED_MAIL)):
        known = found[row.recipient_id]
        found[row.recipient_id] = replace(known, unwanted=known.unwanted | {OptionalMail(row.kind)})
    return dict(found)
