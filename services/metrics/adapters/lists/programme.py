"""The page of programmes: the eight groups of Decision 407's carrying out, and which units have a plan and have reported."""

from collections.abc import Iterable, Iterator, Mapping

from services.metrics.adapters.lists.listing import Kind, Linked, Marked, Table, Value
from services.metrics.adapters.lists.page import Asked, ListPage, Sources, column
from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.navigation import PROGRAMME
from services.metrics.application.programme import ProgrammeAnswer, ProgrammeQuestion, programme_in
from services.metrics.domain.programme import GroupFigures, KindFigures, Number
from shared.kernel.errors import Text
from shared.rules.figures import reporting_year
from shared.rules.programme.kinds import KINDS
from shared.rules.programme.states import EntryStatus
from shared.rules.words.figure_words import COUNTS, PUBLISHED, RATES

PATH = PROGRAMME.path
GROUPS = (
    column("group", "Nhóm nhiệm vụ", "Group"),
    column("line", "Kết quả", "Result"),
)
ENTRIES = (
    column("kind", "Loại việc", "Kind of entry"),
    column("group", "Nhóm", "Group", Kind.NUMBER),
    column("entries", "Số lượng", "Entries", Kind.NUMBER),
    column("done", "Hoàn thành", "Done", Kind.NUMBER),
    column("done_late", "Hoàn thành chậm", "Done late", Kind.NUMBER),
    column("open", "Đang thực hiện", "Open", Kind.NUMBER),
    column("late", "Quá hạn", "Late", Kind.NUMBER),
    column("cancelled", "Đã hủy", "Cancelled", Kind.NUMBER),
    column("quantity", "Số lượt, người", "Quantity", Kind.NUMBER),
    column("amount", "Kinh phí (đồng)", "Amount (đồng)", Kind.NUMBER),
)
UNITS = (
    column("unit", "Đơn vị", "Unit"),
    column("plan", "Kế hoạch năm", "Plan of the year"),
    column("report", "Báo cáo", "Report"),
)
FIGURES: Mapping[str, Text] = {
    "obstacles_carried_over": Text("vướng mắc chuyển từ năm trước", "obstacles of earlier years"),
    "obstacles_answered": Text("vướng mắc đã trả lời", "obstacles answered"),
    "policies": COUNTS["policies"],
    "drafts": COUNTS["drafts"],
    "drafts_plan": COUNTS["drafts_plan"],
    "rate_plan": RATES["rate_plan"],
    "findings": Text("nội dung kết luận kiểm tra", "findings"),
    "findings_mended": Text("đã khắc phục", "findings corrected"),
    "reports_received": Text("báo cáo đã được tiếp nhận", "reports received"),
    "activities": PUBLISHED["activities"],
    "activities_complete": Text("hoạt động đủ sáu nội dung", "activities with all six items of content"),
    "activities_verified": Text("hoạt động đã được kiểm tra", "activities verified"),
    "items": PUBLISHED["items"],
    "attendance": PUBLISHED["attendance"],
    "cost_social": PUBLISHED["cost_social"],
}
HAS = Text("đã có", "yes")
HAS_NOT = Text("chưa ghi nhận", "not recorded")
IN_TIME = Text("đã gửi, đúng hạn", "sent in time")


async def page(sources: Sources, asked: Asked) -> ListPage:
    question = asked.chosen.question(asked.today)
    async with sources.snapshots(question.known_at) as snapshot:
        overview = await sources.queries.overview_in(snapshot, question)
        of = overview.question
        programme = ProgrammeQuestion(
            as_of=of.as_of,
            year=of.year or reporting_year(of.as_of),
            unit_code=of.unit_code,
            include_descendants=of.include_descendants,
            area_of=of.area_of,
            known_at=of.known_at,
        )
        answer = await programme_in(snapshot, programme)
    return ListPage(
        headline=_headline(answer),
        tables=[_groups(answer), _entries(answer), _units(answer, asked)],
        overview=overview,
    )


