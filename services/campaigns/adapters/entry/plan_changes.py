"""Forms that change a plan: an activity is moved to another day or cancelled, the plan is approved by a document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.campaigns.adapters.entry import plan_form
from services.campaigns.adapters.entry.context import Entry, context_of
from services.campaigns.adapters.entry.plan_form import plan_links
from services.campaigns.adapters.plans.bodies import Cancelling, PlanBody, Rescheduling
from services.campaigns.application.commands import OnPlan
from services.campaigns.domain.errors import ActivityNotFound
from services.campaigns.domain.plan import Activity
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Refusal, Text
from shared.pages.date_boxes import date_in_boxes, in_boxes
from shared.pages.entry import (
    FORM_ID,
    VERSION,
    Step,
    body_of,
    form_id_of,
    refused,
    step_of,
    version_of,
    with_values,
)
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.sequence import DayInFuture
from shared.rules.words.wording import CHANNELS, dated

MOST_WORDS = 2000
LABELS: Mapping[str, Text] = {
    "planned_on": Text("Ngày dự kiến mới", "New day"),
    "reason": Text("Lý do", "Reason"),
    "document": Text("Văn bản phê duyệt", "Document"),
    "approved_on": Text("Ngày phê duyệt", "Approved on"),
    "authority": Text("Cơ quan, người phê duyệt (nếu có)", "Authority (if any)"),
}
FIELDS = {**plan_form.FIELDS, DayInFuture.code: "approved_on"}


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: how it is called, which fields it has, how the command is read, and what was done."""

    key: str
    heading: Text
    purpose: Text
    fields: tuple[str, ...]
    button: Text
    read: Callable[[Fields, UUID | None], OnPlan | None]
    done: Text

    @property
    def help(self) -> Help:
        return Help(self.key, self.heading, self.purpose, {name: LABELS[name] for name in self.fields})


def _reschedule(form: Fields, activity_id: UUID | None) -> OnPlan | None:
    dated = date_in_boxes(form, "planned_on")
    values: dict[str, Any] = {"reason": form.words("reason", MOST_WORDS)}
    if dated:
        values |= {"planned_on": dated[0], "precision": dated[1]}
    body = body_of(form, Rescheduling, values)
    return None if body is None or activity_id is None else lambda given: body.command(activity_id, given)


def _cancel(form: Fields, activity_id: UUID | None) -> OnPlan | None:
    body = body_of(form, Cancelling, {"reason": form.words("reason", MOST_WORDS)})
    return None if body is None or activity_id is None else lambda given: body.command(activity_id, given)


def _approve(form: Fields, _: UUID | None) -> OnPlan | None:
    dated = date_in_boxes(form, "approved_on", whole=True)
    values = {
        "document": form.words("document", MOST_WORDS),
        "approved_on": dated[0] if dated else None,
        "authority": form.words("authority", MOST_WORDS, required=False),
    }
    body = body_of(form, PlanBody, values)
    return None if body is None else body.command


RESCHEDULING = Change(
    "plan-move",
    Text("Dời ngày hoạt động", "Move an activity"),
    Text(
        "Đổi ngày dự kiến của một hoạt động, kèm lý do.",
        "Moves a planned activity to another day, with the reason.",
    ),
    ("planned_on", "reason"),
    Text("Dời ngày", "Move it"),
    _reschedule,
    Text("Đã dời ngày", "Moved"),
)
CANCELLING = Change(
    "plan-cancel",
    Text("Hủy hoạt động trong kế hoạch", "Cancel a planned activity"),
    Text(
        "Hủy một hoạt động không còn thực hiện, kèm lý do.",
        "Cancels what will not take place, with the reason.",
    ),
    ("reason",),
    Text("Hủy hoạt động", "Cancel it"),
    _cancel,
    Text("Đã hủy", "Cancelled"),
)
APPROVING = Change(
    "plan-document",
    Text("Ghi nhận văn bản phê duyệt kế hoạch", "Record the document of the plan"),
    Text(
        "Ghi số, ký hiệu và ngày của văn bản phê duyệt kế hoạch truyền thông.",
        "Names the document that approved the plan.",
    ),
    ("document", "approved_on", "authority"),
    Text("Ghi nhận", "Record it"),
    _approve,
    Text("Đã ghi nhận văn bản phê duyệt kế hoạch", "The document of the plan is recorded"),
)

