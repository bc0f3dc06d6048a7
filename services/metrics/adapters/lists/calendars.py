"""Calendars of units: the days on which gaps fall due, under a secret address that calendar programs can read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.adapters.pages import page_data
from services.metrics.adapters.tables import CALENDAR_ADDRESS
from services.metrics.application.queries import Gaps, Queries, Question, SeenGap
from services.metrics.domain.errors import CalendarUnknown
from shared.auth.admission import may, stands_for
from shared.auth.tokens import Principal
from shared.http.requests.request_context import AtPosition, Body, Today, clock_of, example
from shared.persistence.database import reading
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require
from shared.rules.words.wording import STAGES

if TYPE_CHECKING:
    from icalendar import Event

KEY_BYTES = 24
TYPE = "text/calendar; charset=utf-8"


class CalendarOf(Body):
    """The unit whose calendar it is."""

    model_config = example(unit="STP-22")

    unit: Annotated[str, Field(max_length=64)]


class CalendarAddress(BaseModel):
    """The address is shown once; whoever has it may read the calendar, and a new one ends it."""

    unit_code: str
    path: str


class CalendarWithdrawn(BaseModel):
    """`withdrawn` tells whether there was an address."""

    unit_code: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class SqlCalendars:
    """Keeps the digests of keys alone."""

    engine: AsyncEngine

    async def make(self, unit_code: str, now: datetime) -> str:
        """Make a new key in the place of the one there was, and give it: nothing can give it again."""
        key = token_urlsafe(KEY_BYTES)
        row = {"key_sha256": _digest(key), "made_at": now}
        statement = insert(CALENDAR_ADDRESS).values(unit_code=unit_code, **row)
        async with self.engine.begin() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[CALENDAR_ADDRESS.c.unit_code], set_=row)
            )
        return key

    async def withdraw(self, unit_code: str) -> bool:
        """End the address of a unit; tell whether there was one."""
        gone = delete(CALENDAR_ADDRESS).where(CALENDAR_ADDRESS.c.unit_code == unit_code)
        async with self.engine.begin() as connection:
            return bool((await connection.execute(gone)).rowcount)

    async def made_at(self, unit_code: str) -> datetime | None:
        """Tell since when a unit has its address; None if it has none."""
        query = select(CALENDAR_ADDRESS.c.made_at).where(CALENDAR_ADDRESS.c.unit_code == unit_code)
        async with reading(self.engine) as connection:
            made: datetime | None = (await connection.execute(query)).scalar_one_or_none()
        return made

    async def unit_of(self, key: str) -> str | None:
        query = select(CALENDAR_ADDRESS.c.unit_code).where(CALENDAR_ADDRESS.c.key_sha256 == _digest(key))
        async with reading(self.engine) as connection:
            return (await connection.execute(query)).scalar_one_or_none()


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


async def hold_address(calendars: SqlCalendars, request: Request) -> None:
    """Admit whoever has the address of a calendar; raises `CalendarUnknown`."""
    unit_code = await calendars.unit_of(request.path_params["key"])
    if unit_code is None:
        raise CalendarUnknown
    request.state.calendar_of = unit_code


def router(queries: Queries, calendars: SqlCalendars, public: str) -> APIRouter:
    """`public` is the address of the service, which the events lead to."""
    routes = APIRouter(tags=["figures"], dependencies=[AtPosition])

    @routes.post("/calendars", status_code=201, summary="Make a new secret address of a unit's calendar")
    async def make(
        request: Request, principal: Annotated[Principal, may(Action.MAKE_CALENDAR)], body: CalendarOf
    ) -> CalendarAddress:
        require(principal.acting, body.unit)
        key = await calendars.make(body.unit, clock_of(request)())
        return CalendarAddress(unit_code=body.unit, path=f"/calendars/{key}.ics")

    @routes.post("/calendars/withdraw", summary="Withdraw the secret address of a unit's calendar")
    async def withdraw(
        principal: Annotated[Principal, may(Action.MAKE_CALENDAR)], body: CalendarOf
    ) -> CalendarWithdrawn:
        require(principal.acting, body.unit)
        return CalendarWithdrawn(unit_code=body.unit, withdrawn=await calendars.withdraw(body.unit))

    @routes.get(
        "/calendars/{key}.ics",
        summary="The calendar of a unit, by its secret address",
        dependencies=[Depends(partial(hold_address, calendars)), stands_for(Action.READ_CALENDAR)],
        include_in_schema=False,  # as the links of mails: the address is a key
    )
    async def calendar(request: Request, key: str, today: Today) -> Response:
        del key  # looked up before
        unit_code: str = request.state.calendar_of
        question = Question(as_of=today, unit_code=unit_code, include_descendants=True)
        gaps = await queries.gaps(question)
        content = calendar_of(gaps, clock_of(request)(), public)
        return Response(content, media_type=TYPE, headers={"Cache-Control": "private, max-age=3600"})

    return routes


def calendar_of(gaps: Gaps, now: datetime, public: str) -> bytes:
    from icalendar import Calendar  # noqa: PLC0415  2 MiB that only calendars need

    made = Calendar()
    made.add("prodid", "-//Loa//Truyen thong du thao chinh sach//VI")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Hạn truyền thông dự thảo chính sách")
    for event in _events(gaps.gaps, now, public):
        made.add_component(event)
    content: bytes = made.to_ical()
    return content


def _events(gaps: Iterable[SeenGap], now: datetime, public: str) -> Iterable["Event"]:
    from icalendar import Event  # noqa: PLC0415  as above

    for seen in gaps:
        gap = seen.gap
        event = Event()
        event.add("uid", f"{gap.gap_id}@loa")
        event.add("dtstamp", now)
        event.add("dtstart", gap.due_on)
        event.add("dtend", gap.due_on + timedelta(days=1))
        event.add("summary", f"Hạn truyền thông: {gap.title} ({STAGES[gap.stage].vi})")
        event.add("description", f"{seen.unit_name}; thời hạn theo dõi nội bộ {page_data.day(gap.due_on)}")
        event.add("url", f"{public}/drafts/{gap.draft_code}")
        yield event
