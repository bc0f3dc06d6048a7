"""What the reader of a page chose: day, year, units, view, language; it goes along in every link."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import Depends, Query
from pydantic import BeforeValidator, Field

from services.metrics.adapters.figures.api import known_at_of
from services.metrics.application.ports import KnownAt
from services.metrics.application.queries import Question
from services.metrics.domain.errors import TypedDayWrong
from services.metrics.domain.grouping import View
from shared.contracts.vocabulary import Dataset
from shared.http.requests.request_context import OfDataset
from shared.pages.date_boxes import date_in_boxes
from shared.pages.forms import Fields
from shared.rules.figures import reporting_year, year_period
from shared.text_checks.days import Day

Language = Literal["vi", "en"]
LONGEST_BOX = 20


def _given(value: Any) -> Any:
    """Read the empty field of a form as None."""
    return None if isinstance(value, str) and not value.strip() else value


Given = BeforeValidator(_given)
Year = Annotated[int, Field(ge=2000, le=2100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the reader chose in the form; it goes along in every link."""

    as_of: date | None
    year: int | Literal["all"] | None
    unit: str | None
    include_descendants: bool
    area_of: str | None
    view: View
    lang: Language = "vi"
    known_at: KnownAt | None = None
    dataset: Dataset | None = None

    def question(self, today: date) -> Question:
        as_of = self.as_of or today
        year = None if self.year == "all" else self.year or reporting_year(as_of)
        return Question(
            as_of=as_of,
            period=year_period(year) if year else None,
            year=year,
            unit_code=self.unit,
            include_descendants=self.include_descendants,
            area_of=self.area_of,
            view=self.view,
            known_at=self.known_at,
        )

    def link(self, path: str, **changes: Any) -> str:
        """Address a page with this choice, or with a changed one."""
        address, _, part = path.partition("#")
        query = self.query(**changes) if changes else _query_of(self)
        return f"{quote(address)}{query}{f'#{part}' if part else ''}"

    def query(self, **changes: Any) -> str:
        """Write what it adds to an address, or what it would if it were changed."""
        own: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        chosen = {key: value for key, value in (own | changes).items() if value}
        for key, usual in (("view", View.ORIGINAL), ("lang", "vi")):
            if chosen.get(key) == usual:
                del chosen[key]
        chosen |= {"include_descendants": "true"} if chosen.get("include_descendants") else {}
        return f"?{urlencode(chosen)}" if chosen else ""


@lru_cache(maxsize=64)
def _query_of(choice: Choice) -> str:
    """Write what a choice adds to each of the hundreds of links of a page."""
    return choice.query()


USUAL = Choice(as_of=None, year=None, unit=None, include_descendants=False, area_of=None, view=View.ORIGINAL)
"""What a page shows if nothing is chosen."""
Box = Annotated[Annotated[str, Field(max_length=LONGEST_BOX)] | None, Given, Query()]


@dataclass(frozen=True, slots=True)
class TypedDays:
    """The days of the form as they were typed, in three boxes each; addresses hold a day as one parameter."""

    as_of_day: str | None
    as_of_month: str | None
    as_of_year: str | None
    known_at_day: str | None
    known_at_month: str | None
    known_at_year: str | None

    def day(self, name: str) -> date | None:
        """Read a day that may be left out; raises `TypedDayWrong`."""
        return typed_day(asdict(self), name)


def typed_day(boxes: Mapping[str, str | None], name: str) -> date | None:
    """Read a day that may be left out from its three boxes; raises `TypedDayWrong`."""
    form = Fields({box: [text] for box, text in boxes.items() if text})
    dated = date_in_boxes(form, name, required=False, whole=True)
    if name in form.errors:
        raise TypedDayWrong(name, form.errors[name])
    return dated[0] if dated else None


async def typed_days(  # an own function: a class is asked for in a thread
    as_of_day: Box = None,
    as_of_month: Box = None,
    as_of_year: Box = None,
    known_at_day: Box = None,
    known_at_month: Box = None,
    known_at_year: Box = None,
) -> TypedDays:
    return TypedDays(as_of_day, as_of_month, as_of_year, known_at_day, known_at_month, known_at_year)


async def choice(
    typed: Annotated[TypedDays, Depends(typed_days)],
    as_of: Annotated[Day | None, Given, Query(description="today if empty")] = None,
    year: Annotated[
        Year | Literal["all"] | None, Given, Query(description="the reporting year of as_of if empty")
    ] = None,
    unit: Annotated[str | None, Given, Query(description="code or name; the whole country if empty")] = None,
    include_descendants: Annotated[bool, Query()] = False,
    area_of: Annotated[
        str | None, Given, Query(description="code or name of a unit that follows others")
    ] = None,
    view: View = View.ORIGINAL,
    lang: Annotated[Language, Query(description="language of the page")] = "vi",
    known_at: Annotated[
        Annotated[str, Field(max_length=32)] | None,
        Given,
        Query(description="as known at the end of this day, or at this position of the log"),
    ] = None,
    dataset: Annotated[Dataset | None, OfDataset] = None,
) -> Choice:
    return Choice(
        as_of=typed.day("as_of") or as_of,
        year=year,
        unit=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        view=view,
        lang=lang,
        known_at=typed.day("known_at") or known_at_of(known_at),
        dataset=dataset,
    )


Chosen = Annotated[Choice, Depends(choice)]
