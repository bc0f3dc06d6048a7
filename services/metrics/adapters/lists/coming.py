"""The page of what comes: stages that drafts are to enter, planned activities, and consultations without a plan."""

from datetime import timedelta

from services.metrics.adapters.lists.listing import Kind, Linked, Marked, Rows, Table, Value
from services.metrics.adapters.lists.page import Asked, ListPage, Sources, column
from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.navigation import COMING
from services.metrics.application.list_ports import Coming, Planned
from services.metrics.application.queries import Overview, SeenGap, counted_rows
from shared.contracts.vocabulary import Precision, Stage
from shared.kernel.errors import Text
from shared.rules.words.wording import CHANNELS, STAGES

PATH = COMING.path
CONSULTATIONS = frozenset({Stage.POLICY_CONSULTATION, Stage.DRAFT_CONSULTATION})
SOON = timedelta(days=30)
_DRAFT = (
    column("title", "Dự thảo", "Draft"),
    column("draft_code", "Mã", "Code", Kind.CODE),
    column("unit", "Cơ quan chủ trì soạn thảo", "Lead drafting body"),
)
STAGE_COLUMNS = (
    *_DRAFT,
    column("stage", "Giai đoạn dự kiến", "Expected stage"),
    column("day", "Dự kiến", "Expected"),
    column("session", "Kỳ họp, phiên họp", "Session"),
    column("state", "Tình trạng", "State"),
)
GAP_COLUMNS = (
    *_DRAFT,
    column("stage", "Giai đoạn", "Stage"),
    column("due_on", "Thời hạn theo dõi nội bộ", "Internal deadline", Kind.DAY),
    column("action", "Việc cần làm", "What to do"),
)
PLAN_COLUMNS = (
    *_DRAFT,
    column("activity", "Hoạt động dự kiến", "Planned activity"),
    column("day", "Ngày dự kiến", "Planned for"),
    column("responsible", "Đơn vị thực hiện", "By"),
)


async def page(sources: Sources, asked: Asked) -> ListPage:
    question = asked.chosen.question(asked.today)
    async with sources.snapshots(question.known_at) as snapshot:
        overview = await sources.queries.overview_in(snapshot, question)
        coming = await snapshot.coming(question.as_of)
        planned = await snapshot.planned(question.as_of)
    own, units = overview.question, overview.units
    stages = counted_rows(coming, units, own)
    activities = counted_rows(planned, units, own)
    with_plan = {row.draft_code for row in activities}
    unplanned = [
        seen
        for seen in overview.gaps
        if seen.gap.stage in CONSULTATIONS and seen.gap.draft_code not in with_plan
    ]
    return ListPage(
        headline=_headline(stages, unplanned, overview),
        tables=[
            Table(
                key="stages",
                title=Text("Giai đoạn sắp tới", "Stages to come"),
                columns=STAGE_COLUMNS,
                rows=Rows(stages, lambda row: _stage(row, overview, asked)),
                empty=Text(
                    "Chưa dự thảo nào được ghi nhận giai đoạn dự kiến.", "No draft has an expected stage."
                ),
            ),
            Table(
                key="unplanned",
                title=Text(
                    "Đang lấy ý kiến, chưa truyền thông và chưa có kế hoạch",
                    "In consultation, not communicated and without a plan",
                ),
                columns=GAP_COLUMNS,
                rows=Rows(unplanned, lambda seen: _unplanned(seen, sources, asked)),
            ),
            Table(
                key="planned",
                title=Text("Hoạt động đã lên kế hoạch", "Planned activities"),
                columns=PLAN_COLUMNS,
                rows=Rows(activities, lambda row: _planned(row, overview, asked)),
            ),
        ],
        overview=overview,
    )


def _headline(stages: list[Coming], unplanned: list[SeenGap], overview: Overview) -> Text:
    as_of = overview.question.as_of
    soon = sum(as_of <= row.stage.expected_on <= as_of + SOON for row in stages)
    return Text(
        f"{soon} giai đoạn dự kiến trong 30 ngày tới; {len(unplanned)} dự thảo đang lấy ý kiến mà chưa có kế hoạch truyền thông",
        f"{soon} stages expected in the next 30 days; {len(unplanned)} consultations without a plan",
    )


def _draft(code: str, title: str, unit: str, asked: Asked) -> dict[str, Value]:
    return {"title": Linked(title, asked.link(f"/drafts/{code}")), "draft_code": code, "unit": unit}


def _stage(row: Coming, overview: Overview, asked: Asked) -> dict[str, Value]:
    late = row.stage.precision is Precision.DAY and row.stage.expected_on < overview.question.as_of
    return {
        **_draft(row.draft_code, row.title, overview.units.name(row.unit_code), asked),
        "stage": STAGES[row.stage.stage],
        "day": Marked(
            page_data.day(row.stage.expected_on, row.stage.precision), order=row.stage.expected_on.toordinal()
        ),
        "session": row.stage.session,
        "state": Marked(
            Text("đã qua, chưa ghi nhận", "passed, not recorded") if late else Text("sắp tới", "to come"),
            "warn" if late else "plain",
            int(late),
        ),
    }


def _unplanned(seen: SeenGap, sources: Sources, asked: Asked) -> dict[str, Value]:
    gap = seen.gap
    return {
        **_draft(gap.draft_code, gap.title, seen.unit_name, asked),
        "stage": STAGES[gap.stage],
        "due_on": gap.due_on,
        "action": Linked(
            Text("Lập kế hoạch truyền thông", "Plan the communication"),
            f"{sources.campaigns}/entry/drafts/{gap.draft_code}/plan",
        ),
    }


def _planned(row: Planned, overview: Overview, asked: Asked) -> dict[str, Value]:
    channel = CHANNELS[row.channel] if row.channel else None
    responsible = row.responsible_code or row.unit_code
    return {
        **_draft(row.draft_code, row.draft_title, overview.units.name(row.unit_code), asked),
        "activity": row.title or channel,
        "day": Marked(page_data.day(row.planned_on, row.precision), order=row.planned_on.toordinal()),
        "responsible": overview.units.name(responsible),
    }
