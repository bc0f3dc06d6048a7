"""The page of gaps: filtered by stage and state, sorted, as CSV, and as a calendar of the days on which they fall due."""

from collections.abc import Iterable

from services.metrics.adapters.lists.listing import Kind, Linked, Marked, Rows, Table, Value
from services.metrics.adapters.lists.page import (
    Asked,
    ListPage,
    Sources,
    by_dataset,
    column,
    key_in,
    title_in,
)
from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.navigation import GAPS
from services.metrics.application.queries import Overview, SeenGap
from shared.contracts.vocabulary import Dataset, GapState
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text
from shared.rules.words.wording import REQUESTS, STAGES

PATH = GAPS.path
STATES = {
    GapState.OVERDUE: Text("Quá hạn", "Overdue"),
    GapState.IN_GRACE: Text("Còn hạn", "In time"),
}
COLUMNS = (
    column("title", "Dự thảo", "Draft"),
    column("draft_code", "Mã", "Code", Kind.CODE),
    column("unit", "Cơ quan chủ trì soạn thảo", "Lead drafting body"),
    column("stage", "Giai đoạn", "Stage"),
    column("since", "Từ ngày", "Since", Kind.DAY),
    column("due_on", "Thời hạn theo dõi nội bộ", "Internal deadline", Kind.DAY),
    column("state", "Tình trạng", "State"),
    column("policies", "Chính sách còn thiếu", "Policies lacking"),
    column("next", "Bước tiếp theo, ai thực hiện", "Next step, by whom"),
)
USUAL = Text("Cơ quan chủ trì truyền thông, ghi nhận kết quả", "The lead body communicates and records it")


async def page(sources: Sources, asked: Asked) -> ListPage:
    question = asked.chosen.question(asked.today)
    async with sources.snapshots(question.known_at) as snapshot:
        overview = await sources.queries.overview_in(snapshot, question)
    stage, state = asked.filters.get("stage"), asked.filters.get("state")
    wanted = [
        seen
        for seen in overview.gaps
        if stage in (None, seen.gap.stage.value) and state in (None, seen.state.value)
    ]
    stages = sorted({seen.gap.stage for seen in overview.gaps}, key=lambda each: each.order)
    return ListPage(
        headline=_headline(wanted),
        tables=[
            Table(
                key=key_in("gaps", dataset),
                title=title_in(
                    Text("Dự thảo đang thiếu truyền thông", "Drafts that lack communication"), dataset
                ),
                columns=COLUMNS,
                rows=Rows(sorted(rows, key=_place), lambda seen: _row(seen, overview, asked)),
            )
            for dataset, rows in by_dataset(wanted, _dataset)
        ],
        overview=overview,
        filters={
            "stage": [(each.value, STAGES[each]) for each in stages],
            "state": [(each.value, text) for each, text in STATES.items()],
        },
    )


def _dataset(seen: SeenGap) -> Dataset:
    return seen.gap.dataset


def _place(seen: SeenGap) -> tuple[object, ...]:
    return seen.gap.due_on, -len(seen.gap.policies), seen.gap.draft_code


def _headline(gaps: Iterable[SeenGap]) -> Text:
    states = [seen.state for seen in gaps]
    overdue = states.count(GapState.OVERDUE)
    if not states:
        return Text("Không có dự thảo nào đang thiếu truyền thông", "No draft lacks communication")
    return Text(
        f"{len(states)} dự thảo đang thiếu truyền thông ở giai đoạn hiện tại, {overdue} đã quá hạn",
        f"{counted(len(states), 'draft')} {agreeing(len(states), 'lacks', 'lack')} communication at the present stage, "
        f"{overdue} {agreeing(overdue, 'is', 'are')} overdue",
    )


def _row(seen: SeenGap, overview: Overview, asked: Asked) -> dict[str, Value]:
    gap = seen.gap
    standing = page_data.standing_text(seen, overview.question.as_of, asked.today)
    tone = page_data.urgency(seen, overview.question.as_of)
    order = seen.overdue_working_days if seen.state is GapState.OVERDUE else -seen.working_days_left
    whole = list(gap.policies) == [0]
    numbers = page_data.numbers(gap.policies)
    return {
        "title": Linked(gap.title, asked.link(f"/drafts/{gap.draft_code}")),
        "draft_code": gap.draft_code,
        "unit": Linked(seen.unit_name, asked.link(PATH, unit=gap.unit_code, area_of=None)),
        "stage": STAGES[gap.stage],
        "since": gap.since,
        "due_on": gap.due_on,
        "state": Marked(standing, tone, order),
        "policies": Text("toàn văn dự thảo", "the whole draft") if whole else numbers,
        "next": _next(seen),
    }


def _next(seen: SeenGap) -> Text:
    if not seen.requests:
        return USUAL
    shown = seen.requests[0]
    kind, until = REQUESTS[shown.request.kind], page_data.day(shown.answer_by)
    return Text(
        f"{shown.decider_name or 'Cơ quan theo dõi'} quyết định đề nghị {kind.vi}, chậm nhất {until}",
        f"{shown.decider_name or 'The following body'} decides on the request for {kind.en}, by {until}",
    )
