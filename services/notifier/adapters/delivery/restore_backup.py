"""After a backup was put back: nothing of it goes out again, and nothing new until an operator has looked."""

from datetime import datetime

from sqlalchemy import cast, insert, true, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.adapters.links.store import forget_signed_links
from services.notifier.adapters.tables import DIGEST, SENDING
from services.notifier.domain.delivery.retries import WAITING, DigestState
from shared.kernel.runtime import Clock

RESTORED = {
    "reason": "restored",
    "detail": "queued when the backup was made; it may have gone out since",
}
HELD = {
    "held": True,
    "by": "service/notifier",
    "reason": "Vừa phục hồi từ bản sao lưu: hãy xem trước (loa preview) rồi cho gửi lại. / "
    "Restored from a backup: look at the preview (loa preview), then release.",
}


async def settle(connection: AsyncConnection, begun: datetime, now: Clock) -> None:
    """Hold all sending; mark queued mails as possibly sent, and announce again what was sent late.

    Mails of an archive of release 0.1.0 lose the signed links in their words; those that were sent stay valid.
    The log of a backup ends before its ledger: mails sent in between are in the ledger, not in the log.
    """
    waited = DIGEST.c.state.in_(WAITING)
    delivery = DIGEST.c.delivery.op("||")(cast(RESTORED, JSONB))
    await connection.execute(
        update(DIGEST).where(waited).values(state=DigestState.UNSURE, lease_until=None, delivery=delivery)
    )
    await forget_signed_links(connection, true())
    await connection.execute(update(DIGEST).where(DIGEST.c.sent_at >= begun).values(announced=False))
    await connection.execute(insert(SENDING).values(at=now(), **HELD))
