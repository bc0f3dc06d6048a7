"""The pages behind four of the five buttons in a mail: look with GET, answer once with POST."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.notifier.adapters.answers.wording import ASKED, MAILED, MAILED_NEXT, NEXT, RECORDED, recorded
from services.notifier.application.answers import Answers, Asked, Renewals
from services.notifier.domain.gaps.alert_context import latest_planned_day
from shared.contracts.ids import alert_id
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
    AnswerEvent,
)
from shared.contracts.vocabulary import AlertAnswer, Channel
from shared.kernel.clock import Clock, day_in_vietnam
from shared.pages.forms import Fields, sent
from shared.pages.layout import environment
from shared.pages.link_pages import AnswerPages, Held, LinkGuard, routes
from shared.rules.wording import CHANNELS
from shared.signed_links.links import LinkIsUsed, LinkReader

TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT = environment(TEMPLATES)
OWN = (AlertAnswer.PLANNED, AlertAnswer.NOT_OURS, AlertAnswer.EXEMPT, AlertAnswer.OBSTACLE)
MOST_NAME = 200
MOST_WORDS = 1500

Read = Callable[[Fields, Mapping[str, Any], date, Asked], AnswerEvent | None]


@dataclass(frozen=True, slots=True)
class AnswerHandler:
    answers: Answers
    renewals: Renewals
    pages: AnswerPages
    now: Clock

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    async def look(self, held: Held) -> HTMLResponse:
        return self._form(held, await self._unused(held), Fields())

    async def answer(self, request: Request, held: Held) -> HTMLResponse:
        asked = await self.answers.asked(held.link, self.today)
        if asked.recorded is not None:
            return self._done(asked.recorded)
        form = await sent(request)
        answer = _READ[held.link.answer](form, _identity(held), self.today, asked)
        if answer is None or form.errors:
            return self._form(held, asked, form, status=422)
        metadata = held.metadata(request, self.now())
        return self._done(await self.answers.record(asked, answer, metadata))

    async def renew(self, request: Request, held: Held) -> HTMLResponse:
        """Answer the same whatever comes of it: the answer must not reveal who is on a list."""
        await self.renewals.renew(held.link, request.state.correlation_id)
        return self.pages.page("recorded.html", heading=ASKED, what=MAILED, next=MAILED_NEXT)

    async def _unused(self, held: Held) -> Asked:
        asked = await self.answers.asked(held.link, self.today)
        if asked.recorded is not None:
            raise LinkIsUsed(recorded(asked.recorded))
        return asked

    def _form(self, held: Held, asked: Asked, form: Fields, status: int = 200) -> HTMLResponse:
        values = {"channels": CHANNELS, "today": self.today}
        return self.pages.form(f"{held.link.answer}.html", asked.summary, form, status, **values)

    def _done(self, answer: AnswerEvent) -> HTMLResponse:
        return self.pages.page(
            "recorded.html", heading=RECORDED, what=recorded(answer), next=NEXT[type(answer)]
        )


def router(answers: Answers, renewals: Renewals, reader: LinkReader, renew_at: str, now: Clock) -> APIRouter:
    pages = AnswerPages(_ENVIRONMENT, renew_at)
    handler = AnswerHandler(answers, renewals, pages, now)
    admitted = LinkGuard(reader, now).admit(*OWN)
    any_link = LinkGuard(reader, now).admit(*AlertAnswer, over=True)
    router = routes(pages, handler, admitted)

    @router.post("/{token}/renew")
    async def renew(request: Request, held: Held = any_link) -> HTMLResponse:
        return await handler.renew(request, held)

    return router


def _identity(held: Held) -> dict[str, Any]:
    link = held.link
    return {
        "alert_id": alert_id(link.gap_id, link.unit_code),
        "gap_id": link.gap_id,
        "draft_code": link.draft_code,
        "unit_code": link.unit_code,
        "stage": link.stage,
        "recipient_id": link.recipient_id,
    }


def _planned(form: Fields, of: Mapping[str, Any], today: date, asked: Asked) -> AlertAcknowledged | None:
    latest = latest_planned_day(today, asked.summary.due_on)
    day = form.day("planned_on", earliest=today, latest=latest)
    channel = form.one_of("channel", Channel, required=False)
    return AlertAcknowledged(**of, planned_on=day, channel=channel) if day else None


def _not_ours(form: Fields, of: Mapping[str, Any], _: date, __: Asked) -> AlertTransferRequested | None:
    to_unit = form.words("to_unit", MOST_NAME, required=False)
    why = form.words("explanation", MOST_WORDS)
    return AlertTransferRequested(**of, to_unit=to_unit, explanation=why) if why else None


def _exempt(form: Fields, of: Mapping[str, Any], today: date, _: Asked) -> AlertExemptionRequested | None:
    document = form.words("document", MOST_NAME)
    authority = form.words("authority", MOST_NAME)
    day = form.day("decided_on", latest=today)
    if not (document and authority and day):
        return None
    return AlertExemptionRequested(**of, document=document, authority=authority, decided_on=day)


def _obstacle(form: Fields, of: Mapping[str, Any], _: date, __: Asked) -> AlertObstacleReported | None:
    obstacle = form.words("obstacle", MOST_WORDS)
    return AlertObstacleReported(**of, obstacle=obstacle) if obstacle else None


_READ: Mapping[AlertAnswer, Read] = MappingProxyType(
    {
        AlertAnswer.PLANNED: _planned,
        AlertAnswer.NOT_OURS: _not_ours,
        AlertAnswer.EXEMPT: _exempt,
        AlertAnswer.OBSTACLE: _obstacle,
    }
)