CHANGES = (RESCHEDULING, CANCELLING, APPROVING)


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("plans")
    of_activity = f"{plan_form.PATH}/{{activity_id}}"
    _add(routes, entry, f"{of_activity}/reschedule", RESCHEDULING, Action.RESCHEDULE_ACTIVITY)
    _add(routes, entry, f"{of_activity}/cancel", CANCELLING, Action.CANCEL_ACTIVITY)
    _add_approval(routes, entry)
    return routes


def _add(routes: APIRouter, entry: Entry, path: str, change: Change, action: Action) -> None:
    @routes.get(
        path,
        name=f"open_{action}",
        response_class=HTMLResponse,
        summary=f"{change.heading.en} (a form for people)",
        dependencies=[AtPosition],
    )
    async def opened(
        request: Request, draft_code: Code, activity_id: UUID, principal: Annotated[Principal, may(action)]
    ) -> HTMLResponse:
        return await _shown(entry, request, principal, draft_code, change, Fields(), activity_id)

    @routes.post(
        path,
        name=f"send_{action}",
        response_class=HTMLResponse,
        summary=f"{change.heading.en} (from the form)",
        dependencies=[AtPosition],
    )
    async def taken(
        request: Request, draft_code: Code, activity_id: UUID, principal: Annotated[Principal, may(action)]
    ) -> HTMLResponse:
        return await _taken(entry, request, principal, draft_code, change, await sent(request), activity_id)


def _add_approval(routes: APIRouter, entry: Entry) -> None:
    path = f"{plan_form.PATH}/approval"

    @routes.get(
        path,
        response_class=HTMLResponse,
        summary="Record the document of a plan (a form for people)",
        dependencies=[AtPosition],
    )
    async def open_approval(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.APPROVE_PLAN)]
    ) -> HTMLResponse:
        return await _shown(entry, request, principal, draft_code, APPROVING, Fields())

    @routes.post(
        path,
        response_class=HTMLResponse,
        summary="Record the document of a plan (from the form)",
        dependencies=[AtPosition],
    )
    async def approve(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.APPROVE_PLAN)]
    ) -> HTMLResponse:
        return await _taken(entry, request, principal, draft_code, APPROVING, await sent(request))


async def _shown(
    entry: Entry,
    request: Request,
    principal: Principal,
    draft_code: str,
    change: Change,
    form: Fields,
    activity_id: UUID | None = None,
    status: int = 200,
) -> HTMLResponse:
    card, summary = await entry.draft(request, draft_code)
    summary.check(principal.acting, entry.today)
    plan, history = await entry.commands.plan(draft_code)
    activity = plan.activities.get(activity_id) if activity_id else None
    if activity_id and activity is None:
        raise ActivityNotFound
    if activity and not form.given and "planned_on" in change.fields:
        form = Fields(in_boxes("planned_on", activity.planned_on, activity.precision))
    hidden = {FORM_ID: form_id_of(form, entry.commands.new_id), VERSION: history.version.count}
    return entry.pages.page(
        request,
        "plan_change.html",
        status,
        heading=change.heading,
        help=change.help,
        form=with_values(form, **hidden),
        labels={name: LABELS[name] for name in change.fields},
        card=card,
        change=change,
        present=_present(activity) if activity else None,
    )


async def _taken(
    entry: Entry,
    request: Request,
    principal: Principal,
    draft_code: str,
    change: Change,
    form: Fields,
    activity_id: UUID | None = None,
) -> HTMLResponse:
    async def again(status: int) -> HTMLResponse:
        return await _shown(entry, request, principal, draft_code, change, form, activity_id, status)

    if step_of(form) is not Step.RECORD:
        return await again(200)
    command = change.read(form, activity_id)
    if command is None:
        return await again(422)
    key = str(form_id_of(form, entry.commands.new_id))
    context = context_of(request, principal, key, version_of(form))
    try:
        handled = await entry.commands.on_plan(
            draft_code, command, context.by, context.metadata, context.if_match
        )
    except Refusal as refusal:
        return await again(refused(form, refusal, FIELDS))
    position = handled.version.position
    activity = handled.state.activities.get(activity_id) if activity_id else None
    present = _present(activity) if activity else None
    text = Text(
        f"{change.done.vi}: {present.vi}." if present else f"{change.done.vi}.",
        f"{change.done.en}: {present.en}." if present else f"{change.done.en}.",
    )
    return entry.done(request, text, (), plan_links(entry, request, draft_code, position), position)


def _present(activity: Activity) -> Text:
    planned = activity.planned
    name = planned.title or (CHANNELS[planned.channel].vi if planned.channel else "Hoạt động truyền thông")
    when = dated(activity.planned_on, activity.precision)
    return Text(f"{name}, {when.vi}", f"{name}, {when.en}")
