"""The form on which a unit is renamed, merged into another or split: what is open goes along, and is shown before it is done.

Open drafts are transferred. What the unit owes in programmes is owed by who carries on from the day of the succession on
(`shared.rules.programme.states`), and mail to a unit without mailboxes goes to those of the units for which it carries on:
neither needs an event of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters import bodies
from services.registry.adapters.entry.context import LONGEST_CODE, Entry
from services.registry.adapters.entry.elsewhere import CarriedOn, Elsewhere
from services.registry.application.commands import Commands
from services.registry.application.queries import open_drafts
from services.registry.domain import draft_commands as drafts
from services.registry.domain import unit as units
from services.registry.domain.errors import UnitNotFound
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import SuccessionKind
from shared.eventstore.handle import Handled
from shared.http.requests import request_context
from shared.kernel.errors import Refusal, Text
from shared.pages.date_boxes import date_in_boxes
from shared.pages.entry import FORM_ID, Link, Step, body_of, form_id_of, refused, step_of, with_values
from shared.pages.forms import MISSING, Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require
from shared.rules.sequence import DayInFuture

PATH = "/entry/units/{unit_code}/reorganisation"
HEADING = Text("Sắp xếp lại đơn vị", "Reorganise a unit")
REVIEW = Text("Xem lại trước khi ghi nhận", "Look at it before it is recorded")
DONE = Text("Đã ghi nhận", "Recorded")
MOST_WORDS, MOST_UNITS = 2000, 20
LISTED_BY = ";"


class Kind(StrEnum):
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"


KINDS: Mapping[Kind, Text] = {
    Kind.RENAME: Text("Đổi tên", "Rename"),
    Kind.MERGE: Text("Sáp nhập vào đơn vị khác", "Merge into another unit"),
    Kind.SPLIT: Text("Chia, tách cho nhiều đơn vị", "Split between units"),
}
LABELS: Mapping[str, Text] = {
    "kind": Text("Hình thức sắp xếp", "What changes"),
    "on": Text("Từ ngày", "From"),
    "legal_basis": Text("Văn bản", "Document"),
    "name": Text("Tên mới (khi đổi tên)", "New name (to rename)"),
    "to_codes": Text("Mã đơn vị tiếp nhận (khi sáp nhập, chia, tách)", "Code of who carries on (else)"),
}
HELP = Help(
    "reorganisation",
    HEADING,
    Text(
        "Đổi tên, sáp nhập, chia hoặc tách một đơn vị theo văn bản. Mọi dự thảo đang soạn thảo, nhiệm vụ, vướng mắc chưa xong của "
        "đơn vị được chuyển cho đơn vị tiếp nhận trong cùng một lần ghi nhận; danh sách được nêu trước.",
        "Renames, merges or splits a unit by a document. All its open drafts, tasks and obstacles go to who carries on, at once; "
        "the list is shown first.",
    ),
    LABELS,
    Text(
        "Từ ngày sắp xếp, việc chưa xong của đơn vị cũ là việc của đơn vị tiếp nhận; thư được gửi đến người nhận của đơn vị tiếp "
        "nhận, khi chưa có thì đến người nhận của đơn vị cũ. Chia cho nhiều đơn vị thì các đơn vị đều được nhắc; ai làm việc "
        "nào đề nghị đính chính ở trang chương trình.",
        "From that day what is open is for who carries on to do; mail goes to its recipients, until there are any to those of the "
        "former unit. After a split each unit is reminded; who does what is corrected on the page of the programme.",
    ),
)
ONE_UNIT = Text("Sáp nhập thì ghi một mã đơn vị.", "A merger names one unit.")
SEVERAL = Text(
    "Chia, tách thì ghi từ hai mã đơn vị, cách nhau bằng dấu chấm phẩy.",
    "A split names two units or more, with semicolons between them.",
)
FIELDS = {DayInFuture.code: "on", UnitNotFound.code: "to_codes"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be recorded; `to` are those that carry on, with the draft codes that each gets."""

    kind: Kind
    on: date
    legal_basis: str
    name: str | None
    to: Mapping[str, Sequence[str]]

    def commands(self, unit_code: str) -> list[units.Command]:
        if self.kind is Kind.RENAME:
            values = {"name": self.name, "on": self.on, "legal_basis": self.legal_basis}
            return [bodies.Renaming.model_validate(values).command(unit_code)]
        kind = SuccessionKind(self.kind)
        return [
            bodies.Succession(to_code=code, kind=kind, date=self.on, legal_basis=self.legal_basis).command(
                unit_code
            )
            for code in self.to
        ]


