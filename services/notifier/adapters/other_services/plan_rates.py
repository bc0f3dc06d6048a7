"""Asks metrics for the rate by the plan of a unit or its area: over HTTP, with a token if reading is not public."""

import asyncio
import json
from dataclasses import dataclass
from datetime import date
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request

from pydantic import SecretStr

from services.notifier.adapters.other_services import direct
from services.notifier.domain.overview import PlanRate
from shared.observability import signals

logger = signals.get_logger(__name__)
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class MetricsPlanRates:
    """`address` is that of metrics as this service reaches it."""

    address: str
    token: SecretStr | None = None

    async def of(self, unit_code: str, day: date, *, area: bool) -> PlanRate | None:
        """Give the rate on a day of what a unit follows (`area`), else of it and the units below; None if metrics gives none."""
        whose = {"area_of": unit_code} if area else {"unit": unit_code, "include_descendants": "true"}
        query = urlencode({"as_of": day.isoformat(), **whose})
        try:
            answer = await asyncio.to_thread(self._get, f"{self.address.rstrip('/')}/compliance?{query}")
            (group,) = answer["groups"]
            return PlanRate(
                rate=group["rate_plan"],
                low=group["rate_plan_low"],
                judged=group["judged"],
                target=group["target"],
            )
        except (HTTPError, OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            logger.warning("figures_not_read", error=f"{type(error).__name__}: {error}")
            return None

    def _get(self, url: str) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        document: dict[str, Any] = json.loads(direct.read(Request(url, headers=headers), SECONDS))  # noqa: S310  a setting
        return document
