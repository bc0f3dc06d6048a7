"""The pages of lists, each as HTML or as the CSV of one of its tables, and the calendars of units."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from services.metrics.adapters.lists import activities, coming, gaps, programme, quality, reports, units
from services.metrics.adapters.lists.listing import CSV, Column, Table, cells, table_of
from services.metrics.adapters.lists.page import Asked, Make, Sources
from services.metrics.adapters.pages.choice import USUAL, Choice, Chosen, Given
from services.metrics.adapters.pages.leaders import Words, whose
from services.metrics.adapters.pages.navigation import (
    ACTIVITIES,
    COMING,
    GAPS,
    PAGES,
    PROGRAMME,
    QUALITY,
    REPORTS,
    UNITS,
    ListedPage,
)
from services.metrics.adapters.pages.routes import pages_router, render_live, shown_choice
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import GapState, Stage
from shared.http.requests.request_context import Today
from shared.projections.projection_health import Notices, no_notices
from shared.rules.rights.actions import Action

MADE_BY: Mapping[str, Make] = {
    UNITS.path: units.page,
    GAPS.path: gaps.page,
    ACTIVITIES.path: activities.page,
    PROGRAMME.path: programme.page,
    COMING.path: coming.page,
    QUALITY.path: quality.page,
    REPORTS.path: reports.page,
}
MOST_ROWS = 10_000_000
MOST_SHOWN = 100  # rows of a table on a page; the next ones are a link away, and its CSV has all of them


@dataclass(frozen=True, slots=True)
class Shape:
    """How the page is wanted: sorted by a column of a table, a table from some row on, or one table as CSV."""

    sort: str | None
    table: str | None
    first: int
    form: Literal["html", "csv"]


async def _shape(
    sort: Annotated[
        Annotated[str, Field(max_length=64)] | None,
        Given,
        Query(description="a column of its tables; from its largest value after a `-`"),
    ] = None,
    table: Annotated[
        Annotated[str, Field(max_length=64)] | None,
        Given,
        Query(
            description="the table of the CSV, or of which rows are shown from `first` on; the first if absent"
        ),
    ] = None,
    first: Annotated[
        Annotated[int, Field(ge=1, le=MOST_ROWS)] | None,
        Given,
        Query(
            description="the number of the row from which the table is shown; from its first one if absent"
        ),
    ] = None,
    form: Annotated[Literal["html", "csv"], Query(alias="format")] = "html",
) -> Shape:
    return Shape(sort, table, first or 1, form)


Shaped = Annotated[Shape, Depends(_shape)]


def router(sources: Sources, notices: Notices = no_notices) -> APIRouter:
    routes = pages_router()

    async def answer(
        listed: ListedPage, chosen: Choice, today: Today, shape: Shape, filters: dict[str, str]
    ) -> Response:
        asked = Asked(chosen=chosen, today=today, filters=filters)
        made = await MADE_BY[listed.path](sources, asked)
        tables = _sorted(made.tables, shape.sort)
        words = Words(chosen.lang)
        if shape.form == "csv":
            table = table_of(tables, shape.table)
            name = f'attachment; filename="{listed.path.rpartition("/")[2]}-{table.key}.csv"'
            return Response(table.as_csv(words), media_type=CSV, headers={"Content-Disposition": name})
        ranges = _ranges(tables, shape)
        links = _Links(listed.path, chosen, shape.sort, filters)
        return render_live(
            "list.html",
            "../live.js",
            **shown_choice(made.overview, chosen, today, await notices()),
            described=listed,
            pages=PAGES,
            made=made,
            tables=[_rows_of(table, ranges[table.key]) for table in tables],
            ranges=ranges,
            links=links,
            filters=filters,
            wording=words,
            whose=whose(made.overview, words),
            cells=cells,
            registry=sources.registry,
        )

    def page_of(listed: ListedPage) -> None:
        @routes.get(listed.path, summary=listed.summary)
        async def page(
            _: Annotated[Principal, may(Action.READ_FIGURES)], chosen: Chosen, today: Today, shape: Shaped
        ) -> Response:
            return await answer(listed, chosen, today, shape, {})

    @routes.get(GAPS.path, summary=GAPS.summary)
    async def gaps_page(
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        chosen: Chosen,
        today: Today,
        shape: Shaped,
        stage: Annotated[Stage | None, Given, Query(description="only drafts in this stage")] = None,
        state: Annotated[
            GapState | None, Given, Query(description="only overdue ones, or only others")
        ] = None,
    ) -> Response:
        filters = {name: value.value for name, value in (("stage", stage), ("state", state)) if value}
        return await answer(GAPS, chosen, today, shape, filters)

    for listed in PAGES:
        if listed is not GAPS:
            page_of(listed)
    return routes


def asks(sources: Sources) -> list[Callable[[date], Awaitable[object]]]:
    """Give what the pages ask of a day if nothing is chosen."""
    return [partial(_usual, make, sources) for make in MADE_BY.values()]


async def _usual(make: Make, sources: Sources, today: date) -> object:
    return await make(sources, Asked(chosen=USUAL, today=today))


def _sorted(tables: Sequence[Table], sort: str | None) -> list[Table]:
    """Sort the tables that have the column; raises `ColumnUnknown` if none has it."""
    if sort is None:
        return list(tables)
    name = sort.removeprefix("-")
    having = [table for table in tables if name in {column.key for column in table.columns}]
    if not having:
        tables[0].sorted_by(sort)
    return [table.sorted_by(sort) if table in having else table for table in tables]


@dataclass(frozen=True, slots=True)
class RowRange:
    """Which rows of a table a page shows, counted from 1, and where those before and after begin (None: there are none)."""

    size: int
    first: int

    @property
    def last(self) -> int:
        return min(self.size, self.first + MOST_SHOWN - 1)

    @property
    def before(self) -> int | None:
        return max(1, self.first - MOST_SHOWN) if self.first > 1 else None

    @property
    def after(self) -> int | None:
        return self.last + 1 if self.last < self.size else None


def _ranges(tables: Sequence[Table], shape: Shape) -> dict[str, RowRange]:
    """Give the rows of each table; only the chosen one may begin later. Raises `TableUnknown`."""
    chosen = table_of(tables, shape.table).key
    sizes = {table.key: len(table.rows) for table in tables}
    return {key: RowRange(size, _first(shape, size) if key == chosen else 1) for key, size in sizes.items()}


def _first(shape: Shape, size: int) -> int:
    """Begin with the last part if there are fewer rows by now."""
    return shape.first if shape.first <= size else max(0, size - 1) // MOST_SHOWN * MOST_SHOWN + 1


def _rows_of(table: Table, part: RowRange) -> Table:
    return replace(table, rows=table.rows[part.first - 1 : part.last])


@dataclass(frozen=True, slots=True)
class Heading:
    """The link of a column's head, and how the table is sorted by it now."""

    href: str
    state: str = ""
    sign: str = ""


