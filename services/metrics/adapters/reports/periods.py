"""The periods for which a report is asked: parts of a reporting year, the whole scheme, or days of the reader's own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Depends, Query

from services.metrics.adapters.pages.choice import Choice, Chosen, Given, typed_day
from services.metrics.application.queries import Question
from services.metrics.domain.errors import PeriodUnclear, TypedDayWrong
from shared.kernel.errors import Refusal, Text
from shared.rules.figures import (
    Period,
    half_period,
    nine_months_period,
    quarter_period,
    reporting_year,
    scheme_period,
    year_period,
)
from shared.text_checks.days import Day

OF_A_PERIOD = frozenset({"/reports", "/reports/407", "/entry/reports/publish"})  # pages that take one


class Part(StrEnum):
    """Of a reporting year (Decree 09/2019/NĐ-CP, article 12; nine months as councils assess), or all years of the scheme."""

    YEAR = "year"
    Q1 = "q1"
    Q2 = "q2"
    Q3 = "q3"
    Q4 = "q4"
    H1 = "h1"
    H2 = "h2"
    M9 = "m9"
    SCHEME = "scheme"

    def period(self, year: int) -> Period:
        match self:
            case Part.YEAR:
                return year_period(year)
            case Part.H1 | Part.H2:
                return half_period(year, int(self.value[1]))
            case Part.M9:
                return nine_months_period(year)
            case Part.SCHEME:
                return scheme_period()
            case _:
                return quarter_period(year, int(self.value[1]))


PARTS: Mapping[Part, Text] = MappingProxyType(
    {
        Part.YEAR: Text("Cả năm (15/12 đến 14/12)", "Whole year (15/12 to 14/12)"),
        Part.Q1: Text("Quý I (15/12 đến 14/3)", "First quarter (15/12 to 14/3)"),
        Part.Q2: Text("Quý II (15/3 đến 14/6)", "Second quarter (15/3 to 14/6)"),
        Part.Q3: Text("Quý III (15/6 đến 14/9)", "Third quarter (15/6 to 14/9)"),
        Part.Q4: Text("Quý IV (15/9 đến 14/12)", "Fourth quarter (15/9 to 14/12)"),
        Part.H1: Text("6 tháng đầu năm (15/12 đến 14/6)", "First half (15/12 to 14/6)"),
        Part.H2: Text("6 tháng cuối năm (15/6 đến 14/12)", "Second half (15/6 to 14/12)"),
        Part.M9: Text("9 tháng (15/12 đến 14/9)", "Nine months (15/12 to 14/9)"),
        Part.SCHEME: Text(
            "Cả giai đoạn 2022–2027 (tổng kết)", "All years of the scheme, 2022–2027 (final review)"
        ),
    }
)


class DayOfPeriodWrong(Refusal):
    """A day that bounds a period is none, or the two are the wrong way round."""

    code = "period-day-wrong"
    kind = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportChoice(Choice):
    """A choice with a period; links to pages that know years alone leave it out."""

    part: Part = Part.YEAR
    first: date | None = None
    last: date | None = None

    @property
    def own(self) -> Period | None:
        return Period(self.first, self.last) if self.first and self.last else None

    def year_on(self, today: date) -> int | None:
        """Give the year that is asked for; None where the period says it all. Raises `PeriodUnclear` for all years."""
        if self.own or self.part is Part.SCHEME:
            return None
        if self.year == "all":
            raise PeriodUnclear
        return self.year or reporting_year(self.as_of or today)

    def question(self, today: date) -> Question:
        year = self.year_on(today)
        of_year = Choice.question(replace(self, year=year or "all"), today)
        if year is not None and self.part is Part.YEAR:
            return of_year
        return replace(of_year, year=None, period=self.own or self.part.period(year or 0))

    def link(self, path: str, **changes: Any) -> str:
        """Address a page; the period goes along to those that take one."""
        given: dict[str, Any] = {"part": None, "first": None, "last": None}
        if path.partition("#")[0] in OF_A_PERIOD:
            if self.own:
                given |= {"from": self.first, "to": self.last, "year": None}
            elif self.part is not Part.YEAR:
                given |= {"part": self.part.value}
        return Choice.link(self, path, **(given | changes))


GivenPart = Annotated[
    Part | None,
    Given,
    Query(
        description="a part of the reporting year (quarter, half, nine months), or all years of the scheme"
    ),
]


@dataclass(frozen=True, slots=True)
class TypedPeriod:
    """The days of an own period as they were typed, in three boxes each."""

    from_day: str
    from_month: str
    from_year: str
    to_day: str
    to_month: str
    to_year: str

    def day(self, name: str, of: Text) -> date | None:
        """Read a day that may be left out; raises `DayOfPeriodWrong`, which begins with the words `of` the day."""
        try:
            return typed_day(asdict(self), name)
        except TypedDayWrong as wrong:
            why = wrong.message
            raise DayOfPeriodWrong(f"{of.vi}: {why.vi}", f"{of.en}: {why.en}") from wrong


async def typed_period(
    from_day: str = "",
    from_month: str = "",
    from_year: str = "",
    to_day: str = "",
    to_month: str = "",
    to_year: str = "",
) -> TypedPeriod:
    return TypedPeriod(from_day, from_month, from_year, to_day, to_month, to_year)


async def report_choice(
    chosen: Chosen,
    typed: Annotated[TypedPeriod, Depends(typed_period)],
    part: GivenPart = None,
    first: Annotated[Day | None, Given, Query(alias="from", description="first day of an own period")] = None,
    last: Annotated[Day | None, Given, Query(alias="to", description="last day of an own period")] = None,
) -> ReportChoice:
    """Read the period of the page: of its form, whose days stand in three boxes each, or of a link.

    Raises `DayOfPeriodWrong`, or `PeriodUnclear` where one of the days is missing.
    """
    first, last = typed.day("from", FIRST) or first, typed.day("to", LAST) or last
    if (first is None) != (last is None):
        raise PeriodUnclear
    if first and last and first > last:
        raise DayOfPeriodWrong(
            "Ngày đầu của kỳ báo cáo sau ngày cuối; đề nghị kiểm tra lại hai ngày.",
            "The period begins after its end; please look at the two days.",
        )
    names = Choice.__dataclass_fields__
    return ReportChoice(
        **{name: getattr(chosen, name) for name in names}, part=part or Part.YEAR, first=first, last=last
    )


FIRST, LAST = Text("Từ ngày", "From"), Text("Đến ngày", "To")
ReportChosen = Annotated[ReportChoice, Depends(report_choice)]
