"""The templates of all pages of the notifier in one environment: the common ones are compiled once at start-up."""

from datetime import datetime
from pathlib import Path

from shared.kernel.counted import counted
from shared.kernel.local_day import VIETNAM
from shared.pages.layout import day, environment


def _moment(value: datetime) -> str:
    local = value.astimezone(VIETNAM)
    return f"{local:%H:%M} ngày {day(local.date())}"


PAGES = environment(
    *(Path(__file__).parents[1] / of / "templates" for of in ("answers", "recipients", "sign_in", "urging")),
    filters={"moment": _moment, "counted": counted},
)
