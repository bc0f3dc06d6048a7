"""The parts of a request that every command needs: actor, idempotency key, version, response."""

from typing import Any
from uuid import UUID, uuid5

from fastapi import Depends, Request, Response

from services.campaigns.domain.errors import IdReserved
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import LOA_NAMESPACE, Acting, is_derived
from shared.eventstore.handle import Handled
from shared.http.requests import request_context
from shared.http.requests.request_context import Accepted, IdempotencyKey, IfMatch
from shared.kernel.runtime import NewId
from shared.rules.rights.actions import Action


class CommandContext:
    """What a command on a communication, a plan or a programme takes from its request."""

    def __init__(
        self,
        request: Request,
        response: Response,
        principal: Principal,
        if_match: int | None,
        key: str | None = None,
    ) -> None:
        self.principal: Principal = principal
        self.if_match = if_match
        self.key = key
        self.metadata = request_context.metadata(request, principal, key)
        self._response = response

    @property
    def by(self) -> Acting:
        return self.principal.acting

    def accepted(self, aggregate_id: UUID, handled: Handled[Any]) -> Accepted:
        return request_context.accepted(self._response, aggregate_id, handled.version, handled.event_names)

    def chosen_id(self, given: UUID, natural: UUID | None, *, elsewhere: bool = False) -> UUID:
        """Take an id that the client chose, unless it is another's: derived from other content, or in use `elsewhere`."""
        derived = is_derived(given) and given != natural and not self.by.supervises
        if derived or elsewhere:
            raise IdReserved(given)
        return given

    def id_of(self, what: str, within: str, new_id: NewId) -> UUID:
        """Return the id of a new entity: derived from the caller's key if there is one, else a fresh id."""
        if self.key is None:
            return new_id()
        return uuid5(LOA_NAMESPACE, f"{what}-key:{within}:{self.principal.actor}:{self.key}")


def on(action: Action) -> Any:
    """Declare what a route does."""
    admitted = may(action)

    async def context(
        request: Request,
        response: Response,
        if_match: IfMatch,
        key: IdempotencyKey = None,
        principal: Principal = admitted,
    ) -> CommandContext:
        return CommandContext(request, response, principal, if_match, key)

    return Depends(context)
