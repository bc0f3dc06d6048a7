"""Links as rows: only their hashes are kept, one that works once is spent once, limits hold for all replicas."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters.links.attempts import Limit, SqlAttempts
from services.notifier.adapters.links.store import SqlLinks, of_mail, of_recipients, of_unit, withdraw
from services.notifier.app import MIGRATIONS
from shared.kernel.errors import TooManyAttempts
from shared.kernel.runtime import new_id
from shared.persistence import database
from shared.signed_links.short_links import LinkSecret, Purpose, ShortLink

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
SECRET = LinkSecret(b"s" * 32)
RECIPIENT = UUID(int=7)


def a_sign_in(**changes: object) -> ShortLink:
    fields: dict[str, object] = {
        "link_id": new_id(),
        "purpose": Purpose.SIGN_IN,
        "recipient_id": RECIPIENT,
        "unit_code": "STP-01",
        "expires": LATER,
        "claims": {"role": "unit"},
    }
    return ShortLink(**fields | changes)  # type: ignore[arg-type]


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    await database.migrate(database_url, MIGRATIONS)
    made = database.create_engine(database_url)
    yield made
    await made.dispose()


@pytest.fixture
def links(engine: AsyncEngine) -> SqlLinks:
    return SqlLinks(engine)


async def test_a_link_is_found_by_its_token_which_no_row_has(links: SqlLinks, engine: AsyncEngine) -> None:
    link = a_sign_in()
    token = await links.issue(link, SECRET, NOW)
    stored = await links.find(token)
    assert stored is not None
    assert stored.link == link
    assert await links.find(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT link::text FROM link"))).scalars().all()
    assert len(rows) == 1
    assert token not in str(rows)


async def test_the_reference_opens_nothing(links: SqlLinks) -> None:
    link = a_sign_in()
    await links.issue(link, SECRET, NOW)
    assert await links.find(SECRET.reference(link.link_id)) is None


async def test_of_many_at_once_one_spends_the_link(links: SqlLinks) -> None:
    link = a_sign_in()
    token = await links.issue(link, SECRET, NOW)
    spent = await asyncio.gather(*(links.spend(token, Purpose.SIGN_IN, NOW) for _ in range(8)))
    assert [each for each in spent if each] == [link]
    assert await links.spend(token, Purpose.SIGN_IN, NOW) is None


@pytest.mark.parametrize(
    ("purpose", "at"), [(Purpose.ANSWER, NOW), (Purpose.SIGN_IN, LATER), (Purpose.MAILBOX, NOW)]
)
async def test_another_purpose_or_a_link_that_is_over_spends_nothing(
    links: SqlLinks, purpose: Purpose, at: datetime
) -> None:
    token = await links.issue(a_sign_in(), SECRET, NOW)
    assert await links.spend(token, purpose, at) is None
    assert await links.spend(token, Purpose.SIGN_IN, NOW) is not None


@pytest.mark.parametrize(
    ("of", "withdrawn"),
    [
        (of_recipients([RECIPIENT]), 1),
        (of_recipients([UUID(int=8)]), 0),
        (of_unit("STP-01", []), 1),
        (of_unit("STP-02", [RECIPIENT]), 1),
        (of_unit("STP-02", []), 0),
        (of_mail("a-mail"), 0),
    ],
    ids=str,
)
async def test_links_are_withdrawn(links: SqlLinks, engine: AsyncEngine, of: object, withdrawn: int) -> None:
    token = await links.issue(a_sign_in(), SECRET, NOW)
    async with engine.begin() as connection:
        assert await withdraw(connection, of, "operator/x", NOW) == withdrawn  # type: ignore[arg-type]
        assert await withdraw(connection, of, "operator/x", NOW) == 0  # type: ignore[arg-type]
    spent = await links.spend(token, Purpose.SIGN_IN, NOW)
    assert (spent is None) == bool(withdrawn)


async def test_limits_hold_for_all_replicas(engine: AsyncEngine, database_url: str) -> None:
    """Two engines are two replicas; eight attempts at once of which five are allowed."""
    second = database.create_engine(database_url)
    limit = Limit("unknown_link", 5, timedelta(minutes=1))
    replicas = SqlAttempts(engine), SqlAttempts(second)
    tries = await asyncio.gather(
        *(replicas[n % 2].count(limit, "192.0.2.1", NOW) for n in range(8)), return_exceptions=True
    )
    await second.dispose()
    assert sum(isinstance(each, TooManyAttempts) for each in tries) == 3
    await replicas[0].count(limit, "192.0.2.2", NOW)  # another client
    await replicas[0].count(limit, "192.0.2.1", NOW + timedelta(minutes=1))  # the next period


async def test_a_refusal_says_when_to_try_again(engine: AsyncEngine) -> None:
    limit = Limit("renewal", 1, timedelta(hours=1))
    attempts, at = SqlAttempts(engine), NOW + timedelta(minutes=50)
    await attempts.count(limit, "a", at)
    with pytest.raises(TooManyAttempts) as refused:
        await attempts.count(limit, "a", at)
    assert refused.value.retry_after == 600
    assert "10 phút" in refused.value.message.vi


async def test_counts_name_no_address(engine: AsyncEngine) -> None:
    await SqlAttempts(engine).count(Limit("renewal", 1, timedelta(days=1)), "dau.moi@stp.example.vn", NOW)
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT attempt::text FROM attempt"))).scalars().all()
    assert rows
    assert "dau.moi" not in str(rows)
