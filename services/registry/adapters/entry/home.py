"""Where a clerk begins: the drafts of the unit with their stages and what can be done, a search, and one draft."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters.entry.context import Entry
from services.registry.adapters.entry.elsewhere import Elsewhere
from services.registry.adapters.entry.history_words import words_of, words_of_stage
from services.registry.adapters.request_views import request_view
from services.registry.application.queries import DraftFilter
from services.registry.domain.draft_state import exemption_number, facts_of, procedure_of
from services.registry.domain.lowering import scope_of
from services.registry.domain.next_stages import next_stages
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.envelope import Recorded
from shared.contracts.event import Code
from shared.contracts.registry import DraftRequestDecided
from shared.contracts.vocabulary import Dataset, Stage
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.rules.rights.actions import Action
from shared.rules.rights.table import roles_of
from shared.rules.words.wording import INSTRUMENTS, PROCEDURES, REGIMES, REQUESTS, SCOPE, STAGES

HEADING = Text("Trang của đơn vị", "Page of the unit")
MOST = 50  # drafts on one page
MOST_UNITS = 10  # units that a search names
MOST_WAITING = 500  # requests that are counted


async def _waiting(entry: Entry, principal: Principal, dataset: Dataset | None) -> int:
    """Count the requests that wait for a decision of the caller."""
    asking = await entry.read_model.asking(principal.acting.limit, MOST_WAITING, dataset)
    return sum(principal.acting.may_decide_for(unit_code) for unit_code in asking)


def router(entry: Entry, elsewhere: Elsewhere) -> APIRouter:
    routes = entry.pages.router("drafts")

    @routes.get(
        "/home",
        response_class=HTMLResponse,
        summary="The drafts of one's unit, and what can be done (a page for people)",
        dependencies=[AtPosition],
    )
    async def home(
        request: Request,
        principal: Annotated[Principal, may(Action.REGISTER_DRAFT)],
        q: str | None = None,
        every: str | None = None,
        after: str | None = None,
    ) -> HTMLResponse:
        """`every`: drafts of all units, of which others may be supported."""
        text, decides = (q or "").strip(), principal.role in roles_of(Action.DECIDE_REQUEST)
        unit, dataset = None if every else principal.unit, await entry.read_model.dataset()
        rows = await entry.read_model.drafts(
            DraftFilter(text=text or None, unit_code=unit, dataset=dataset), MOST + 1, after or None
        )
        units = await entry.read_model.units(text, MOST_UNITS, None) if text and not after else []
        chosen = {"q": text, "every": every or ""}
        more = {**chosen, "after": rows[MOST - 1]["draft_code"]} if len(rows) > MOST else None
        listed = [
            {
                **row,
                "stage": STAGES[Stage(row["stage"])] if row["stage"] else None,
                "is_own": principal.acting.may_act_for(row["lead_unit_code"]),
            }
            for row in rows[:MOST]
        ]
        return entry.pages.page(
            request,
            "home.html",
            heading=HEADING,
            searches=bool(text),
            unit_code=principal.unit,
            waiting=await _waiting(entry, principal, dataset) if decides else 0,
            counts=await elsewhere.counts(request, principal.unit) if decides else {},
            units=[
                {**row, "reorganises": principal.acting.may_decide_for(row["unit_code"])} for row in units
            ],
            unit=await entry.unit(principal.unit) if principal.unit else None,
            drafts=listed,
            text=text,
            every=bool(every) or principal.unit is None,
            more=urlencode({name: value for name, value in more.items() if value}) if more else None,
            decides=decides,
            names_recipients=principal.role in roles_of(Action.REPLACE_RECIPIENTS),
        )

    @routes.get(
        "/entry/drafts/{draft_code}",
        response_class=HTMLResponse,
        summary="One draft, its history, and what can be done (a page for people)",
    )
    async def draft(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.REGISTER_DRAFT)]
    ) -> HTMLResponse:
        commands = entry.commands
        state, history = await commands.draft_with_history(draft_code)
        lead, described = state.lead_on(commands.today), state.described
        is_own = principal.acting.may_act_for(lead)
        stages = next_stages(facts_of(state, history.events), commands.rulebook, commands.today)
        waiting = [await request_view(commands, each) for each in state.requests if each.is_waiting]
        return entry.pages.page(
            request,
            "draft_page.html",
            heading=Text(state.title, ""),
            draft=state,
            unit=await entry.unit(lead),
            is_own=is_own,
            instrument=INSTRUMENTS[described.instrument],
            regime=REGIMES[described.regime],
            procedure=PROCEDURES[procedure_of(state)],
            scope=SCOPE[scope_of(state, commands.rulebook)],
            stage=STAGES[stages.current.stage] if stages.current else None,
            since=stages.since,
            postings=[(each, STAGES[each.opened.stage]) for each in state.postings],
            waiting=[(REQUESTS[each.kind], each) for each in waiting] if is_own else [],
            stages=[
                (each.entry_id, words_of_stage(each.stage, each.entered_on, each.precision))
                for each in commands.entries(state, history)
            ],
            exemptions=[(exemption_number(each), words_of(each)) for each in state.exemptions],
            events=await _listed(entry, history.events),
        )

    return routes


async def _listed(entry: Entry, events: Sequence[Recorded]) -> list[tuple[date, Text, Text | None]]:
    """List events, the newest first: the day, what it is, and which unit entered it in the place of another one."""
    listed = [
        (event, words, _in_place(event))
        for event in reversed(events)
        if (words := words_of(event.data)) is not None
    ]
    named = {code for *_, units in listed for code in units}
    names = {code: await entry.unit(code) for code in named}
    return [
        (day_in_vietnam(event.metadata.time), words, _by(*(names[code] for code in units)) if units else None)
        for event, words, units in listed
    ]


def _in_place(event: Recorded) -> tuple[str, ...]:
    """Give the unit that entered an event in the place of another one, and that one; none if it did so itself.

    A decision, and what follows from one, is made in nobody's place.
    """
    about, by = event.metadata.about, event.metadata.actor_unit
    decided = isinstance(event.data, DraftRequestDecided) or event.metadata.causation_id is not None
    if decided or by is None or about is None or about.unit_code is None:
        return ()
    return by, about.unit_code


def _by(name: str, of: str) -> Text:
    return Text(f"{name} nhập thay {of}", f"entered by {name} in the place of {of}")
