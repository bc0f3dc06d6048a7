"""The links of mails as rows: found by the hash of their token, spent once, withdrawn."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql import ColumnElement

from services.notifier.adapters.tables import DIGEST, LINK
from shared.persistence.database import add, reading
from shared.signed_links.short_links import LinkSecret, Purpose, ShortLink, token_hash

# Written so that Python and PostgreSQL read it alike.
_SIGNED = re.compile(r"(/answers|/mailbox)/ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_OF_MAILS = select(LINK.c.mail_key, LINK.c.link_id, LINK.c.reference, LINK.c.token_hash).where(
    LINK.c.mail_key.in_(bindparam("keys", expanding=True)), LINK.c.reference.is_not(None)
)


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link with what became of it."""

    link: ShortLink
    used_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SqlLinks:
    engine: AsyncEngine

    async def find(self, token: str) -> StoredLink | None:
        """Find the link of a token, also one that is over, used or withdrawn."""
        query = select(LINK).where(LINK.c.token_hash == token_hash(token))
        async with reading(self.engine) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return stored_link(row) if row else None

    async def spend(self, token: str, purpose: Purpose, now: datetime) -> ShortLink | None:
        """Use up a link that works once; None unless it is of the purpose, valid, and was not used or withdrawn.

        Of two that come at once, one gets it. Call it for a POST only: programs that look through mails open every link.
        """
        usable = and_(
            LINK.c.token_hash == token_hash(token),
            LINK.c.purpose == purpose,
            LINK.c.expires_at > now,
            LINK.c.used_at.is_(None),
            LINK.c.withdrawn_at.is_(None),
        )
        async with self.engine.begin() as connection:
            spent = update(LINK).where(usable).values(used_at=now).returning(*LINK.c)
            row = (await connection.execute(spent)).mappings().one_or_none()
        return stored_link(row).link if row else None

    async def issue(self, link: ShortLink, secret: LinkSecret, now: datetime) -> str:
        """Keep a link that no mail of the ledger bears, and give its token."""
        async with self.engine.begin() as connection:
            await add_links(connection, [link_row(link, secret, None, now)])
        return secret.token(link.link_id)


def link_row(link: ShortLink, secret: LinkSecret, mail_key: str | None, now: datetime) -> dict[str, Any]:
    return {
        "link_id": link.link_id,
        "token_hash": token_hash(secret.token(link.link_id)),
        "reference": secret.reference(link.link_id),
        "purpose": link.purpose,
        "recipient_id": link.recipient_id,
        "unit_code": link.unit_code,
        "mail_key": mail_key,
        "claims": dict(link.claims),
        "created_at": now,
        "expires_at": link.expires,
    }


async def tokens_of_mails(
    connection: AsyncConnection, mail_keys: Sequence[str], secret: LinkSecret
) -> dict[str, dict[str, str]]:
    """Give the tokens of the links of some mails, by their references.

    After a change of the secret what still waits gets new tokens, and the rows their hashes.
    """
    tokens: dict[str, dict[str, str]] = {}
    for row in await connection.execute(_OF_MAILS, {"keys": mail_keys}):
        token = secret.token(row.link_id)
        tokens.setdefault(row.mail_key, {})[row.reference] = token
        if row.token_hash != (hashed := token_hash(token)):
            of_link = LINK.c.link_id == row.link_id
            await connection.execute(update(LINK).where(of_link).values(token_hash=hashed))
    return tokens


def has_signed_links(texts: Sequence[str]) -> bool:
    """Say whether a mail bears the signed links of release 0.1.0, as one that an old replica queued."""
    return any(_SIGNED.search(text) for text in texts)


async def forget_signed_links(connection: AsyncConnection, of: ColumnElement[bool]) -> None:
    """Take the tokens of signed links out of mails of the ledger; what was sent works on by its signature."""
    parts = (DIGEST.c.text, DIGEST.c.html, DIGEST.c.unsubscribe)
    masked = {part.name: func.regexp_replace(part, _SIGNED.pattern, "\\1/…", "g") for part in parts}
    await connection.execute(update(DIGEST).where(of).values(masked))


async def add_links(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep links; one that is kept already stays as it is."""
    await add(connection, LINK, rows, "link_id")


async def withdraw(connection: AsyncConnection, of: ColumnElement[bool], by: str, now: datetime) -> int:
    """Withdraw the links of a condition that can still be used; gives how many."""
    usable = and_(of, LINK.c.withdrawn_at.is_(None), LINK.c.expires_at > now)
    withdrawn = update(LINK).where(usable).values(withdrawn_at=now, withdrawn_by=by)
    return (await connection.execute(withdrawn)).rowcount


def of_recipients(recipient_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return LINK.c.recipient_id.in_(recipient_ids)


def of_mail(mail_key: str) -> ColumnElement[bool]:
    return LINK.c.mail_key == mail_key


def of_unit(unit_code: str, recipient_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Take the links that act for a unit, and those of its mailboxes."""
    return or_(LINK.c.unit_code == unit_code, of_recipients(recipient_ids))


def stored_link(row: RowMapping) -> StoredLink:
    link = ShortLink(
        link_id=row["link_id"],
        purpose=Purpose(row["purpose"]),
        recipient_id=row["recipient_id"],
        unit_code=row["unit_code"],
        expires=row["expires_at"],
        claims=row["claims"],
    )
    return StoredLink(link, row["used_at"], row["withdrawn_at"])
