"""Rows of an import: text cells become checked values, and what can't be taken is said by column."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from shared.contracts.vocabulary import Precision
from shared.errors import Text
from shared.printable import MESSAGE, refuse_unprintable

_SHORT_DATE = {4: Precision.YEAR, 7: Precision.MONTH}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class ImportRow(BaseModel):
    """One row; cells are trimmed and normalised (NFC), empty ones are absent, unknown columns are notes."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, cells: Any) -> Any:
        return clean(cells) if isinstance(cells, Mapping) else cells

    @property
    def notes(self) -> dict[str, str]:
        """Columns that we don't know, kept; but never an e-mail address: the log holds no personal data."""
        return {column: cell for column, cell in self._unknown().items() if not _ADDRESS.search(cell)}

    @property
    def left_out(self) -> list[str]:
        """Unknown columns that are not kept, because an e-mail address stands in them."""
        return [column for column, cell in self._unknown().items() if _ADDRESS.search(cell)]

    def _unknown(self) -> dict[str, str]:
        return {column: str(cell) for column, cell in sorted((self.model_extra or {}).items())}


class DatedRow(ImportRow):
    """A row with a date that may be known to the month or year only, written short or as its first day."""

    precision: Precision = Precision.DAY

    @model_validator(mode="before")
    @classmethod
    def _dated(cls, cells: Any) -> Any:
        if not isinstance(cells, Mapping):
            return cells
        row = clean(cells)
        for column, cell in row.items():
            if column in cls.date_columns() and (short := _SHORT_DATE.get(len(cell))):
                row = {**row, column: f"{cell}-01-01"[:10], "precision": short.value}
        return row

    @classmethod
    def date_columns(cls) -> frozenset[str]:
        return frozenset({"entered_on", "held_on"})

    @model_validator(mode="after")
    def _first_day(self) -> Self:
        for column in self.date_columns() & set(type(self).model_fields):
            _check_first_day(getattr(self, column), self.precision)
        return self


def _check_first_day(day: date, precision: Precision) -> None:
    if precision is Precision.MONTH and day.day != 1:
        raise ValueError("a month is written as its first day")
    if precision is Precision.YEAR and (day.month, day.day) != (1, 1):
        raise ValueError("a year is written as its first day")


def clean(cells: Mapping[str, Any]) -> dict[str, str]:
    """Trim and normalise; empty cells are left out. Raises `ValueError` at control characters."""
    texts = {
        column: unicodedata.normalize("NFC", str(cell)).strip() for column, cell in cells.items() if cell
    }
    refuse_unprintable(texts)
    return {column: text for column, text in texts.items() if text}


def _iso_day(value: Any) -> Any:
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError("a day is written yyyy-mm-dd")
    return value


def _listed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in re.split("[;,]", value) if part.strip())


Day = Annotated[date, BeforeValidator(_iso_day)]
Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(_listed)]

_WHY_VI = {
    "missing": "bắt buộc nhưng còn trống",
    "enum": "không thuộc danh mục cho phép",
    "literal_error": "không thuộc danh mục cho phép",
    "string_pattern_mismatch": "sai định dạng mã (A–Z, 0–9, dấu . _ -)",
    "int_parsing": "không phải là số nguyên",
    "float_parsing": "không phải là số",
    "greater_than_equal": "nhỏ hơn mức cho phép",
    "less_than_equal": "lớn hơn mức cho phép",
    "date_from_datetime_parsing": "không phải là ngày hợp lệ, cần dạng yyyy-mm-dd",
    "date_parsing": "không phải là ngày hợp lệ, cần dạng yyyy-mm-dd",
}
_VALUE_ERRORS_VI = {
    MESSAGE: "có ký tự điều khiển không hợp lệ",
    "a month is written as its first day": "chỉ biết tháng thì ghi ngày đầu tháng",
    "a year is written as its first day": "chỉ biết năm thì ghi ngày 01 tháng 01",
    "a day is written yyyy-mm-dd": "không phải là ngày hợp lệ, cần dạng yyyy-mm-dd",
}


class Reason(BaseModel):
    """Why a row can't be taken: the column (empty: the whole row), what stands there, and what to do."""

    column: str = ""
    value: str = ""
    vi: str
    en: str


def reasons(error: ValidationError, cells: Mapping[str, Any]) -> list[Reason]:
    """Translate a row's validation errors, one by column."""
    return [_reason(item, cells) for item in error.errors()]


def _reason(item: Any, cells: Mapping[str, Any]) -> Reason:
    column = str(item["loc"][0]) if item["loc"] else ""
    english = str(item["msg"]).removeprefix("Value error, ")
    vietnamese = _VALUE_ERRORS_VI.get(english) or _WHY_VI.get(item["type"], english)
    value = str(cells.get(column, ""))[:200]
    return Reason(
        column=column, value=value, vi=f"cột “{column}” {vietnamese}", en=f"column '{column}': {english}"
    )


def refused(message: Text) -> Reason:
    return Reason(vi=message.vi, en=message.en)
