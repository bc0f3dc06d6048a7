"""The parts of a request that every command needs: actor, idempotency key, version, response."""

from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import Depends, Request, Response

from shared.auth.admission import Supervisor, Writer
from shared.auth.tokens import Principal
from shared.contracts.event import LOA_NAMESPACE, Acting
from shared.eventstore.handle import Handled
from shared.http import request_context
from shared.http.request_context import Accepted, IdempotencyKey, IfMatch
from shared.kernel.runtime import NewId


class _CommandContext:
    def __init__(
        self,
        request: Request,
        response: Response,
        principal: Writer,
        if_match: IfMatch,
        key: IdempotencyKey = None,
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

    def id_of(self, what: str, within: str, new_id: NewId) -> UUID:
        """Return the id of a new entity: derived from the caller's key if there is one, else a fresh id."""
        if self.key is None:
            return new_id()
        return uuid5(LOA_NAMESPACE, f"{what}-key:{within}:{self.principal.actor}:{self.key}")


class _SupervisorContext(_CommandContext):
    """The context of commands that only a supervisor may give."""

    def __init__(
        self,
        request: Request,
        response: Response,
        principal: Supervisor,
        if_match: IfMatch,
        key: IdempotencyKey = None,
    ) -> None:
        super().__init__(request, response, principal, if_match, key)


CommandContext = Annotated[_CommandContext, Depends()]
SupervisorContext = Annotated[_SupervisorContext, Depends()]
