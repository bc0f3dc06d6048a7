"""The page of units: what each owes, its size, rate and trend; below a unit those that belong to it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from services.metrics.adapters.lists.listing import Kind, Linked, Share, Table, Value
from services.metrics.adapters.lists.page import (
    Asked,
    ListPage,
    Sources,
    by_dataset,
    column,
    key_in,
    title_in,
)
from services.metrics.adapters.pages.navigation import UNITS
from services.metrics.application.leaders import month_ends
from services.metrics.application.page_ports import MonthCell
from services.metrics.application.ports import Cell
from services.metrics.application.queries import Overview, SeenGap, counted_rows
from services.metrics.domain.grouping import View
from shared.contracts.vocabulary import Dataset, GapState, UnitLevel
from shared.directory.folds import UnitsOn
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text
from shared.rules.figures import NOTHING, Counts
from shared.rules.words.wording import UNIT_LEVELS

PATH = UNITS.path
COLUMNS = (
    column("unit", "Đơn vị", "Unit"),
    column("level", "Cấp", "Level"),
    column("parent", "Cơ quan cấp trên", "Parent"),
    column("lacking", "Dự thảo đang thiếu", "Drafts lacking", Kind.NUMBER),
    column("overdue", "Quá hạn", "Overdue", Kind.NUMBER),
    column("policies", "Chính sách", "Policies", Kind.NUMBER),
    column("rate", "Tỷ lệ theo Kế hoạch", "Rate by the plan", Kind.SHARE),
    column(
        "trend", "So với cuối kỳ tháng trước (điểm %)", "Since the last month's end (points)", Kind.POINTS
    ),
)
INSTEAD: Mapping[UnitLevel | None, Text] = {
    UnitLevel.COMMUNE: Text(
        "không áp dụng: kỳ này xã không chủ trì dự thảo thuộc phạm vi; làm nhiệm vụ phối hợp, tuyên truyền dự thảo cấp trên",
        "not applicable: the commune leads no draft in scope in the period; it does coordinating tasks and spreads drafts "
        "of higher levels",
    ),
    None: Text(
        "không áp dụng: chưa có chính sách được đánh giá trong kỳ",
        "not applicable: no policy is judged in the period",
    ),
}


@dataclass(slots=True)
class _Sums:
    counts: Counts = NOTHING
    lacking: int = 0
    overdue: int = 0
    begun_before: int = 0
    judged_before: int = 0

    def __iadd__(self, other: "_Sums") -> Self:
        self.counts += other.counts
        self.lacking += other.lacking
        self.overdue += other.overdue
        self.begun_before += other.begun_before
        self.judged_before += other.judged_before
        return self

    @property
    def trend(self) -> float | None:
        """The change of the rate, in fractions; None where there was or is none."""
        now = self.counts.begun / self.counts.judged if self.counts.judged else None
        before = self.begun_before / self.judged_before if self.judged_before else None
        return None if now is None or before is None else now - before


async def page(sources: Sources, asked: Asked) -> ListPage:
    question = asked.chosen.question(asked.today)
    if question.unit_code is not None:
        question = replace(question, include_descendants=True)
    async with sources.snapshots(question.known_at) as snapshot:
        overview = await sources.queries.overview_in(snapshot, question)
        days = list(month_ends(question).items())[-2:-1]
        months = await snapshot.months(dict(days))
    own = overview.question
    before = counted_rows(months, overview.units_then, own)
    tables = [
        _table(dataset, _sums(of, before, overview.gaps, dataset), overview, asked)
        for dataset, of in by_dataset(overview.cells, lambda cell: cell.dataset)
    ]
    below = _below(_sums(overview.cells, before, overview.gaps, None), overview, asked)
    return ListPage(
        headline=_headline(overview),
        intro=_intro(own.view),
        tables=[*([below] if below.rows else []), *tables],
        overview=overview,
    )


def _headline(overview: Overview) -> Text:
    units = len({seen.gap.unit_code for seen in overview.gaps})
    overdue = len({seen.gap.unit_code for seen in overview.gaps if seen.state is GapState.OVERDUE})
    if not units:
        return Text("Không có đơn vị nào đang thiếu truyền thông", "No unit lacks communication at present")
    return Text(
        f"{units} đơn vị đang thiếu truyền thông, {overdue} đơn vị có dự thảo quá hạn",
        f"{counted(units, 'unit')} {agreeing(units, 'lacks', 'lack')} communication, {overdue} with overdue drafts",
    )


def _intro(view: View) -> Text:
    if view is View.SUCCESSOR:
        return Text(
            "Số liệu cộng dồn về đơn vị sau sắp xếp tổ chức năm 2025.",
            "Figures are summed up for the units after the reorganisation of 2025.",
        )
    return Text(
        "Số liệu theo đơn vị chủ trì tại thời điểm đó; chọn “Đơn vị kế thừa” để cộng dồn theo tổ chức sau sắp xếp năm 2025.",
        "Figures of the units that led then; choose “Successor” to sum them up for those after the reorganisation of 2025.",
    )


def _sums(
    cells: Iterable[Cell], before: Iterable[MonthCell], gaps: Iterable[SeenGap], dataset: Dataset | None
) -> dict[str, _Sums]:
    """Sum by unit; figures of the month before aren't separated by dataset, so they only stand at units of the cells."""
    sums: dict[str, _Sums] = defaultdict(_Sums)
    for cell in cells:
        sums[cell.unit_code].counts += cell.counts
    for seen in gaps:
        if dataset in (None, seen.gap.dataset):
            sums[seen.gap.unit_code].lacking += 1
            sums[seen.gap.unit_code].overdue += seen.state is GapState.OVERDUE
    for month in before:
        if month.unit_code in sums:
            sums[month.unit_code].begun_before += month.begun
            sums[month.unit_code].judged_before += month.judged
    return sums


