"""Sending upward: the reports that a published one answers, the figures that go along, and what a receiver got."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from fastapi import Request

from services.metrics.application.published import PublishedReport
from services.metrics.application.queries import Question
from services.metrics.application.required_reports import (
    ListedReport,
    ReportsQuestion,
    RequiredReports,
    SentTotal,
    sent_totals,
)
from shared.auth.callers import access_of
from shared.auth.sessions import CSRF_FIELD
from shared.kernel.errors import Text
from shared.rules.figures import reporting_year
from shared.rules.programme.figures import OWN_FIGURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How a page offers to send: to the service that owns it (`campaigns`), by a form of who has signed in."""

    required: RequiredReports
    campaigns: str

    @property
    def origin(self) -> list[str]:
        """Give the origin that the form is sent to."""
        parts = urlsplit(self.campaigns)
        return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []

    def address(self, unit_code: str) -> str:
        return f"{self.campaigns.rstrip('/')}/entry/units/{unit_code}/reports"

    async def answered(self, published: PublishedReport, today: date) -> Sequence[ListedReport]:
        """List the required reports of the unit about the very period that was published."""
        if published.unit_code is None or published.area_of is not None:
            return []
        year = reporting_year(published.period_to)
        asked = ReportsQuestion(
            as_of=today, year=year, unit_code=published.unit_code, period=published.period
        )
        return (await self.required.reports(asked)).reports

    async def received(self, question: Question) -> "Received | None":
        """Give what other units sent to the unit of a report about its period; None if none is required to.

        Required reports are as known today, so a report as known earlier has none.
        """
        period = question.period
        if question.unit_code is None or period is None or question.known_at is not None:
            return None
        year = reporting_year(period.to_day)
        asked = ReportsQuestion(as_of=question.as_of, year=year, receiver=question.unit_code, period=period)
        reports = (await self.required.reports(asked)).reports
        return Received(reports) if reports else None


@dataclass(frozen=True, slots=True)
class Received:
    reports: Sequence[ListedReport]

    @property
    def sent(self) -> Sequence[ListedReport]:
        return [item for item in self.reports if not item.standing.state.is_waiting]

    @property
    def missing(self) -> Sequence[ListedReport]:
        return [item for item in self.reports if item.standing.state.is_waiting]

    @property
    def totals(self) -> Sequence[tuple[Text, SentTotal]]:
        return [(OWN_FIGURES[total.name], total) for total in sent_totals(self.sent)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The session of who looks at a page: what a form sends along, or where to sign in."""

    csrf_field: str
    csrf: str
    sign_in: str | None


def signed(request: Request) -> Signed:
    access = access_of(request)
    csrf = access.csrf_token(request) if access else ""
    sign_in = access.place.sign_in(request.url.path) if access and access.place.is_usable else None
    return Signed(csrf_field=CSRF_FIELD, csrf=csrf, sign_in=sign_in)


def own_figures(report: bytes) -> Mapping[str, int]:
    """Read the figures that a unit sends from its published report (JSON); those that nobody recorded are left out."""
    totals = json.loads(report)["totals"]
    given = {
        **totals["activities"],
        "drafts": totals["figures"]["drafts"],
        "policies": totals["figures"]["policies"],
        "policies_communicated": totals["begun"],
    }
    return {name: given[name] for name in OWN_FIGURES if isinstance(given.get(name), int)}
