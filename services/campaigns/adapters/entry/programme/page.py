"""The programme of a unit for one year: what is entered, by the eight groups, and what others ask of the unit."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.campaigns.adapters.entry.context import Entry
from services.campaigns.adapters.entry.programme.fields import FORMS
from services.campaigns.adapters.entry.programme.words import Shown, shown
from services.campaigns.application.queries import EntryFilter
from services.campaigns.domain.programme import FIRST_YEAR, LAST_YEAR
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import Dataset, ProgrammeKind
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Text
from shared.rules.programme.groups import ProgrammeGroup
from shared.rules.programme.kinds import KINDS
from shared.rules.rights.actions import Action

HEADING = Text("Chương trình của đơn vị", "Programme of the unit")
MOST = 500  # entries of one page
OWN_ENTRIES = frozenset(kind for kind in FORMS if not KINDS[kind].follows) | {ProgrammeKind.FINDING_RECORDED}


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("programmes")

    @routes.get(
        "/entry/programme",
        response_class=HTMLResponse,
        summary="The programme of a unit, with what can be entered (a page for people)",
        dependencies=[AtPosition],
    )
    async def programme(
        request: Request,
        principal: Annotated[Principal, may(Action.ENTER_PROGRAMME)],
        unit: Code | None = None,
        year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
    ) -> HTMLResponse:
        code, wanted = unit or principal.unit, year or entry.today.year
        if code is not None:
            await entry.commands.require_unit(code)
        dataset = await entry.read_model.dataset()
        of_year = EntryFilter(as_of=entry.today, unit_code=code, year=wanted, dataset=dataset)
        rows = await _rows(entry, principal, of_year)
        asked = await _asked(entry, principal, code, dataset) if code else []
        return entry.pages.page(
            request,
            "programme.html",
            heading=HEADING,
            unit_code=code,
            unit=await entry.unit(code) if code else None,
            year=wanted,
            years=range(wanted - 1, wanted + 2),
            groups=_grouped(rows) if code else [],
            asked=asked,
            names={each: await entry.unit(each) for each in _units([*rows, *asked])},
            is_own=code is not None and principal.acting.may_act_for(code),
            chooses=principal.acting.limit != frozenset({principal.unit}),
            kinds=[(kind, KINDS[kind].words) for kind in FORMS if not KINDS[kind].follows],
        )

    return routes


async def _rows(entry: Entry, principal: Principal, wanted: EntryFilter) -> list[Shown]:
    if wanted.unit_code is None:
        return []
    rows = await entry.read_model.entries(wanted, MOST, None)
    calendar = entry.rulebook.calendar
    return [shown(row, principal.acting, entry.today, calendar) for row in rows if row["kind"] in OWN_ENTRIES]


async def _asked(entry: Entry, principal: Principal, unit_code: str, dataset: Dataset | None) -> list[Shown]:
    """List what stands open in programmes of others and has to be done by the unit."""
    units = await entry.read_model.concerning(unit_code, entry.today)
    wanted = EntryFilter(
        as_of=entry.today, concerning=units, owed_by=unit_code, is_open=True, dataset=dataset
    )
    rows: list[dict[str, Any]] = await entry.read_model.entries(wanted, MOST, None)
    theirs = (shown(row, principal.acting, entry.today, entry.rulebook.calendar) for row in rows)
    return sorted((each for each in theirs if each.row["unit_code"] != unit_code), key=_due_on)


def _due_on(each: Shown) -> date:
    """Give the day until which something is to be done; what has none comes last."""
    due: date | None = each.row["standing"].due_on
    return due or date.max


def _grouped(rows: Sequence[Shown]) -> list[tuple[ProgrammeGroup, list[Shown]]]:
    by_group: dict[ProgrammeGroup, list[Shown]] = defaultdict(list)
    for each in rows:
        group = KINDS[ProgrammeKind(each.row["kind"])].group
        if group is not None:
            by_group[group].append(each)
    return [(group, by_group[group]) for group in ProgrammeGroup if by_group[group]]


def _units(rows: Sequence[Shown]) -> set[str]:
    codes = {
        code for each in rows for code in (each.row["unit_code"], each.row["lead_unit_code"], each.owed_by)
    }
    return {code for code in codes if code is not None}
