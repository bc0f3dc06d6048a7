"""Entries of programmes as they are projected, and the ledger's last mail about each."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.adapters.planning.replies import is_no_practice
from services.notifier.adapters.tables import DIGEST, DIGEST_ITEM, PROGRAMME_ENTRY
from services.notifier.domain.delivery.retries import NOTIFIED
from services.notifier.domain.notification.reasons import Reason, Standing
from services.notifier.domain.programmes.notices import EntryWords, LastReminder, Programmes, Reminders
from shared.contracts.vocabulary import Dataset, ProgrammeKind
from shared.projections.programme_rows import fact_of
from shared.rules.programme.kinds import KINDS

REQUIRED = ProgrammeKind.REPORT_REQUIRED
ASKED_FOR = sorted(kind for kind, spec in KINDS.items() if spec.has_state or spec.follows or kind is REQUIRED)
"""The kinds of which something may be owed, and those that follow them."""


async def programmes(connection: AsyncConnection) -> Programmes:
    """Read the entries of all programmes of which something may be owed, with what follows them."""
    table = PROGRAMME_ENTRY.c
    wanted = select(PROGRAMME_ENTRY).where(
        table.kind.in_(ASKED_FOR), is_no_practice(table.dataset, table.unit_code, table.lead_unit_code)
    )
    rows = (await connection.execute(wanted.order_by(PROGRAMME_ENTRY.c.position))).mappings().all()
    words = {
        row["entry_id"]: EntryWords(
            title=row["title"],
            year=row["year"],
            dataset=Dataset(row["dataset"]),
            entry_ref=row["entry_ref"],
            document=row["document"],
            note=row["note"],
            draft_code=row["draft_code"],
            reason=row["reason"],
        )
        for row in rows
    }
    return Programmes([fact_of(row) for row in rows], words)


async def reminders(connection: AsyncConnection, day: date) -> Mapping[UUID, Reminders]:
    """Read each recipient's last mail about each item by a day, from mails that were not refused."""
    delivered = and_(DIGEST.c.state.in_(NOTIFIED), DIGEST.c.day <= day)
    query = (
        select(DIGEST.c.recipient_id, DIGEST.c.day, *DIGEST_ITEM.c)
        .join(DIGEST_ITEM, DIGEST_ITEM.c.digest_key == DIGEST.c.digest_key)
        .where(delivered)
        .ext(distinct_on(DIGEST.c.recipient_id, DIGEST_ITEM.c.item_id))
        .order_by(DIGEST.c.recipient_id, DIGEST_ITEM.c.item_id, DIGEST.c.day.desc())
    )
    last: dict[UUID, dict[UUID, LastReminder]] = defaultdict(dict)
    for row in await connection.execute(query):
        last[row.recipient_id][row.item_id] = LastReminder(
            day=row.day,
            unit_code=row.unit_code,
            above=Reason(row.reason).is_above,
            standing=Standing(row.standing) if row.standing else None,
            due_on=row.due_on,
        )
    return last