@dataclass(frozen=True, slots=True)
class _Links:
    path: str
    chosen: Choice
    sort: str | None
    filters: dict[str, str]

    def heading(self, table: Table, column: Column) -> Heading:
        ascending = self.sort == column.key
        descending = self.sort == f"-{column.key}"
        first = f"-{column.key}" if column.is_number else column.key
        other = column.key if column.is_number else f"-{column.key}"
        following = other if self.sort == first else first
        href = self.chosen.link(f"{self.path}#bang-{table.key}", sort=following, **self.filters)
        if ascending or descending:
            return Heading(href, "ascending" if ascending else "descending", "▲" if ascending else "▼")
        return Heading(href)

    def rows(self, table: Table, first: int) -> str:
        of = {"table": table.key, "first": first, "sort": self.sort, **self.filters}
        return self.chosen.link(f"{self.path}#bang-{table.key}", **of)

    def csv(self, table: Table) -> str:
        return self.chosen.link(self.path, format="csv", table=table.key, sort=self.sort, **self.filters)

    def filtered(self, name: str, value: str) -> str:
        """Address the page with a filter, or without it if it is set."""
        others = {key: of for key, of in self.filters.items() if key != name}
        chosen = {} if self.filters.get(name) == value else {name: value}
        return self.chosen.link(self.path, sort=self.sort, **others, **chosen)
