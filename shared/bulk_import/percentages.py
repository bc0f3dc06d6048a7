"""Percentages in cells and bodies: 70 and 70% are alike; 0.7 alone may mean 0.7 % or 70 %, so it is asked about."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError


def written_percent(value: Any) -> Any:
    """Read a number with or without the sign; refuse one up to 1 without it, with both readings of it."""
    text = str(value).strip()
    if (number := text.removesuffix("%").rstrip()) != text:
        return number
    if 0 < _number(text) <= 1:
        raise PydanticCustomError("percent", "{en}", _both_readings(text))
    return text if isinstance(value, bool) else value  # a boolean is no number


Percent = Annotated[
    float,
    Field(ge=0, le=100),
    BeforeValidator(
        written_percent,
        json_schema_input_type=float | Annotated[str, Field(pattern=r"^\d+(\.\d+)?%$")],
    ),
]
"""70 or "70%"; a number up to 1 is refused, because it may be a share: "0.7%" or 70."""


def _number(text: str) -> float:
    """Read a number; 0 for what is none, which is refused afterwards."""
    try:
        return float(text)
    except ValueError:
        return 0


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