def _table(dataset: Dataset, sums: Mapping[str, _Sums], overview: Overview, asked: Asked) -> Table:
    rows = [_row(code, sums[code], overview.units, asked) for code in sums]
    title = title_in(Text("Từng đơn vị chủ trì soạn thảo", "Each lead drafting body"), dataset)
    return Table(key=key_in("units", dataset), title=title, columns=COLUMNS, rows=_by_debt(rows))


def _below(sums: Mapping[str, _Sums], overview: Overview, asked: Asked) -> Table:
    """Give the units directly below the one that is chosen, each with those below it."""
    units, chosen = overview.units, overview.question.unit_code
    children = [code for code in units.units if units.parent(code) == chosen and units.is_valid(code)]
    rows = []
    for child in children:
        whole = _Sums()
        for code in {child, *units.below(child)} & sums.keys():
            whole += sums[code]
        if chosen is not None or whole.counts.policies or whole.lacking:
            rows.append(_row(child, whole, units, asked))
    title = Text("Đơn vị trực thuộc, gồm cả các đơn vị bên dưới", "Units below, each with those below it")
    return Table(key="below", title=title, columns=COLUMNS, rows=_by_debt(rows))


def _row(code: str, sums: _Sums, units: UnitsOn, asked: Asked) -> dict[str, Value]:
    level, parent = units.level(code), units.parent(code)
    instead = INSTEAD.get(level, INSTEAD[None])
    return {
        "unit": Linked(units.name(code), asked.link(PATH, unit=code, area_of=None)),
        "level": UNIT_LEVELS[level] if level else None,
        "parent": Linked(units.name(parent), asked.link(PATH, unit=parent, area_of=None)) if parent else None,
        "lacking": sums.lacking,
        "overdue": sums.overdue,
        "policies": sums.counts.policies,
        "rate": Share(sums.counts.begun, sums.counts.judged, instead),
        "trend": sums.trend,
    }


def _by_debt(rows: list[dict[str, Value]]) -> list[dict[str, Value]]:
    def place(row: dict[str, Value]) -> tuple[int, int, int]:
        overdue, lacking, policies = (row[name] for name in ("overdue", "lacking", "policies"))
        assert isinstance(overdue, int) and isinstance(lacking, int) and isinstance(policies, int)  # noqa: S101, PT018  narrowing
        return -overdue, -lacking, -policies

    return sorted(rows, key=place)
