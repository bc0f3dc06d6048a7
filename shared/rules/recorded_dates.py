"""Which days may be recorded: what has happened, and a month or year by its first day."""

from datetime import date

from shared.contracts.vocabulary import Precision
from shared.kernel.errors import Refusal

_JANUARY = 1


class DayInFuture(Refusal):
    code = "day-in-future"
    kind = "invalid"

    def __init__(self, day: date) -> None:
        super().__init__(
            f"Ngày {day:%d/%m/%Y} ở tương lai; chỉ ghi nhận việc đã diễn ra.",
            f"The day {day} lies in the future; only what has happened is recorded.",
        )


class NotFirstDay(Refusal):
    code = "not-first-day"
    kind = "invalid"

    def __init__(self, day: date, precision: Precision) -> None:
        super().__init__(
            f"Ngày chỉ biết đến tháng hoặc năm phải ghi là ngày đầu của kỳ đó; nhận được {day:%d/%m/%Y} ({precision}).",
            f"A date known to the {precision} only is written as its first day; got {day}.",
        )


def is_first_day(day: date, precision: Precision) -> bool:
    """Tell whether a day may stand for its period; every day stands for itself."""
    if precision is Precision.DAY:
        return True
    return day.day == 1 and (precision is Precision.MONTH or day.month == _JANUARY)


def check_recorded_day(day: date, precision: Precision, today: date) -> None:
    """Refuse a day that lies in the future (a month or year: by its first day), or is no first day."""
    if day > today:
        raise DayInFuture(day)
    if not is_first_day(day, precision):
        raise NotFirstDay(day, precision)
