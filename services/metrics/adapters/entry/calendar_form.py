"""The page of a unit's secret calendar address: make one, put a new one in its place, withdraw it."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.metrics.adapters.lists.calendars import SqlCalendars
from services.metrics.domain.errors import UnitUnknown
from shared.auth.admission import UnitsByDay, may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.http.requests.request_context import Today, clock_of
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.pages.entry import EntryPages, NotAForm, Step, step_of
from shared.pages.forms import sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require

PATH = "/entry/calendars"
HEADING = Text("Lịch thời hạn của đơn vị", "Calendar of the unit's deadlines")
PURPOSE = Text(
    "Ai có địa chỉ này đều xem được lịch thời hạn truyền thông của đơn vị và các đơn vị trực thuộc mà không cần đăng nhập; đổi "
    "hoặc thu hồi địa chỉ thì địa chỉ cũ hết tác dụng ngay.",
    "Whoever has the address reads the deadlines of the unit and those below it without signing in; a new address, or "
    "withdrawing it, ends the old one at once.",
)
FOLLOWS = Text(
    "Phần mềm lịch (Outlook, Google Calendar, điện thoại) tự cập nhật thời hạn từ địa chỉ; địa chỉ chỉ hiển thị một lần.",
    "Calendar programs (Outlook, Google Calendar, phones) fetch the deadlines by themselves; the address is shown once.",
)
LABELS: Mapping[str, Text] = {"unit": Text("Mã đơn vị", "Code of the unit")}
HELP = Help("calendar", HEADING, PURPOSE, LABELS, FOLLOWS)


def router(pages: EntryPages, calendars: SqlCalendars, units: UnitsByDay, public: str) -> APIRouter:
    """`public` is the address at which calendar programs reach the service."""
    routes = pages.router("figures")

    async def shown(request: Request, unit_code: str | None, today: date, made: str | None) -> HTMLResponse:
        name = await _name(units, unit_code, today) if unit_code else None
        since = await calendars.made_at(unit_code) if unit_code else None
        page = pages.page(
            request,
            "calendar.html",
            heading=HEADING,
            help=HELP,
            purpose=PURPOSE,
            follows=FOLLOWS,
            unit=name,
            unit_code=unit_code,
            since=day_in_vietnam(since) if since else None,
            address=f"{public.rstrip('/')}/calendars/{made}.ics" if made else None,
        )
        page.headers["Cache-Control"] = "no-store"
        return page

    @routes.get(PATH, response_class=HTMLResponse, summary="The secret calendar address of a unit (a form)")
    async def opened(
        request: Request,
        principal: Annotated[Principal, may(Action.MAKE_CALENDAR)],
        today: Today,
        unit: Code | None = None,
    ) -> HTMLResponse:
        unit_code = unit or principal.unit
        if unit_code is not None:
            require(principal.acting, unit_code)
        return await shown(request, unit_code, today, None)

    @routes.post(PATH, response_class=HTMLResponse, summary="Make a new calendar address (from the form)")
    async def make(
        request: Request, principal: Annotated[Principal, may(Action.MAKE_CALENDAR)], today: Today
    ) -> HTMLResponse:
        unit_code = await _pressed(request, principal)
        await _name(units, unit_code, today)
        key = await calendars.make(unit_code, clock_of(request)())
        return await shown(request, unit_code, today, key)

    @routes.post(
        f"{PATH}/withdraw",
        response_class=HTMLResponse,
        summary="Withdraw a calendar address (from the form)",
    )
    async def withdraw(
        request: Request, principal: Annotated[Principal, may(Action.MAKE_CALENDAR)]
    ) -> Response:
        unit_code = await _pressed(request, principal)
        await calendars.withdraw(unit_code)
        return RedirectResponse(f"../calendars?{urlencode({'unit': unit_code})}", HTTPStatus.SEE_OTHER)

    return routes


async def _pressed(request: Request, principal: Principal) -> str:
    """Read which unit a button is about; raises `NotAForm`, `OtherUnit`."""
    form = await sent(request)
    unit_code = form.text("unit")
    if step_of(form) is not Step.RECORD or not unit_code:
        raise NotAForm
    require(principal.acting, unit_code)
    return unit_code


async def _name(units: UnitsByDay, unit_code: str, today: date) -> str:
    directory = await units.on(today)
    if unit_code not in directory.units:
        raise UnitUnknown(unit_code)
    return directory.name(unit_code)
