"""Forms that change a draft: each is read, shown with what follows, then recorded, or asked for where it lowers a duty."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters import bodies
from services.registry.adapters.entry.consequences import outcome_of
from services.registry.adapters.entry.context import ASKED, Entry
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft as decider
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft, State
from services.registry.domain.errors import (
    EntryExists,
    ExpectedDayPassed,
    PostingEndsBefore,
    PostingNotExtended,
    StageAfterEnd,
    UnitNotFound,
)
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.eventstore.handle import Handled, History
from shared.http.requests import request_context
from shared.kernel.errors import Refusal, Text
from shared.pages.date_boxes import BOXES, box
from shared.pages.entry import (
    FORM_ID,
    VERSION,
    Step,
    form_id_of,
    refused,
    step_of,
    version_of,
    with_values,
)
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.sequence import DayInFuture, NotFirstDay

REVIEW = Text("Xem lại trước khi ghi nhận", "Look at it before it is recorded")
DONE = Text("Đã ghi nhận", "Recorded")
AT_ONCE = Text("Nội dung này có hiệu lực ngay khi ghi nhận.", "It holds as soon as it is recorded.")
UNKNOWN_UNIT = Text(
    "Chưa có đơn vị với mã này trong danh sách; đề nghị xem lại mã.",
    "No unit of this code is registered; look at the code again.",
)
FIELDS = {
    UnitNotFound.code: "to_unit_code",
    StageAfterEnd.code: "stage",
    PostingEndsBefore.code: "closes_on",
    PostingNotExtended.code: "closes_on",
}

OF_A_DAY = (DayInFuture.code, NotFirstDay.code, ExpectedDayPassed.code, EntryExists.code)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `options` are those of a list, of ticks, or of a choice, where `default` is chosen at first."""

    name: str
    label: Text
    kind: Literal["line", "words", "boxes", "ticks", "choice", "list", "number"] = "line"
    hint: str = ""
    options: Mapping[Any, Text] = field(default_factory=dict)
    default: str = ""


Number = UUID | int | str
"""What a form is about: a stage, a request or a posting by its id, a policy by its number, the draft itself by its code."""
Read = Callable[[Fields, Given, Number | None], drafts.Command | None]
About = Callable[[Draft, History, Number | None], Text | None]
Following = Callable[[Entry, Draft, Handled[State], Any], Iterator[Text]]


def holds_at_once(_entry: Entry, _draft: Draft, _handled: Handled[State], _command: Any) -> Iterator[Text]:
    yield AT_ONCE


def nothing(_draft: Draft, _history: History, _number: Number | None) -> None:
    """The draft alone."""


async def no_number() -> None:
    return None


async def by_id(number: UUID) -> UUID:
    return number


async def by_policy(policy_no: Annotated[int, Path(ge=1, le=bodies.MOST_POLICIES)]) -> int:
    return policy_no


