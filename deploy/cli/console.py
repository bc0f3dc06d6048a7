"""Output of the commands: Vietnamese first, English below, numbers and dates as officials write them."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.text import Text as Styled

from shared.kernel.errors import LoaError, Text
from shared.kernel.local_day import VIETNAM

PIPE_WIDTH = 140


def console(*, stderr: bool = False) -> Console:
    """Make a console; piped output gets lines wide enough for a table."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=PIPE_WIDTH)


out = console()
err = console(stderr=True)


class CommandError(LoaError):
    """Ends a command with a message in two languages."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.message = Text(vi, en)


def print_text(text: Text, *, style: str = "", to: Console = out) -> None:
    to.print(Styled(text.vi, style=style), soft_wrap=True)
    if text.en:
        to.print(Styled(text.en, style="dim"), soft_wrap=True)


def print_error(text: Text) -> None:
    print_text(text, style="bold red", to=err)


def print_json(answer: object) -> None:
    out.print_json(json.dumps(answer, ensure_ascii=False))


def banners(answer: Mapping[str, Any]) -> None:
    """Show the banners of an answer, a forecast first: they must be shown whenever its figures are."""
    if answer.get("forecast"):
        shown = day(answer["as_of"])
        print_text(
            Text(
                f"Dự kiến đến ngày {shown} theo dữ liệu hiện có.",
                f"Forecast for {shown} from the data recorded so far.",
            ),
            style="black on yellow",
        )
    for banner in answer.get("banners") or ():
        print_text(Text(banner["vi"], banner["en"]), style="black on yellow")


def percent(rate: float | None, places: int = 1) -> str:
    """Write a fraction to a tenth of a per cent (or to as many places), or that it does not apply."""
    from shared.rules.words.percent import percent as written  # noqa: PLC0415  loads all rules: `loa --help` answers without

    return written(rate, places).vi


def count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def day(value: str | date | None) -> str:
    """Write a day as dd/mm/yyyy."""
    if value is None:
        return ""
    result = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{result:%d/%m/%Y}"


def moment(value: str) -> str:
    """Write a moment in Vietnam's time."""
    return f"{datetime.fromisoformat(value).astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)
