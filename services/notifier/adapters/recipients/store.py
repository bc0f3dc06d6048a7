"""Who is written to: the only table with addresses, kept outside the log."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.links.withdrawals import withdraw_of_recipients
from services.notifier.adapters.planning.changes import record_mailboxes
from services.notifier.adapters.planning.snapshot import preferences, recipient_of
from services.notifier.adapters.tables import RECIPIENT, directory
from services.notifier.domain.recipients.audience import Recipient, Tree, taken_off
from services.notifier.domain.recipients.naming import (
    Namer,
    bounded,
    check,
    check_entry,
    granted,
    require_own_right,
)
from services.notifier.domain.recipients.preference import Preference
from shared.directory.projection import unit_directory
from shared.eventstore.conflicts import StaleVersion
from shared.kernel.local_day import day_in_vietnam
from shared.persistence.database import reading

# An import changes neither a recipient's choices nor an undeliverable mark.
IMPORTED = ("role", "language", "valid_from", "valid_to", "stands_in_for")
_LISTED = (*IMPORTED, "calendar", "undeliverable_on")
_TURN = text("SELECT pg_advisory_xact_lock(hashtext(:unit))")


def version_of(listed: Sequence[Recipient]) -> int:
    """Number a list by what stands in it, also in what has ended: an equal list has an equal version."""
    fields = [[str(getattr(recipient, name)) for name in ("email", *_LISTED)] for recipient in listed]
    return int.from_bytes(sha256(repr(fields).encode()).digest()[:6])


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A recipient with the name of its unit, and whether that must follow others."""

    recipient: Recipient
    unit_name: str
    oversees: bool = False
    absent: Recipient | None = None

    def used_on(self, day: date) -> Recipient | None:
        """Give what it is used for on a day: of who stands in, no more than the absent one has; None if it is not."""
        of_list = [each for each in (self.recipient, self.absent) if each]
        return (
            bounded(self.recipient, self.absent) if all(each.is_listed_on(day) for each in of_list) else None
        )


EndSessions = Callable[[UUID], Awaitable[None]]


async def _no_sessions(recipient_id: UUID) -> None:
    """Where nobody signs in, nobody is signed out."""