async def by_draft(draft_code: Code) -> str:
    return draft_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One kind of change. `path` follows that of the draft; `number` reads from the address what the form is about.

    `filled` gives what the form shows at first. `about` names what the address stands for: whoever takes something back sees what
    it is. Both raise a `Refusal` if there is nothing to change. `compared`: what is on record stands beside what was typed, before
    it is recorded. `instead` is the path of the form that corrects what this one cancels.
    """

    path: str
    action: Action
    heading: Text
    intro: Text
    fields: tuple[Field, ...]
    read: Read
    number: Callable[..., Awaitable[Number | None]] = no_number
    filled: Callable[[Draft, History, Number | None], dict[str, list[str]]] = lambda _d, _h, _i: {}
    about: About = nothing
    following: Following = holds_at_once
    compared: bool = False
    instead: str = ""

    @property
    def places(self) -> Mapping[str, str]:
        """Give the field of a refusal by its code: what is wrong with a day stands beside the first day."""
        day = next((each.name for each in self.fields if each.kind == "boxes"), "")
        return {**FIELDS, **(dict.fromkeys(OF_A_DAY, day) if day else {})}

    @property
    def help(self) -> Help:
        return Help(self.action, self.heading, self.intro, self.labels)

    @property
    def labels(self) -> dict[str, Text]:
        return {each.name: each.label for each in self.fields}


def router(entry: Entry, changes: tuple[Change, ...]) -> APIRouter:
    routes = entry.pages.router("drafts")
    for change in changes:
        _add(routes, ChangeForm(entry, change))
    return routes


def _add(routes: APIRouter, form: "ChangeForm") -> None:
    change = form.change
    path = f"/entry/drafts/{{draft_code}}/{change.path}"
    numbered = Depends(change.number)

    @routes.get(
        path,
        name=f"open_{change.action}",
        response_class=HTMLResponse,
        summary=f"{change.heading.en} (a form for people)",
    )
    async def opened(
        request: Request,
        draft_code: Code,
        principal: Annotated[Principal, may(change.action)],
        number: Number | None = numbered,
    ) -> HTMLResponse:
        return await form.shown(request, principal, draft_code, Fields(), number)

    @routes.post(
        path,
        name=f"send_{change.action}",
        response_class=HTMLResponse,
        summary=f"{change.heading.en} (from the form)",
    )
    async def taken(
        request: Request,
        draft_code: Code,
        principal: Annotated[Principal, may(change.action)],
        number: Number | None = numbered,
    ) -> HTMLResponse:
        return await form.taken(request, principal, draft_code, await sent(request), number)


def written(form: Fields, asked: Field) -> str:
    """Write what was typed in a field, to be looked at before it is recorded."""
    if asked.kind == "boxes":
        given = (form.text(box(asked.name, part)).strip() for part in BOXES)
        return "/".join(part.zfill(2) for part in given if part)
    if asked.options:
        chosen = (asked.options.get(value) for value in form.chosen(asked.name))
        return ", ".join(text.vi for text in chosen if text)
    return form.text(asked.name)


def compared(
    fields: Iterable[Field], form: Fields, recorded: Fields
) -> Iterator[tuple[Text, str, str | None]]:
    """Give what was typed in each field, with what is on record there if that is something else, else None."""
    for asked in fields:
        now, before = written(form, asked), written(recorded, asked)
        if now or before:
            yield asked.label, now, before if before and before != now else None


class ChangeForm:
    def __init__(self, entry: Entry, change: Change) -> None:
        self.entry = entry
        self.change = change

    async def shown(
        self,
        request: Request,
        principal: Principal,
        draft_code: str,
        form: Fields,
        number: Number | None,
        status: int = 200,
    ) -> HTMLResponse:
        commands, change = self.entry.commands, self.change
        draft, history = await self.entry.own_draft(draft_code, principal)
        filled = change.filled(draft, history, number)
        if not form.given:
            form = Fields(filled)
        hidden = {FORM_ID: form_id_of(form, commands.new_id), VERSION: history.version.count}
        return self.entry.pages.page(
            request,
            "change_form.html",
            status,
            heading=change.heading,
            help=change.help,
            form=with_values(form, **hidden),
            labels=change.labels,
            change=change,
            about=change.about(draft, history, number),
            instead=change.instead.format(number=number),
            draft=draft,
        )

    async def taken(
        self, request: Request, principal: Principal, draft_code: str, form: Fields, number: Number | None
    ) -> HTMLResponse:
        if step_of(form) in {Step.EDIT, Step.MORE}:
            return await self.shown(request, principal, draft_code, form, number)
        given = Given(by=principal.acting, today=self.entry.commands.today)
        command = self.change.read(form, given, number)
        if command is None:
            return await self.shown(request, principal, draft_code, form, number, 422)
        try:
            return await self._carried_out(request, principal, draft_code, form, number, command)
        except Refusal as refusal:
            status = refused(form, refusal, self.change.places, {UnitNotFound.code: UNKNOWN_UNIT})
            return await self.shown(request, principal, draft_code, form, number, status)

    async def _carried_out(
        self,
        request: Request,
        principal: Principal,
        draft_code: str,
        form: Fields,
        number: Number | None,
        command: drafts.Command,
    ) -> HTMLResponse:
        review, change = step_of(form) is Step.REVIEW, self.change
        commands = self.entry.rehearsed if review else self.entry.commands
        metadata = request_context.metadata(request, principal, str(form_id_of(form, commands.new_id)))
        handled = await commands.on_draft(draft_code, command, metadata, version_of(form))
        draft, before = handled.state, handled.before.state(decider)
        assert isinstance(draft, Draft)  # noqa: S101  narrowing: a command on an absent draft is refused
        assert isinstance(before, Draft)  # noqa: S101
        following = change.following(self.entry, draft, handled, command)
        outcome = await outcome_of(self.entry.commands, handled, command, following)
        if review:
            recorded = Fields(change.filled(before, handled.before, number) if change.compared else {})
            return self.entry.pages.page(
                request,
                "change_review.html",
                heading=REVIEW,
                form=form,
                draft=draft,
                what=change.heading,
                about=change.about(before, handled.before, number),
                typed=list(compared(change.fields, form, recorded)),
                outcome=outcome,
            )
        name = change.heading
        what = (
            ASKED
            if outcome.waits
            else Text(f"{DONE.vi}: {name.vi.lower()}.", f"{DONE.en}: {name.en.lower()}.")
        )
        return self.entry.done(request, DONE, what, outcome, draft_code, handled.version.position)
