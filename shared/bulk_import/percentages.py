"""Percentages in cells: 70 and 70% are alike; 0.7 alone may mean 0.7 % or 70 %, so it is asked about."""

import re
from typing import Any

from pydantic_core import PydanticCustomError

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def written_percent(value: Any) -> Any:
    """Read a number with or without the sign; refuse one up to 1 without it, with both readings of it."""
    text = str(value).strip()
    if (number := text.removesuffix("%").rstrip()) != text:
        return number
    if _NUMBER.fullmatch(text) and 0 < float(text) <= 1:
        raise PydanticCustomError("percent", "{en}", _both_readings(text))
    return value


def percent_cell(number: float) -> str:
    """Write a percentage so that it is read as it is meant."""
    return f"{number:g}%" if 0 < number <= 1 else f"{number:g}"


def _both_readings(text: str) -> dict[str, Any]:
    hundredfold = f"{float(text) * 100:g}"
    return {
        "vi": f"“{text}” có thể là {text.replace('.', ',')} % hoặc {hundredfold.replace('.', ',')} %; nếu là {hundredfold} % "
        f"hãy ghi {hundredfold}, nếu đúng là {text.replace('.', ',')} % hãy ghi {text}%",
        "en": f"'{text}' may mean {text} % or {hundredfold} %; write {hundredfold} for {hundredfold} %, or {text}% if "
        f"{text} % is meant",
    }
