"""All forms of metrics, on one set of templates."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter

from services.metrics.adapters.entry import calendar_form, publish_form
from services.metrics.adapters.lists.calendars import SqlCalendars
from services.metrics.adapters.pages import page_data
from services.metrics.application.published import Publishing
from shared.auth.admission import UnitsByDay
from shared.pages.entry import EntryPages
from shared.pages.help import router as help_router
from shared.pages.layout import environment

TEMPLATES = environment(Path(__file__).parent / "templates", filters=page_data.FILTERS)


def routers(
    publishing: Publishing, calendars: SqlCalendars, units: UnitsByDay, addresses: Mapping[str, str]
) -> list[APIRouter]:
    pages = EntryPages(TEMPLATES, "metrics", addresses)
    return [
        publish_form.router(pages, publishing),
        calendar_form.router(pages, calendars, units, addresses["metrics"]),
        help_router(pages, (publish_form.HELP, calendar_form.HELP)),
    ]
