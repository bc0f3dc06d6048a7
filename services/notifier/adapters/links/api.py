"""Routes of links: other services ask what a link is, operators withdraw some."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from services.notifier.adapters.links.withdrawals import SqlWithdrawals
from shared.auth.admission import may, stands_for
from shared.auth.service_tokens import ServiceVerifier, admit_service
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.http.requests.request_context import Body, example
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.rules.rights.actions import Action
from shared.signed_links.links import LinkNotValid
from shared.signed_links.resolved import RESOLVE_PATH, Barred, LinkSource
from shared.signed_links.short_links import Purpose

logger = signals.get_logger(__name__)

MOST_TOKEN = 2000  # characters: signed links of earlier releases have about 500
ASKED_BY_SERVICES = frozenset({Purpose.ANSWER, Purpose.DUTY})


class AskedLink(Body):
    """`client` is the address that the page was asked from."""

    token: str = Field(max_length=MOST_TOKEN)
    client: str = Field(max_length=100)


class LinkView(BaseModel):
    link_id: UUID
    purpose: Purpose
    recipient_id: UUID
    unit_code: str
    expires: datetime
    claims: dict[str, str]
    barred: Barred | None


class Withdrawing(Body):
    """Names one: a recipient by its opaque id, a mail by its key, or a unit."""

    model_config = example(unit_code="STP-01", reason="Thư bị chuyển tiếp ra ngoài cơ quan")

    recipient_id: UUID | None = None
    mail_key: str | None = Field(default=None, max_length=200)
    unit_code: Code | None = None
    reason: str = Field(min_length=3, max_length=500)

    @model_validator(mode="after")
    def _is_single_selection(self) -> Self:
        if sum(each is not None for each in (self.recipient_id, self.mail_key, self.unit_code)) != 1:
            raise ValueError("name one of recipient_id, mail_key and unit_code")
        return self


class WithdrawnView(BaseModel):
    """How many links that could still be used were withdrawn."""

    links: int


def router(
    source: LinkSource, services: ServiceVerifier, withdrawals: SqlWithdrawals, now: Clock
) -> APIRouter:
    routes = APIRouter(tags=["links"])
    admitted = admit_service(services)

    @routes.post(RESOLVE_PATH, include_in_schema=False, dependencies=[stands_for(Action.RESOLVE_LINK)])
    async def resolve(body: AskedLink, _service: str = admitted) -> LinkView:
        """Say what the link behind a page is, to the service that shows the page."""
        resolved = await source.resolve(body.token, body.client)
        link = resolved.link
        if link.purpose not in ASKED_BY_SERVICES:
            raise LinkNotValid
        return LinkView(
            link_id=link.link_id,
            purpose=link.purpose,
            recipient_id=link.recipient_id,
            unit_code=link.unit_code,
            expires=link.expires,
            claims=dict(link.claims),
            barred=resolved.barred,
        )

    @routes.post("/links/withdraw", summary="Withdraw the links of a recipient, of a mail or of a unit")
    async def withdraw(
        principal: Annotated[Principal, may(Action.WITHDRAW_LINKS)], body: Withdrawing
    ) -> WithdrawnView:
        number = await _withdrawn(withdrawals, body, principal.actor, now())
        logger.info(
            "links_withdrawn",
            recipient_id=str(body.recipient_id or ""),
            mail_key=body.mail_key,
            unit_code=body.unit_code,
            links=number,
            reason=body.reason,
            by=principal.actor,
        )
        return WithdrawnView(links=number)

    return routes


async def _withdrawn(withdrawals: SqlWithdrawals, body: Withdrawing, by: str, now: datetime) -> int:
    if body.recipient_id is not None:
        return await withdrawals.of_recipient(body.recipient_id, by, now)
    if body.mail_key is not None:
        return await withdrawals.of_mail(body.mail_key, by, now)
    return await withdrawals.of_unit(body.unit_code or "", by, now)
