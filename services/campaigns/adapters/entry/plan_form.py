"""The plan of a draft: what is planned, and the form that plans a further activity."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.campaigns.adapters.entry.context import Entry, context_of
from services.campaigns.adapters.plans.bodies import NewActivity
from services.campaigns.adapters.plans.views import ActivityView, plan_view
from services.campaigns.domain.errors import PlannedTooFar, UnitNotYetRegistered
from services.campaigns.domain.plan import MOST_MONEY, ActivityState
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import Channel, Stage
from shared.directory.folds import DraftCard
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Refusal, Text
from shared.pages.date_boxes import date_in_boxes
from shared.pages.entry import FORM_ID, Link, Step, body_of, form_id_of, refused, step_of, with_values
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import NotFirstDay, course, rule_on, stage_on, stage_periods
from shared.rules.words.wording import CHANNELS, STAGES, dated

PATH = "/entry/drafts/{draft_code}/plan"
HEADING = Text("Kế hoạch truyền thông của dự thảo", "Communication plan of the draft")
LABELS: Mapping[str, Text] = {
    "planned_on": Text("Ngày dự kiến", "Planned for"),
    "channel": Text("Hình thức truyền thông", "Channel"),
    "title": Text("Tên hoạt động", "Title"),
    "stage": Text("Cho giai đoạn", "For the stage"),
    "audience": Text("Đối tượng", "Audience"),
    "area": Text("Địa bàn", "Area"),
    "responsible_unit_code": Text(
        "Mã đơn vị thực hiện, nếu không phải cơ quan chủ trì", "Responsible unit, if another"
    ),
    "budget": Text("Kinh phí dự kiến (đồng)", "Budget (đồng)"),
}
HELP = Help(
    "plan",
    HEADING,
    Text(
        "Ghi các hoạt động truyền thông dự kiến của một dự thảo. Kế hoạch không thay cho việc truyền thông.",
        "Plans what will be done to communicate a draft. A plan takes the place of no communication.",
    ),
    LABELS,
    Text(
        "Sau khi thực hiện, ghi nhận truyền thông và chọn hoạt động này trong kế hoạch; không thực hiện được thì dời ngày hoặc hủy.",
        "Once it is carried out, record the communication and choose this activity; else move or cancel it.",
    ),
)
STATES: Mapping[ActivityState, Text] = {
    ActivityState.PLANNED: Text("Chưa đến ngày", "Planned"),
    ActivityState.OVERDUE: Text("Đã qua ngày dự kiến", "Its day has passed"),
    ActivityState.CARRIED_OUT: Text("Đã thực hiện", "Carried out"),
    ActivityState.CANCELLED: Text("Đã hủy", "Cancelled"),
}
FIELDS = {
    NotFirstDay.code: "planned_on",
    PlannedTooFar.code: "planned_on",
    UnitNotYetRegistered.code: "responsible_unit_code",
}
MOST_WORDS, MOST_CODE = 2000, 64


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("plans")
    form = PlanForm(entry)

    @routes.get(
        PATH,
        response_class=HTMLResponse,
        summary="The plan of a draft, with a form (a page for people)",
        dependencies=[AtPosition],
    )
    async def opened(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.PLAN_ACTIVITY)]
    ) -> HTMLResponse:
        return await form.shown(request, principal, draft_code, Fields())

    @routes.post(
        PATH,
        response_class=HTMLResponse,
        summary="Plan an activity (from the form)",
        dependencies=[AtPosition],
    )
    async def plan(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.PLAN_ACTIVITY)]
    ) -> HTMLResponse:
        return await form.taken(request, principal, draft_code, await sent(request))

    return routes


class PlanForm:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    async def shown(
        self, request: Request, principal: Principal, draft_code: str, form: Fields, status: int = 200
    ) -> HTMLResponse:
        entry = self.entry
        card, summary = await entry.draft(request, draft_code)
        summary.check(principal.acting, entry.today)
        plan, history = await entry.commands.plan(draft_code)
        carried_out = await entry.read_model.carried_out([draft_code])
        view = plan_view(draft_code, plan, history.version.count, carried_out, entry.today)
        hidden = {FORM_ID: form_id_of(form, entry.commands.new_id)}
        return entry.pages.page(
            request,
            "plan.html",
            status,
            heading=HEADING,
            help=HELP,
            form=with_values(form, **hidden),
            labels=LABELS,
            card=card,
            plan=view,
            activities=[
                (each, words_of(each), dated(each.planned_on, each.precision), STATES[each.state])
                for each in view.activities
            ],
            open_states={ActivityState.PLANNED, ActivityState.OVERDUE},
            channels=CHANNELS,
            stages=_stages(card, entry.rulebook, entry.today),
        )

    async def taken(
        self, request: Request, principal: Principal, draft_code: str, form: Fields
    ) -> HTMLResponse:
        if step_of(form) is not Step.RECORD:
            return await self.shown(request, principal, draft_code, form)
        body = body_of(form, NewActivity, _values(form))
        if body is None:
            return await self.shown(request, principal, draft_code, form, 422)
        entry, commands = self.entry, self.entry.commands
        card, _ = await entry.draft(request, draft_code)
        context = context_of(request, principal, str(form_id_of(form, commands.new_id)), None)
        number = context.id_of("activity", draft_code, commands.new_id)
        try:
            handled = await commands.on_plan(
                draft_code, lambda given: body.command(number, given), context.by, context.metadata
            )
        except Refusal as refusal:
            return await self.shown(request, principal, draft_code, form, refused(form, refusal, FIELDS))
        what = Text(
            f"Đã ghi vào kế hoạch: {body.title or 'hoạt động truyền thông'}.",
            f"Planned: {body.title or 'a communication'}.",
        )
        position = handled.version.position
        following = list(consequences(card, body.planned_on, entry.rulebook, entry.today))
        return entry.done(
            request, what, following, plan_links(entry, request, draft_code, position), position
        )


def plan_links(entry: Entry, request: Request, draft_code: str, position: int) -> list[Link]:
    plan = f"{entry.pages.at(request)['campaigns']}entry/drafts/{draft_code}/plan?min_position={position}"
    words = Text("Kế hoạch của dự thảo", "Plan of the draft")
    return [Link(plan, words), *entry.links(request, draft_code, position)]


def consequences(card: DraftCard, planned_on: date, rulebook: Rulebook, today: date) -> Iterator[Text]:
    """Say whether the planned day is in time for the stage in which the draft is."""
    present = next(
        (
            each
            for each in course(card.facts, rulebook).occurrences
            if each.required and each.exited_on is None
        ),
        None,
    )
    if present is not None and planned_on > present.due_on:
        name = STAGES[present.stage]
        yield Text(
            f"Lưu ý: ngày dự kiến sau hạn truyền thông của giai đoạn “{name.vi}” ({present.due_on:%d/%m/%Y}).",
            f"Please note: this is after “{name.en}” is due ({present.due_on:%d/%m/%Y}).",
        )
    if planned_on >= today:
        yield Text(
            "Kế hoạch không thay cho việc truyền thông; sau khi thực hiện, đề nghị ghi nhận và chọn hoạt động này.",
            "A plan takes the place of no communication; once it is carried out, record it and choose this activity.",
        )


def words_of(activity: ActivityView) -> Text:
    name = activity.title or (CHANNELS[activity.channel].vi if activity.channel else "Hoạt động truyền thông")
    return Text(name, name)


def _values(form: Fields) -> dict[str, Any]:
    dated = date_in_boxes(form, "planned_on")
    code = form.words("responsible_unit_code", MOST_CODE, required=False)
    return {
        "planned_on": dated[0] if dated else None,
        "precision": dated[1] if dated else None,
        "channel": form.one_of("channel", Channel, required=False),
        "stage": form.one_of("stage", Stage, required=False),
        "title": form.words("title", MOST_WORDS),
        "audience": form.words("audience", MOST_WORDS, required=False),
        "area": form.words("area", MOST_WORDS, required=False),
        "responsible_unit_code": code.upper() if code else None,
        "budget": form.count("budget", MOST_MONEY),
    }


def _stages(card: DraftCard, rulebook: Rulebook, today: date) -> dict[Stage, Text]:
    """Offer the stage in which the draft is, and those that may follow by its procedure."""
    facts = card.facts
    current = stage_on(stage_periods(facts, rulebook), today)
    rule = rule_on(facts, rulebook, today)
    here = current.stage.order if current else -1
    return {stage: STAGES[stage] for stage in rule.expected_order if stage.order >= here}
