"""What a token leads to: the row of its link, or of earlier releases what it says itself, and whether it still admits."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters.delivery import message
from services.notifier.adapters.links.attempts import Limit, SqlAttempts
from services.notifier.adapters.links.store import SqlLinks, StoredLink
from services.notifier.adapters.planning.snapshot import recipient_of
from services.notifier.adapters.tables import RECIPIENT
from services.notifier.domain.recipients.audience import Recipient
from shared.contracts.event import LOA_NAMESPACE
from shared.contracts.vocabulary import RecipientRole
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.persistence.database import reading
from shared.signed_links.links import LinkNotValid, LinkReader
from shared.signed_links.resolved import Barred, ResolvedLink
from shared.signed_links.short_links import Purpose, ShortLink, short_link, token_hash

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """`signed` reads the signed links that mails of earlier releases bear, until they are over.

    Only tokens that are none count towards the limit of an address: all the offices behind one address can still use
    theirs, however many wrong ones come from there.
    """

    links: SqlLinks
    engine: AsyncEngine
    signed: LinkReader
    attempts: SqlAttempts
    unknown: Limit
    now: Clock

    async def resolve(self, token: str, client: str) -> ResolvedLink:
        stored = await self.links.find(token)
        signed = None if stored else self._signed(token)
        link = stored.link if stored else signed
        if link is None:
            await self.attempts.count(self.unknown, client, self.now())
            raise LinkNotValid
        return ResolvedLink(link, await self._barred(link, stored))

    def _signed(self, token: str) -> ShortLink | None:
        """Read a signed link of an earlier release."""
        try:
            return short_link(self.signed.read(token))
        except LinkNotValid:
            pass
        try:
            return _of_mailbox(token, message.read(self.signed, token))
        except LinkNotValid:
            return None

    async def _barred(self, link: ShortLink, stored: StoredLink | None) -> Barred | None:
        query = select(RECIPIENT).where(RECIPIENT.c.recipient_id == link.recipient_id)
        async with reading(self.engine) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        today = day_in_vietnam(self.now())
        if (
            row is None
            or not _may_hold(link, recipient := recipient_of(row))
            or not recipient.is_listed_on(today)
        ):
            return Barred.NOT_LISTED
        withdrawn = stored.withdrawn_at if stored else row["links_withdrawn_at"]
        return Barred.WITHDRAWN if withdrawn else None


def _may_hold(link: ShortLink, recipient: Recipient) -> bool:
    """A supervisor gets no link to an answer, so who has become one keeps none."""
    answers = link.purpose in {Purpose.ANSWER, Purpose.DUTY}
    return not answers or recipient.role is not RecipientRole.SUPERVISOR


def _of_mailbox(token: str, link: message.MailboxLink) -> ShortLink:
    return ShortLink(
        link_id=uuid5(LOA_NAMESPACE, f"link:{token_hash(token)}"),
        purpose=Purpose.MAILBOX,
        recipient_id=link.recipient_id,
        unit_code=link.unit_code,
        expires=link.expires,
        claims={"kind": link.kind.value} if link.kind else {},
    )
