"""What waits in one's area: obstacles, results of tasks, overdue tasks, coordinating work, communications to verify."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from services.campaigns.adapters.communications.bodies import Verification, VerificationRefusal
from services.campaigns.adapters.entry.communication_words import sentence
from services.campaigns.adapters.entry.context import Entry, context_of
from services.campaigns.adapters.entry.programme.words import Shown, shown
from services.campaigns.application.duty_answers import BY_REQUEST
from services.campaigns.application.queries import CommunicationFilter, EntryFilter
from services.campaigns.domain.communication import Communication
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Acting
from shared.contracts.vocabulary import Channel, Dataset, Precision, ProgrammeKind
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Refusal, Text
from shared.pages.date_boxes import in_boxes
from shared.pages.entry import Link, Step, body_of, for_people, step_of
from shared.pages.forms import sent
from shared.rules.programme.states import EntryStatus
from shared.rules.rights.actions import Action
from shared.rules.rights.table import roles_of
from shared.rules.words.wording import CHANNELS, dated

Kind = ProgrammeKind
HEADING = Text("Chờ quyết định", "Waiting for a decision")
MOST, AT_ONCE, MOST_WORDS = 200, 20, 2000
MOST_REPORTS = 5000  # that were sent to a unit in one year
VERIFIED = Text("Đã xác minh", "Verified")
NOT_VERIFIED = Text("Đã ghi nhận: không xác minh", "Recorded: not verified")
NOTIFIED = Text("Đơn vị được thông báo lý do bằng thư.", "The unit gets the reason by mail.")


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("decisions")
    page = DecisionsPage(entry)

    @routes.get(
        "/entry/decisions",
        response_class=HTMLResponse,
        summary="What waits for a decision in programmes and communications (a page for people)",
        dependencies=[AtPosition],
    )
    async def waiting(
        request: Request,
        principal: Annotated[Principal, may(Action.FOLLOW_PROGRAMME_ENTRY)],
        after: str | None = None,
    ) -> HTMLResponse:
        return await page.shown(request, principal, after)

    @routes.post(
        "/entry/communications/{communication_id}/verify",
        response_class=HTMLResponse,
        summary="Verify a communication (from the page of decisions)",
    )
    async def verify(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.VERIFY_COMMUNICATION)],
    ) -> HTMLResponse:
        return await page.verified(request, principal, communication_id)

    @routes.post(
        "/entry/communications/{communication_id}/refuse-verification",
        response_class=HTMLResponse,
        summary="Do not verify a communication, with the reason (from the page of decisions)",
    )
    async def refuse(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.VERIFY_COMMUNICATION)],
    ) -> HTMLResponse:
        return await page.verified(request, principal, communication_id, refuses=True)

    return routes


def counts_router(entry: Entry) -> APIRouter:
    routes = APIRouter(tags=["programmes"], dependencies=[AtPosition])
    page = DecisionsPage(entry)

    @routes.get(
        "/waiting",
        summary="How many entries of programmes wait for the caller, as the page of decisions lists them",
    )
    async def waiting(principal: Annotated[Principal, may(Action.FOLLOW_PROGRAMME_ENTRY)]) -> WaitingView:
        dataset = await entry.read_model.dataset()
        work = await page.work(principal, dataset)
        return WaitingView(
            obstacles=len(work.obstacles),
            results=len(work.results),
            overdue=len(work.overdue),
            reports=len(work.reports),
            extensions=len(work.extensions),
            unverified=await page.count_unverified(principal, dataset),
            left=len(work.left),
        )

    return routes


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A form that is shown again: of which communication, what was typed, and what has to be corrected, if anything."""

    communication_id: UUID
    note: str
    why: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Entries of programmes on which the caller is to act.

    Obstacles and requests for more time to decide, results and reports to take, late tasks.
    """

    obstacles: list[Shown]
    results: list[Shown]
    overdue: list[Shown]
    reports: list[Shown]
    extensions: list[Shown]
    left: list[Shown]


class WaitingView(BaseModel):
    """How much waits for the caller, by what is to be done; `overdue` are late tasks of others.

    `extensions` are requests for more time, `unverified` communications that the caller may verify (0 for who may not),
    `left` what is owed by units that have ended, where no one unit carries on.
    """

    obstacles: int
    results: int
    overdue: int
    reports: int
    extensions: int
    unverified: int
    left: int


class DecisionsPage:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    async def shown(
        self, request: Request, principal: Principal, after: str | None, again: Unfinished | None = None
    ) -> HTMLResponse:
        """Show the page, also again with what was typed; what is not on it any more says why on its own."""
        entry = self.entry
        dataset = await entry.read_model.dataset()
        unverified = await self._unverified(principal, after, dataset) if _verifies(principal) else []
        listed = unverified[:AT_ONCE]
        if again and again.why and again.communication_id not in {row["communication_id"] for row in listed}:
            return entry.problem(request, again.why)
        work = await self.work(principal, dataset)
        asked = await self._to_confirm(principal, dataset)
        units = _units(
            [*work.obstacles, *work.results, *work.overdue, *work.reports, *work.extensions, *work.left]
        )
        return entry.pages.page(
            request,
            "decisions_of_campaigns.html",
            422 if again and again.why else 200,
            heading=HEADING,
            decides=principal.role in roles_of(Action.DECIDE_REQUEST),
            unit=await entry.unit(principal.unit) if principal.unit else None,
            obstacles=work.obstacles,
            results=work.results,
            overdue=work.overdue,
            reports=work.reports,
            extensions=work.extensions,
            left=work.left,
            by_request=BY_REQUEST,
            asked=asked,
            unverified_count=await self.count_unverified(principal, dataset),
            unverified=[_with_form(row, again) for row in listed],
            more=unverified[AT_ONCE - 1]["cursor"] if len(unverified) > AT_ONCE else None,
            names={code: await entry.unit(code) for code in units},
            form_ids={
                each.entry_id: entry.commands.new_id()
                for each in (*work.results, *work.reports, *work.extensions)
            },
            refusal_ids={each.entry_id: entry.commands.new_id() for each in work.extensions},
            today_boxes=in_boxes("happened_on", entry.today),
            boxes_of={each.entry_id: _boxes(each) for each in work.extensions},
        )

    async def work(self, principal: Principal, dataset: Dataset | None) -> Work:
        by = principal.acting
        obstacles = await self._entries(by, Kind.OBSTACLE_RAISED, dataset)
        tasks = await self._entries(by, Kind.TASK_ASSIGNED, dataset)
        results = [each for each in tasks if Kind.TASK_ACCEPTED in dict(each.steps)]
        requests = await self._entries(by, Kind.EXTENSION_REQUESTED, dataset)
        late = [each for each in tasks if each.row["standing"].status is EntryStatus.LATE]
        return Work(
            obstacles=[each for each in obstacles if _decides(each, principal)],
            results=results,
            overdue=[each for each in late if each not in results],
            reports=await self._reports(principal, dataset),
            extensions=[each for each in requests if by.may_act_for(each.row["unit_code"])],
            left=await self._entries(by, None, dataset, left=True),
        )

    async def verified(
        self, request: Request, principal: Principal, number: UUID, *, refuses: bool = False
    ) -> HTMLResponse:
        """Take the form of one communication: verified, or refused with the reason that stands in the note."""
        entry, form = self.entry, await sent(request)
        step, note = step_of(form), form.words("note", MOST_WORDS, required=refuses)
        body = (
            body_of(form, VerificationRefusal, {"reason": note}, {"reason": "note"})
            if refuses
            else body_of(form, Verification, {"note": note})
        )
        if body is None or form.errors or step is not Step.RECORD:
            why = form.errors.get("note") if step is Step.RECORD else None
            return await self.shown(request, principal, None, Unfinished(number, form.text("note"), why))
        context, command = context_of(request, principal, None, None), body.command
        try:
            handled = await entry.commands.on_communication(
                number, lambda given: command(principal.unit, given), context.by, context.metadata
            )
        except Refusal as refusal:
            if refusal.kind in {"forbidden", "not_found", "unavailable"}:
                raise
            why = for_people(refusal.message)
            return await self.shown(request, principal, None, Unfinished(number, form.text("note"), why))
        state, position = handled.state, handled.version.position
        assert isinstance(state, Communication)  # noqa: S101  narrowing: it is recorded
        what, done = sentence(state.activity), NOT_VERIFIED if refuses else VERIFIED
        text = Text(f"{done.vi}: {what.vi}.", f"{done.en}: {what.en}.")
        following = (NOTIFIED,) if refuses else ()
        return entry.done(request, text, following, self._links(request, position), position)

    def _links(self, request: Request, position: int) -> list[Link]:
        own = f"{self.entry.pages.at(request)['campaigns']}entry/decisions?min_position={position}"
        return [Link(own, Text("Việc chờ quyết định", "What waits for a decision"))]

    async def _entries(
        self, by: Acting, kind: Kind | None, dataset: Dataset | None, *, left: bool = False
    ) -> list[Shown]:
        """List what is open in the area of the caller, the longest waiting first."""
        entry = self.entry
        wanted = EntryFilter(
            as_of=entry.today,
            kind=kind,
            concerning=by.limit,
            is_open=True,
            left=left,
            dataset=dataset,
        )
        rows = await entry.read_model.entries(wanted, MOST, None)
        return [shown(row, by, entry.today, entry.rulebook.calendar) for row in rows]

    async def _reports(self, principal: Principal, dataset: Dataset | None) -> list[Shown]:
        """List the reports that were sent to the own unit and that it has not received yet."""
        entry, by = self.entry, principal.acting
        if principal.unit is None:
            return []
        this = entry.today.year
        waiting: list[Shown] = []
        receivers = sorted({principal.unit, *by.carries_on})
        for receiver, year in product(receivers, (this - 1, this, this + 1)):
            wanted = EntryFilter(
                as_of=entry.today,
                kind=Kind.REPORT_SUBMITTED,
                lead_unit_code=receiver,
                year=year,
                dataset=dataset,
            )
            rows = await entry.read_model.entries(wanted, MOST_REPORTS, None)
            waiting += [shown(row, by, entry.today, entry.rulebook.calendar) for row in rows]
        return [each for each in waiting if Kind.REPORT_RECEIVED in dict(each.steps)]

    async def _unverified(
        self, principal: Principal, after: str | None, dataset: Dataset | None
    ) -> list[dict[str, Any]]:
        wanted = _to_verify(principal, dataset)
        return [
            await self._row(row)
            for row in await self.entry.read_model.communications(wanted, AT_ONCE + 1, after)
        ]

    async def count_unverified(self, principal: Principal, dataset: Dataset | None) -> int:
        if not _verifies(principal):
            return 0
        return await self.entry.read_model.count_communications(_to_verify(principal, dataset))

    async def _to_confirm(self, principal: Principal, dataset: Dataset | None) -> list[dict[str, Any]]:
        if principal.unit is None:
            return []
        wanted = CommunicationFilter(confirmed_by=principal.unit, dataset=dataset)
        return [
            await self._row(row) for row in await self.entry.read_model.communications(wanted, MOST, None)
        ]

    async def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        card = await self.entry.commands.require_draft(row["draft_code"])
        unit_code = row["unit_code"] or card.lead_on(row["held_on"])
        return {
            **row,
            "channel": CHANNELS[Channel(row["channel"])],
            "when": dated(row["held_on"], Precision(row["precision"])),
            "unit": await self.entry.unit(unit_code),
        }


def _verifies(principal: Principal) -> bool:
    return principal.role in roles_of(Action.VERIFY_COMMUNICATION)


def _to_verify(principal: Principal, dataset: Dataset | None) -> CommunicationFilter:
    limit = principal.acting.limit
    others = None if limit is None else limit - {principal.unit}
    return CommunicationFilter(unverified=True, verified_for=others, newest_first=True, dataset=dataset)


def _boxes(each: Shown) -> dict[str, list[str]]:
    """Write the day that is asked for as the form of more time sends it."""
    until = each.row["due_on"]
    return in_boxes("due_on", until) if until else {}


def _with_form(row: Mapping[str, Any], again: Unfinished | None) -> dict[str, Any]:
    mine = again if again and again.communication_id == row["communication_id"] else None
    return {**row, "note": mine.note if mine else "", "problem": mine.why if mine else None}


def _decides(each: Shown, principal: Principal) -> bool:
    """Tell whether an obstacle waits for the caller: it was sent to the own unit, or comes from a unit of the area."""
    return each.owed_by == principal.unit or principal.acting.may_decide_for(each.row["unit_code"])


def _units(rows: Iterable[Shown]) -> set[str]:
    codes = {
        code for each in rows for code in (each.row["unit_code"], each.row["lead_unit_code"], each.owed_by)
    }
    return {code for code in codes if code is not None}