def router(entry: Entry, elsewhere: Elsewhere) -> APIRouter:
    routes = entry.pages.router("units")
    form = ReorganisationForm(entry, elsewhere)

    @routes.get(PATH, response_class=HTMLResponse, summary="Reorganise a unit (a form for people)")
    async def opened(
        request: Request, unit_code: Code, principal: Annotated[Principal, may(Action.SUCCEED_UNIT)]
    ) -> HTMLResponse:
        return await form.shown(request, principal, unit_code, Fields())

    @routes.post(PATH, response_class=HTMLResponse, summary="Reorganise a unit (from the form)")
    async def taken(
        request: Request, unit_code: Code, principal: Annotated[Principal, may(Action.SUCCEED_UNIT)]
    ) -> HTMLResponse:
        return await form.taken(request, principal, unit_code, await sent(request))

    return routes


class ReorganisationForm:
    def __init__(self, entry: Entry, elsewhere: Elsewhere) -> None:
        self.entry = entry
        self.elsewhere = elsewhere

    async def shown(
        self, request: Request, principal: Principal, unit_code: str, form: Fields, status: int = 200
    ) -> HTMLResponse:
        require(principal.acting, unit_code)
        await self.entry.commands.require_unit(unit_code)
        return self.entry.pages.page(
            request,
            "reorganisation.html",
            status,
            heading=HEADING,
            help=HELP,
            form=with_values(form, **{FORM_ID: form_id_of(form, self.entry.commands.new_id)}),
            labels=LABELS,
            kinds=KINDS,
            unit_code=unit_code,
            unit=await self.entry.unit(unit_code),
            drafts=await open_drafts(self.entry.read_model, unit_code),
            carried=await self._carried_on(request, unit_code),
        )

    async def _carried_on(self, request: Request, unit_code: str) -> CarriedOn:
        return await self.elsewhere.carried_on(request, unit_code, self.entry.commands.today)

    async def taken(
        self, request: Request, principal: Principal, unit_code: str, form: Fields
    ) -> HTMLResponse:
        require(principal.acting, unit_code)
        step = step_of(form)
        if step in {Step.EDIT, Step.MORE}:
            return await self.shown(request, principal, unit_code, form)
        rows = await open_drafts(self.entry.read_model, unit_code)
        wanted = _read(form, [row["draft_code"] for row in rows])
        if wanted is None:
            return await self.shown(request, principal, unit_code, form, 422)
        try:
            await self._carried_out(request, principal, unit_code, form, wanted, self.entry.rehearsed)
            if step is Step.REVIEW:
                return await self._review(request, unit_code, form, wanted, rows)
            position = await self._carried_out(
                request, principal, unit_code, form, wanted, self.entry.commands
            )
        except Refusal as refusal:
            return await self.shown(request, principal, unit_code, form, refused(form, refusal, FIELDS))
        return await self._done(request, unit_code, wanted, position)

    async def _carried_out(
        self,
        request: Request,
        principal: Principal,
        unit_code: str,
        form: Fields,
        wanted: Wanted,
        commands: Commands,
    ) -> int:
        """Hand the drafts over, then end the unit: sent again after a fault it goes on where it stopped."""
        key, position = form_id_of(form, commands.new_id), 0
        for to_code, codes in wanted.to.items():
            require(principal.acting, to_code)
            for code in codes:
                transfer = drafts.Transfer(
                    to_unit_code=to_code,
                    on=wanted.on,
                    document=wanted.legal_basis,
                    by=principal.acting,
                    today=commands.today,
                )
                metadata = request_context.metadata(request, principal, f"{key}:{code}")
                position = (await commands.on_draft(code, transfer, metadata)).version.position
        for number, command in enumerate(wanted.commands(unit_code)):
            metadata = request_context.metadata(request, principal, f"{key}:{number}")
            handled: Handled[Any] = await commands.on_unit(command, metadata)
            position = max(position, handled.version.position)
        return position

    async def _review(
        self,
        request: Request,
        unit_code: str,
        form: Fields,
        wanted: Wanted,
        rows: Sequence[Mapping[str, Any]],
    ) -> HTMLResponse:
        names = {code: await self.entry.unit(code) for code in wanted.to}
        to_of = {code: to for to, codes in wanted.to.items() for code in codes}
        return self.entry.pages.page(
            request,
            "reorganisation_review.html",
            heading=REVIEW,
            form=form,
            wanted=wanted,
            kind=KINDS[wanted.kind],
            unit_code=unit_code,
            unit=await self.entry.unit(unit_code),
            names=names,
            carried=await self._carried_on(request, unit_code),
            receiving={code: await self._carried_on(request, code) for code in wanted.to},
            drafts=[(row, to_of.get(row["draft_code"])) for row in rows],
        )

    async def _done(self, request: Request, unit_code: str, wanted: Wanted, position: int) -> HTMLResponse:
        name, what = await self.entry.unit(unit_code), KINDS[wanted.kind]
        moved = sum(len(codes) for codes in wanted.to.values())
        at = self.entry.pages.at(request)
        following = [HELP.follows] if wanted.to else []
        if moved:
            following.insert(
                0, Text(f"Đã chuyển {moved:02} dự thảo đang soạn thảo.", f"Drafts handed over: {moved}.")
            )
        page = self.entry.pages.page(
            request,
            "entry_done.html",
            heading=DONE,
            what=Text(f"{what.vi}: {name}.", f"{what.en}: {name}."),
            consequences=following,
            links=[
                Link(
                    f"{at['campaigns']}entry/programme?unit={unit_code}",
                    Text("Chương trình của đơn vị cũ", "Programme of the former unit"),
                ),
                *(
                    Link(f"{at['notifier']}entry/units/{code}/recipients", _recipients(code))
                    for code in wanted.to
                ),
                Link(
                    f"{at['registry']}home?min_position={position}",
                    Text("Trang của đơn vị", "Page of the unit"),
                ),
            ],
        )
        page.headers["Loa-Position"] = str(position)
        return page