@dataclass(frozen=True, slots=True)
class ImportedChanges:
    """What one import request changes of units' lists: each as it was before, and the number of what was kept of it."""

    before: dict[str, list[Recipient]] = field(default_factory=dict)
    numbers: dict[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SqlRecipients:
    """A mailbox keeps its opaque id however often it is listed: the ledger speaks of it by that.

    Whoever is taken off the list or gets another role is signed out before that is written (`end_sessions`), and so is who stands in for them.
    """

    engine: AsyncEngine
    justice_unit: str | None = None
    end_sessions: EndSessions = _no_sessions

    async def of_unit(self, unit_code: str, today: date) -> list[Recipient]:
        async with self.engine.connect() as connection:
            return [
                recipient
                for recipient in await _listed(connection, unit_code)
                if not recipient.has_ended(today)
            ]

    async def page(
        self, today: date, limit: int, after: str | None, units: Collection[str] | None = None
    ) -> list[tuple[str, Recipient]]:
        """Give the mailboxes of all units, or of some, in a fixed order, each with its place in it."""
        current = or_(RECIPIENT.c.valid_to.is_(None), RECIPIENT.c.valid_to >= today)
        place = RECIPIENT.c.unit_code.concat(" ").concat(RECIPIENT.c.email).label("place")
        query = select(RECIPIENT, place).where(current).order_by(place).limit(limit)
        query = query if units is None else query.where(RECIPIENT.c.unit_code.in_(units))
        async with reading(self.engine) as connection:
            rows = await connection.execute(query.where(place > after) if after else query)
            return [(row["place"], recipient_of(row)) for row in rows.mappings()]

    async def preferences(self, of: Sequence[Recipient]) -> dict[UUID, Preference]:
        """Give what these mailboxes asked for; of those that never asked, nothing."""
        async with self.engine.connect() as connection:
            return await preferences(connection, [recipient.recipient_id for recipient in of])

    async def mailbox(self, recipient_id: UUID, today: date) -> Mailbox | None:
        """Find a mailbox by its opaque id, on the list or not any more; its unit by the name of today."""
        query = select(RECIPIENT).where(RECIPIENT.c.recipient_id == recipient_id)
        async with self.engine.connect() as connection:
            if (row := (await connection.execute(query)).mappings().first()) is None:
                return None
            units = await unit_directory(connection, directory.units, [row["unit_code"]])
            absent = await _listed(connection, row["unit_code"]) if row["stands_in_for"] else []
        tree = Tree(directory=units, day=today, justice_unit=self.justice_unit)
        code = row["unit_code"]
        who = next((each for each in absent if each.email == row["stands_in_for"]), None)
        return Mailbox(recipient_of(row), units.name_on(code, today), tree.oversees(code), who)

    async def at_address(self, email: str, today: date) -> list[Recipient]:
        """Find the mailboxes that an address is registered for today, however its letters are written."""
        query = select(RECIPIENT).where(func.lower(RECIPIENT.c.email) == email.lower())
        async with reading(self.engine) as connection:
            rows = await connection.execute(query.order_by(RECIPIENT.c.unit_code))
            matching = [recipient_of(row) for row in rows.mappings()]
        return [recipient for recipient in matching if recipient.is_valid_on(today)]

    async def version(self, unit_code: str) -> int:
        """Give the version of a unit's list."""
        async with self.engine.connect() as connection:
            return version_of(await _listed(connection, unit_code))

    async def replace(
        self,
        unit_code: str,
        wanted: Sequence[Recipient],
        now: datetime,
        namer: Namer,
        if_match: int | None = None,
    ) -> None:
        """Make `wanted` the unit's list; whoever is not on it any more ended yesterday, and so do all links of theirs.

        An address that is registered again is no longer marked. Raises `StaleVersion` if the list has not the version
        `if_match`, and what `naming.check` raises: two replacements of one unit take turns.
        """
        async with self.engine.begin() as connection:
            await connection.execute(_TURN, {"unit": f"recipients {unit_code}"})
            listed = await _listed(connection, unit_code, locked=True)
            if if_match not in (None, current := version_of(listed)):
                raise StaleVersion(if_match or 0, current)
            require_own_right(await _signed_in(connection, namer.subject))
            by, today = namer.actor, day_in_vietnam(now)
            check([each for each in listed if not each.has_ended(today)], wanted, namer)
            await self._sign_out(listed, wanted)
            before = [each for each in listed if each.is_listed_on(today)]
            await record_mailboxes(connection, before, wanted, now, by)
            gone = taken_off(listed, {recipient.email for recipient in wanted}, today)
            for each in gone:
                whose = RECIPIENT.c.recipient_id == each.recipient_id
                await connection.execute(update(RECIPIENT).where(whose).values(valid_to=each.valid_to))
            if gone:
                await withdraw_of_recipients(connection, [each.recipient_id for each in gone], by, now)
            for recipient in wanted:
                await _put(connection, recipient, _LISTED)

    async def add(self, recipient: Recipient, changes: ImportedChanges, now: datetime, by: str) -> bool:
        """Put one on the list; False if it stands there exactly so.

        Those who were on it before the first of `changes` are told of all of them as one.
        """
        unit, today = recipient.unit_code, day_in_vietnam(now)
        async with self.engine.begin() as connection:
            listed = await _listed(connection, unit, locked=True)
            before = changes.before.setdefault(unit, [each for each in listed if each.is_listed_on(today)])
            others = [other for other in listed if other.email != recipient.email]
            check_entry(listed, recipient, Namer(by), today)
            await self._sign_out(listed, [*others, recipient])
            is_new = await _put(connection, recipient, IMPORTED)
            if is_new:
                after = [each for each in await _listed(connection, unit) if each.is_listed_on(today)]
                changes.numbers[unit] = await record_mailboxes(
                    connection, before, after, now, by, number=changes.numbers.get(unit)
                )
            return is_new

    async def _sign_out(self, listed: Sequence[Recipient], wanted: Sequence[Recipient]) -> None:
        before, after = _signed_in_as(listed), _signed_in_as(wanted)
        for recipient in listed:
            if before[recipient.email] != after.get(recipient.email):
                await self.end_sessions(recipient.recipient_id)


def _signed_in_as(listed: Sequence[Recipient]) -> dict[str, tuple[object, ...]]:
    """Give what a session of each mailbox stands on: its role, until when, and the same of who is absent."""
    own = {each.email: granted(each) for each in listed}
    return {
        each.email: (*own[each.email], own.get(each.stands_in_for) if each.stands_in_for else None)
        for each in listed
    }


async def _signed_in(connection: AsyncConnection, subject: str) -> Recipient | None:
    """Find the mailbox of who signed in by mail."""
    try:
        of_subject = select(RECIPIENT).where(RECIPIENT.c.recipient_id == UUID(subject))
    except ValueError:
        return None
    row = (await connection.execute(of_subject)).mappings().first()
    return recipient_of(row) if row else None


async def _listed(connection: AsyncConnection, unit_code: str, *, locked: bool = False) -> list[Recipient]:
    of_unit = select(RECIPIENT).where(RECIPIENT.c.unit_code == unit_code).order_by(RECIPIENT.c.email)
    of_unit = of_unit.with_for_update() if locked else of_unit
    return [recipient_of(row) for row in (await connection.execute(of_unit)).mappings()]


async def _put(connection: AsyncConnection, recipient: Recipient, columns: Sequence[str]) -> bool:
    values: dict[str, Any] = {name: getattr(recipient, name) for name in ("unit_code", "email", *columns)}
    statement = insert(RECIPIENT).values(recipient_id=recipient.recipient_id, **values)
    changed = or_(*(RECIPIENT.c[name].is_distinct_from(statement.excluded[name]) for name in columns))
    done = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["unit_code", "email"],
            set_={name: statement.excluded[name] for name in columns},
            where=changed,
        )
    )
    return done.rowcount == 1
