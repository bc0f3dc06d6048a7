"""Mails that did not get through, in the operator's hands: seen, or tried once more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel
from sqlalchemy import Select, and_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters.tables import DIGEST, RECIPIENT
from services.notifier.application.pipeline import MailKinds
from services.notifier.domain.delivery.retries import UNDELIVERED, DigestState, check_retry
from services.notifier.domain.errors import DigestNotFound
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.requests.request_context import Body, example
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.rules.rights.actions import Action

logger = signals.get_logger(__name__)

Key = Annotated[str, Path(max_length=200)]


class EveryBody(Body):
    """States that every mail is meant: a request that says nothing changes nothing."""

    model_config = example(all=True)

    all: Literal[True]


class HandledView(BaseModel):
    """How many mails it was about."""

    mails: int


@dataclass(frozen=True, slots=True)
class SqlFailedMails:
    engine: AsyncEngine
    kinds: MailKinds

    async def acknowledge(self, key: str | None, by: str, now: datetime) -> int:
        """Note that an operator has seen it (no key: all of them): `loa doctor` no longer reports it."""
        unseen = and_(DIGEST.c.state.in_(UNDELIVERED), DIGEST.c.acknowledged_at.is_(None))
        wanted = unseen if key is None else and_(unseen, DIGEST.c.digest_key == key)
        seen = update(DIGEST).where(wanted).values(acknowledged_at=now, acknowledged_by=by)
        async with self.engine.begin() as connection:
            return (await connection.execute(seen)).rowcount

    async def retry(self, key: str, now: datetime) -> None:
        """Queue a refused mail again and believe its address again; refuses what is over, or was not refused."""
        async with self.engine.begin() as connection:
            row = (await connection.execute(_of(key))).mappings().one_or_none()
            if row is None:
                raise DigestNotFound
            shipment = self.kinds.shipment(row["kind"], row["day"], row["created_at"])
            check_retry(DigestState(row["state"]), shipment, now)
            again = {"state": DigestState.QUEUED, "not_before": now, "delivery": {}, "acknowledged_at": None}
            await connection.execute(update(DIGEST).where(DIGEST.c.digest_key == key).values(again))
            whose = RECIPIENT.c.recipient_id == row["recipient_id"]
            await connection.execute(update(RECIPIENT).where(whose).values(undeliverable_on=None))


def _of(key: str) -> Select[tuple[object, ...]]:
    return select(DIGEST).where(DIGEST.c.digest_key == key).with_for_update()


def router(failed_mails: SqlFailedMails, now: Clock) -> APIRouter:
    routes = APIRouter(prefix="/outbox", tags=["outbox"])

    async def acknowledged(key: str | None, by: str) -> HandledView:
        mails = await failed_mails.acknowledge(key, by, now())
        logger.info("mails_acknowledged", mails=mails, by=by)
        return HandledView(mails=mails)

    @routes.post("/acknowledge", summary="All mails that failed or are unsure have been seen")
    async def acknowledge_all(
        principal: Annotated[Principal, may(Action.ACKNOWLEDGE_MAIL)], body: EveryBody
    ) -> HandledView:
        del body  # it states that all are meant
        return await acknowledged(None, principal.actor)

    @routes.post("/{digest_key}/acknowledge", summary="A mail that failed or is unsure has been seen")
    async def acknowledge(
        principal: Annotated[Principal, may(Action.ACKNOWLEDGE_MAIL)], digest_key: Key
    ) -> HandledView:
        return await acknowledged(digest_key, principal.actor)

    @routes.post("/{digest_key}/retry", summary="Try a refused mail once more, and believe its address again")
    async def retry(principal: Annotated[Principal, may(Action.RETRY_MAIL)], digest_key: Key) -> HandledView:
        await failed_mails.retry(digest_key, now())
        logger.info("mail_retried", digest_key=digest_key, by=principal.actor)
        return HandledView(mails=1)

    return routes