def _recipients(code: str) -> Text:
    return Text(f"Người nhận thư của {code}", f"Recipients of {code}")


def _read(form: Fields, codes: Sequence[str]) -> Wanted | None:
    kind, dated = form.one_of("kind", Kind), date_in_boxes(form, "on", whole=True)
    basis = form.words("legal_basis", MOST_WORDS)
    to = _successors(form, kind) if kind not in {None, Kind.RENAME} else []
    name = form.words("name", MOST_WORDS, required=kind is Kind.RENAME)
    if kind is Kind.RENAME and name:
        body_of(form, bodies.Renaming, {"name": name, "on": dated and dated[0]})
    if form.errors or kind is None or dated is None or basis is None:
        return None
    given: dict[str, list[str]] = {code: [] for code in to}
    for code in codes if to else ():
        chosen = form.text(f"to_{code}", to[0])
        given[chosen if chosen in given else to[0]].append(code)
    return Wanted(kind, dated[0], basis, name, given)


def _successors(form: Fields, kind: Kind | None) -> list[str]:
    words = form.words("to_codes", MOST_UNITS * (LONGEST_CODE + 2))
    codes = list(
        dict.fromkeys(filter(None, (each.strip().upper() for each in (words or "").split(LISTED_BY))))
    )
    if words is None:
        form.errors.setdefault("to_codes", MISSING)
    elif kind is Kind.MERGE and len(codes) != 1:
        form.errors["to_codes"] = ONE_UNIT
    elif kind is Kind.SPLIT and not 1 < len(codes) <= MOST_UNITS:
        form.errors["to_codes"] = SEVERAL
    return codes
