"""Reading of what supervising bodies replied, for the planning of mails."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, String, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.adapters.tables import DIGEST, SUPERVISOR_REPLY, directory
from services.notifier.domain.gaps.gap_alert import UnitRequest
from services.notifier.domain.gaps.request_replies import SHOWN, Activity, Reply
from services.notifier.domain.notification.timing import REPLY
from shared.contracts.vocabulary import Channel, Dataset, Instrument, Precision


async def replies_on(connection: AsyncConnection, day: date, requests: Iterable[UnitRequest]) -> list[Reply]:
    """Read the replies of the last days, and all those to requests that wait, in the order of the log."""
    card, table = directory.drafts.draft, SUPERVISOR_REPLY.c
    waiting = [request.request_id for request in requests if request.is_waiting]
    wanted = or_(table.replied_on >= day - SHOWN, table.request_id.in_(waiting))
    query = (
        select(SUPERVISOR_REPLY, card.c.draft_code, card.c.title, card.c.instrument, card.c.dataset)
        .join(card, card.c.draft_id == table.draft_id)
        .where(wanted, is_no_practice(card.c.dataset, table.unit_code))
        .order_by(table.position)
    )
    return [_reply_of(row) for row in (await connection.execute(query)).mappings()]


def with_replies(requests: Iterable[UnitRequest], replies: Iterable[Reply]) -> list[UnitRequest]:
    """Put what was replied beside each request."""
    of: dict[Any, list[Reply]] = defaultdict(list)
    for reply in replies:
        of[reply.request_id].append(reply)
    return [replace(request, replies=tuple(of[request.request_id])) for request in requests]


async def has_unsent_reply(connection: AsyncConnection, day: date) -> bool:
    """Say whether there is a reply of the last days that no mail speaks of."""
    mailed = is_mailed(REPLY, SUPERVISOR_REPLY.c.reply_id)
    recent = and_(SUPERVISOR_REPLY.c.replied_on >= day - SHOWN, ~mailed)
    card = directory.drafts.draft
    query = (
        select(SUPERVISOR_REPLY.c.reply_id)
        .join(card, card.c.draft_id == SUPERVISOR_REPLY.c.draft_id)
        .where(recent, is_no_practice(card.c.dataset, SUPERVISOR_REPLY.c.unit_code))
    )
    rows = await connection.execute(query.limit(1))
    return rows.first() is not None


def is_no_practice(dataset: ColumnElement[str], *units: ColumnElement[str]) -> ColumnElement[bool]:
    """Select what mails may speak of: not what a live unit practises, exercise or sample data about one of `units`."""
    unit = directory.units.unit.c
    practised = exists().where(unit.unit_code.in_(units), unit.dataset == Dataset.LIVE)
    return or_(dataset.is_(None), dataset == Dataset.LIVE, ~practised)


def is_mailed(kind: str, about: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Select whether the ledger has a mail of a kind about what has an id: its key begins with both."""
    prefix = func.concat(f"{kind}.", about.cast(String), ".")
    return exists().where(DIGEST.c.digest_key.startswith(prefix, autoescape=False))


def _reply_of(row: RowMapping) -> Reply:
    same: Sequence[str] = (
        *("reply_id", "unit_code", "words", "draft_code", "title"),
        *("by_unit_code", "to_unit_code", "request_id"),
    )
    return Reply(
        **{name: row[name] for name in same},
        on=row["replied_on"],
        instrument=Instrument(row["instrument"]),
        dataset=Dataset(row["dataset"]),
        activity=_activity(row["activity"]) if row["activity"] else None,
    )


def _activity(stored: dict[str, str]) -> Activity:
    return Activity(
        title=stored["title"],
        held_on=date.fromisoformat(stored["held_on"]),
        precision=Precision(stored["precision"]),
        channel=Channel(stored["channel"]),
    )
