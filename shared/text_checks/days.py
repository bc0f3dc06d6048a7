"""Days and moments as routes and import rows take them: exact ISO forms within bounds; else the exact value to write."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from shared.kernel.errors import Text
from shared.kernel.local_day import VIETNAM, day_in_vietnam
from shared.kernel.runtime import now
from shared.text_checks.exact_values import Meant, meant, not_a_day

FIRST_DAY = date(1945, 1, 1)  # the State was founded on 2 September 1945; before its year it records nothing
LAST_DAY = date(2100, 12, 31)  # of ends, deadlines and days that are asked about
MOST_YEARS_AHEAD = 10  # of facts: decisions name a day of the next years, later ones are typing errors

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHORT = re.compile(r"(\d{4})(?:-(\d{2}))?")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)  # as RFC 3339, where seconds and offset may be left out
NO_DAY = Text(
    "không phải là ngày hợp lệ; hãy ghi dạng năm-tháng-ngày, ví dụ “2024-02-15”",
    "is no day; write it as year-month-day, such as '2024-02-15'",
)
NO_MOMENT = Text(
    "không phải là thời điểm hợp lệ; hãy ghi theo RFC 3339, ví dụ “2024-02-15T08:00:00+07:00”",
    "is no moment; write it by RFC 3339, such as '2024-02-15T08:00:00+07:00'",
)


def _latest_fact() -> date:
    """A fact's last year counts from the present one, by the clock of this machine."""
    return date(day_in_vietnam(now()).year + MOST_YEARS_AHEAD, 12, 31)


def out_of_bounds(day: date, latest: date = LAST_DAY) -> Text | None:
    """Say that a day lies before `FIRST_DAY` or after `latest`, and what to look at."""
    shown = f"{day:%d/%m/}{day.year:04}"
    if day < FIRST_DAY:
        return Text(
            f"là {shown}, trước năm {FIRST_DAY.year}; hãy xem lại năm đã ghi",
            f"is {day}, before the year {FIRST_DAY.year}; look at the year again",
        )
    if day > latest:
        return Text(
            f"là {shown}, sau năm {latest.year}; hãy xem lại năm đã ghi",
            f"is {day}, after the year {latest.year}; look at the year again",
        )
    return None


def _error(kind: str, why: Text) -> PydanticCustomError:
    return PydanticCustomError(kind, "{en}", {"vi": why.vi, "en": why.en})


def _exact(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise _error("day", NO_DAY)
    if _ISO.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _error("day", _advice(value))


def _advice(value: str) -> Text:
    """Say how a day is written in a request, where a month or year has the field `precision` next to it."""
    text = value.strip()
    short = _SHORT.fullmatch(text)
    meaning = Meant(*(int(part) for part in short.groups("0"))) if short else meant(text)
    if meaning is not None and not meaning.day:
        first = Meant(meaning.year, meaning.month or 1, 1)
        return Text(
            f"phải đủ năm, tháng, ngày; nếu chỉ biết {'tháng' if meaning.month else 'năm'}, hãy ghi {first} "
            "và ghi độ chính xác ở trường precision nếu có",
            f"must be a whole day; if only the {'month' if meaning.month else 'year'} is given, write {first} "
            "and name the precision in the field precision where there is one",
        )
    if _ISO.fullmatch(text) and text != value:
        return Text(f"có khoảng trắng thừa; hãy ghi {text}", f"has white space around it; write {text}")
    return not_a_day(text, NO_DAY) or NO_DAY


def _bounded(latest: Callable[[], date]) -> Callable[[Any], date]:
    def day(value: Any) -> date:
        exact = _exact(value)
        if (why := out_of_bounds(exact, latest())) is not None:
            raise _error("day_bounds", why)
        return exact

    return day


Day = Annotated[date, BeforeValidator(_bounded(lambda: LAST_DAY))]
"""A day that is asked about, ends or is due: from `FIRST_DAY` to `LAST_DAY`."""
FactDay = Annotated[date, BeforeValidator(_bounded(_latest_fact))]
"""A day on which something took place, was decided or is planned: at most `MOST_YEARS_AHEAD` years ahead."""


def _moment(form: re.Pattern[str], value: Any) -> datetime:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _error("instant", NO_MOMENT)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise _error("instant", NO_MOMENT) from error
    if (why := out_of_bounds(moment.date())) is not None:
        raise _error("day_bounds", why)
    return moment


Instant = Annotated[datetime, BeforeValidator(partial(_moment, _RFC3339))]
"""A moment by RFC 3339, with its offset."""


def moment_of(text: str, hour: time) -> datetime:
    """Read a day (at `hour`), or a moment, without an offset in Vietnam; raises `ValueError` with both languages' texts."""
    if _ISO.fullmatch(text):
        return datetime.combine(_bounded(lambda: LAST_DAY)(text), hour, VIETNAM)
    moment = _moment(_MOMENT, text)
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
