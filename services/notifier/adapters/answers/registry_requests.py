"""Asks the registry for what a reader of a mail wants decided: over HTTP, with the claims of the link."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

from services.notifier.adapters.other_services import direct
from services.notifier.domain.errors import RegistryAway, RequestRefused
from shared.kernel.errors import Text
from shared.observability import signals
from shared.signed_links.request_claims import RequestClaims, RequestSigner

logger = signals.get_logger(__name__)
SECONDS = 10.0
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class RegistryRequests:
    """`address` is that of the registry as this service reaches it. Without a signer nothing can be asked for."""

    address: str
    signer: RequestSigner | None

    async def ask(self, claims: RequestClaims, body: Mapping[str, Any], now: datetime) -> Text:
        """Ask once, however often it comes; gives who decides and until when. Raises `RequestRefused`, `RegistryAway`."""
        if self.signer is None:
            raise RegistryAway
        answer = await asyncio.to_thread(self._post, claims, body, self.signer.token(claims, now))
        messages = (answer.get("request") or {}).get("messages") or {}
        return Text(messages.get("vi", ""), messages.get("en", ""))

    def _post(self, claims: RequestClaims, body: Mapping[str, Any], token: str) -> dict[str, Any]:
        url = f"{self.address.rstrip('/')}/drafts/{claims.draft_code}/requests"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310  a setting
        try:
            document: dict[str, Any] = json.loads(direct.read(request, SECONDS))
        except HTTPError as error:
            raise _refusal(error) from error
        except (OSError, HTTPException, ValueError) as error:
            logger.warning("registry_not_reached", error=f"{type(error).__name__}: {error}")
            raise RegistryAway from error
        return document


def _refusal(error: HTTPError) -> RequestRefused | RegistryAway:
    """Give the registry's own refusal; a failure of the registry may be over in a moment."""
    try:
        problem = json.loads(error.read())
        messages = problem["messages"]
    except (ValueError, KeyError, OSError):
        return RegistryAway()
    if error.code >= SERVER_ERROR:
        return RegistryAway()
    return RequestRefused(messages["vi"], messages["en"])
