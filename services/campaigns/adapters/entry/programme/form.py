"""The form of an entry of a programme: a new one, what followed one, a correction or its end; one form for each kind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from services.campaigns.adapters.entry.context import Entry, context_of
from services.campaigns.adapters.entry.programme import fields
from services.campaigns.adapters.entry.programme.fields import EntryForm, form_of
from services.campaigns.adapters.entry.programme.words import status_words
from services.campaigns.adapters.programmes.bodies import NewEntry
from services.campaigns.adapters.programmes.views import EntryView, programme_view
from services.campaigns.domain.entry_state import Entered
from services.campaigns.domain.programme import FIRST_YEAR, LAST_YEAR, Programme, Record
from services.campaigns.domain.programme_errors import EntryNotFound
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Acting, Code
from shared.contracts.vocabulary import ProgrammeKind
from shared.eventstore.handle import History
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import (
    FORM_ID,
    VERSION,
    Link,
    NotAForm,
    Step,
    body_of,
    form_id_of,
    refused,
    step_of,
    version_of,
    with_values,
)
from shared.pages.forms import Fields, sent
from shared.rules.programme.kinds import CHANGES, KINDS
from shared.rules.rights.actions import Action

Kind = ProgrammeKind
Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]
PATH = "/entry/programme/{unit_code}/{year}"
OF_ENTRY = f"{PATH}/{{entry_id}}"
NOW_OWED = Text("Bước tiếp theo do {} thực hiện.", "{} acts next.")


@dataclass(frozen=True, slots=True)
class About:
    """What a form enters, into which programme, for whom; `followed` is the id of the entry that it follows."""

    unit_code: str
    year: int
    kind: Kind
    by: Acting
    followed: UUID | None = None

    def __post_init__(self) -> None:
        if bool(KINDS[self.kind].follows) is not (self.followed is not None):
            raise NotAForm

    @property
    def changes(self) -> bool:
        return self.kind in CHANGES


Meant = Callable[[Acting], About]
"""What an address names, for who may do it: whoever may not is refused before the address is looked at."""


async def _begun(unit_code: Code, year: Year, kind: Kind) -> Meant:
    return lambda by: About(unit_code, year, kind, by)


async def _followed(unit_code: Code, year: Year, entry_id: UUID, kind: Kind) -> Meant:
    return lambda by: About(unit_code, year, kind, by, entry_id)


def _changed(kind: Kind) -> Callable[..., Awaitable[Meant]]:
    async def read(unit_code: Code, year: Year, entry_id: UUID) -> Meant:
        return await _followed(unit_code, year, entry_id, kind)

    return read


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("programmes")
    form = ProgrammeForm(entry)
    _add(
        routes,
        form,
        f"{PATH}/{{kind}}",
        Action.ENTER_PROGRAMME,
        _begun,
        "Enter something into a programme",
        ("opened", "entered"),
    )
    for kind, action in CHANGES.items():  # before the path that takes any kind
        _add(
            routes,
            form,
            f"{OF_ENTRY}/{kind}",
            action,
            _changed(kind),
            KINDS[kind].words.en,
            (f"open_{action}", f"send_{action}"),
        )
    _add(
        routes,
        form,
        f"{OF_ENTRY}/{{kind}}",
        Action.FOLLOW_PROGRAMME_ENTRY,
        _followed,
        "Enter what followed an entry",
        ("open_step", "follow"),
    )
    return routes


def _add(
    routes: APIRouter,
    form: "ProgrammeForm",
    path: str,
    action: Action,
    read: Callable[..., Awaitable[Meant]],
    summary: str,
    names: tuple[str, str],
) -> None:
    """Add the form at a path, and what is sent from it; `read` reads the address, `names` are those of the routes."""
    opening, sending = names

    @routes.get(
        path,
        name=opening,
        response_class=HTMLResponse,
        summary=f"{summary} (a form for people)",
        dependencies=[AtPosition],
    )
    async def opened(
        request: Request,
        meant: Annotated[Meant, Depends(read)],
        principal: Annotated[Principal, may(action)],
    ) -> HTMLResponse:
        return await form.shown(request, meant(principal.acting), None)

    @routes.post(
        path,
        name=sending,
        response_class=HTMLResponse,
        summary=f"{summary} (from the form)",
        dependencies=[AtPosition],
    )
    async def taken(
        request: Request,
        meant: Annotated[Meant, Depends(read)],
        principal: Annotated[Principal, may(action)],
    ) -> HTMLResponse:
        about = meant(principal.acting)
        return await form.taken(request, principal, about, await sent(request))


@dataclass(frozen=True, slots=True)
class Seen:
    """The programme as it was read for a form: how the entry that is followed stands, what is corrected, the version."""

    form: EntryForm
    programme: Programme
    corrected: Entered | None
    view: EntryView | None
    version: int

    @property
    def asked(self) -> date | None:
        """Give the day until which more time is asked for."""
        return self.view.requests[-1].until if self.view and self.view.requests else None


class ProgrammeForm:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    async def shown(
        self, request: Request, about: About, form: Fields | None, status: int = 200
    ) -> HTMLResponse:
        entry, seen = self.entry, await self._seen(about)
        await entry.commands.check_writer(seen.programme, self._asked(about))
        if form is None:
            form = (
                fields.written(seen.corrected.content, seen.form)
                if seen.corrected
                else fields.begun(about.kind, entry.today, seen.asked)
            )
        hidden: dict[str, object] = {FORM_ID: form_id_of(form, entry.commands.new_id)}
        if about.changes:
            hidden[VERSION] = seen.version
        view = seen.view
        return entry.pages.page(
            request,
            "programme_form.html",
            status,
            heading=KINDS[about.kind].words,
            help=fields.help_of(about.kind),
            form=with_values(form, **hidden),
            labels=seen.form.labels,
            required=seen.form.required,
            dates=fields.DATES,
            numbers=fields.NUMBERS,
            long=fields.LONG,
            choices=fields.CHOICES,
            unit=await entry.unit(about.unit_code),
            year=about.year,
            view=view,
            lead=await entry.unit(view.lead_unit_code) if view and view.lead_unit_code else None,
        )

    async def taken(self, request: Request, principal: Principal, about: About, form: Fields) -> HTMLResponse:
        if step_of(form) is not Step.RECORD:
            return await self.shown(request, about, form)
        entry, seen = self.entry, await self._seen(about)
        body = body_of(form, NewEntry, self._values(about, seen, form))
        if body is None:
            return await self.shown(request, about, form, 422)
        key = str(form_id_of(form, entry.commands.new_id))
        context = context_of(request, principal, key, version_of(form) if about.changes else None)
        within = f"{about.unit_code}:{about.year}:{about.followed or ''}:{about.kind}"
        number = context.id_of("entry", within, entry.commands.new_id)
        command = body.command(about.unit_code, about.year, number, by=context.by, today=entry.today)
        if seen.corrected is not None:
            command = replace(command, notes=seen.corrected.content.notes)
        try:
            handled = await entry.commands.enter(command, context.metadata, context.if_match)
        except Refusal as refusal:
            return await self.shown(request, about, form, refused(form, refusal, fields.FIELDS))
        return await self._done(request, about, about.followed or number, handled.version.position)

    def _values(self, about: About, seen: Seen, form: Fields) -> Mapping[str, Any]:
        values = fields.read(form, seen.form)
        if about.followed is None:
            return values | {"kind": about.kind}
        values |= {"of_entry": about.followed, "kind": about.kind}
        if not about.changes:
            return values | {"happened_on": values.get("happened_on") or self.entry.today}
        if seen.corrected is not None:
            before = fields.kept(seen.corrected.content)
            if values.get("lead_unit_code") != before["lead_unit_code"]:
                before.pop("needs_acceptance")  # it follows from who leads the task
            return {name: each for name, each in before.items() if name in NewEntry.model_fields} | values
        return values

    def _asked(self, about: About) -> Record:
        """Give the command of a form that is not filled in yet, to see whether the caller may give it."""
        return Record(
            by=about.by,
            today=self.entry.today,
            kind=about.kind,
            of_entry=about.followed,
            entry_id=self.entry.commands.new_id(),
            unit_code=about.unit_code,
            year=about.year,
        )

    async def _seen(self, about: About) -> Seen:
        entry = self.entry
        await entry.commands.require_unit(about.unit_code)
        programme, history = await entry.commands.programme(about.unit_code, about.year)
        if about.followed is None:
            return Seen(form_of(about.kind), programme, None, None, history.version.count)
        entered = programme.entries.get(about.followed)
        if entered is None:
            raise EntryNotFound
        own = self._view(about, programme, history, about.followed)
        corrected = entered if about.kind is Kind.ENTRY_CORRECTED else None
        return Seen(form_of(about.kind, own.kind), programme, corrected, own, history.version.count)

    def _view(self, about: About, programme: Programme, history: History, entry_id: UUID) -> EntryView:
        """Show one entry as it stands today."""
        view = programme_view(about.unit_code, about.year, programme, history.events, self.entry.today)
        return next(each for each in view.entries if each.entry_id == entry_id)

    async def _done(self, request: Request, about: About, entry_id: UUID, position: int) -> HTMLResponse:
        entry, words = self.entry, KINDS[about.kind].words
        programme, history = await entry.commands.programme(about.unit_code, about.year)
        own = self._view(about, programme, history, entry_id)
        following = []
        if own.status is not None:
            status = status_words(own.kind, own.status)
            following.append(Text(f"Tình trạng: {status.vi.lower()}.", f"It is {status.en.lower()}."))
        if own.owed_by is not None:
            unit = await entry.unit(own.owed_by)
            following.append(Text(NOW_OWED.vi.format(unit), NOW_OWED.en.format(unit)))
        what = Text(f"{words.vi}: {own.title}.", f"{words.en}: {own.title}.")
        return entry.done(request, what, following, links(entry, request, about, position), position)


def links(entry: Entry, request: Request, about: About, position: int) -> list[Link]:
    at, newest = entry.pages.at(request), f"min_position={position}"
    own = f"{at['campaigns']}entry"
    programme = f"{own}/programme?unit={about.unit_code}&year={about.year}&{newest}"
    return [
        Link(programme, Text("Chương trình của đơn vị", "Programme of the unit")),
        Link(f"{own}/decisions?{newest}", Text("Việc chờ quyết định", "What waits for a decision")),
        Link(f"{at['registry']}home", Text("Trang của đơn vị", "Page of the unit")),
    ]