def _headline(answer: ProgrammeAnswer) -> Text:
    units = answer.units
    number, plan, reported = len(units.units), len(units.with_plan), len(units.reported)
    return Text(
        f"Chương trình năm {answer.question.year}: {plan}/{number} đơn vị đã có kế hoạch, {reported}/{number} đã báo cáo",
        f"Programme of {answer.question.year}: plans {plan}/{number}, reports {reported}/{number}, of all units",
    )


def _groups(answer: ProgrammeAnswer) -> Table:
    return Table(
        key="groups",
        title=Text(
            "Tám nhóm nhiệm vụ của Quyết định số 407/QĐ-TTg", "The eight groups of Decision 407/QĐ-TTg"
        ),
        columns=GROUPS,
        rows=[
            {
                "group": _numbered(group),
                "line": Text("; ".join(_line(group, "vi")), "; ".join(_line(group, "en"))),
            }
            for group in answer.groups
        ],
    )


def _numbered(group: GroupFigures) -> Text:
    return Text(
        f"{group.group.number}. {group.group.words.vi}", f"{group.group.number}. {group.group.words.en}"
    )


def _line(group: GroupFigures, language: str) -> Iterator[str]:
    """State what there is of a group: its entries by kind, with those that are done or late, and its own figures."""
    for kind in group.kinds:
        words = getattr(KINDS[kind.kind].words, language)
        done = sum(kind.states.get(status, 0) for status in (EntryStatus.DONE, EntryStatus.DONE_LATE))
        late = kind.states.get(EntryStatus.LATE, 0)
        if kind.entries:
            state = (
                f" ({done}/{kind.entries} {'hoàn thành' if language == 'vi' else 'done'})"
                if KINDS[kind.kind].has_state
                else ""
            )
            overdue = f", {late} {'quá hạn' if language == 'vi' else 'late'}" if late else ""
            yield f"{words}: {kind.entries}{state}{overdue}"
    for name, value in group.figures.items():
        if value and name in FIGURES:
            yield f"{getattr(FIGURES[name], language)}: {_number(value)}"
    if not any(kind.entries for kind in group.kinds) and not any(group.figures.values()):
        yield "chưa ghi nhận" if language == "vi" else "nothing recorded"


def _number(value: Number) -> str:
    if isinstance(value, float):
        return page_data.percent(value)
    return page_data.number(value or 0)


def _entries(answer: ProgrammeAnswer) -> Table:
    return Table(
        key="entries",
        title=Text("Việc đã ghi nhận, theo loại", "Entries by kind"),
        columns=ENTRIES,
        rows=[_entry(kind_figures, group) for group in answer.groups for kind_figures in group.kinds],
    )


def _entry(figures: KindFigures, group: GroupFigures) -> dict[str, Value]:
    states: Mapping[EntryStatus, int] = figures.states
    return {
        "kind": KINDS[figures.kind].words,
        "group": group.group.number,
        "entries": figures.entries,
        **{status.value: states.get(status) for status in EntryStatus},
        "quantity": figures.quantity,
        "amount": figures.amount,
    }


def _units(answer: ProgrammeAnswer, asked: Asked) -> Table:
    units = answer.units
    return Table(
        key="units",
        title=Text("Đơn vị: kế hoạch và báo cáo", "Units: plan and report"),
        columns=UNITS,
        rows=[_unit(code, answer, asked) for code in _waiting_first(units.units, units.with_plan)],
    )


def _waiting_first(units: Iterable[str], with_plan: frozenset[str]) -> list[str]:
    return sorted(units, key=lambda code: (code in with_plan, code))


def _unit(code: str, answer: ProgrammeAnswer, asked: Asked) -> dict[str, Value]:
    units = answer.units
    has_plan, has_reported, in_time = code in units.with_plan, code in units.reported, code in units.in_time
    return {
        "unit": Linked(answer.names[code], asked.link(PATH, unit=code, area_of=None)),
        "plan": Marked(HAS if has_plan else HAS_NOT, "good" if has_plan else "warn", int(has_plan)),
        "report": Marked(
            IN_TIME if in_time else HAS if has_reported else HAS_NOT,
            "good" if has_reported else "warn",
            has_reported + in_time,
        ),
    }
