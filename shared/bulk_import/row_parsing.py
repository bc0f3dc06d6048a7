"""A row of a file becomes a command; each problem is listed with its column and what to do."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.vocabulary import Precision
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.kernel.text_folding import fold
from shared.rules.sequence import is_first_day
from shared.rules.words.suggestions import nearest
from shared.text_checks.exact_values import needs_a_day, not_a_day, not_a_number
from shared.text_checks.printable import (
    LONGEST_NAME,
    ONE_LINE,
    TOO_LONG,
    is_printable,
    refusal,
    tidied,
    unreadable,
)

WHY = {
    "missing": Text("bắt buộc nhưng còn trống; hãy điền", "is mandatory and empty; fill it in"),
    "string_pattern_mismatch": Text(
        "sai định dạng mã; mã chỉ gồm A–Z, 0–9 và dấu . _ - (2 đến 64 ký tự)",
        "is no code: A-Z, 0-9 and . _ - only, 2 to 64 characters",
    ),
    "string_too_long": Text(
        "dài quá {max_length} ký tự; hãy rút gọn", "is longer than {max_length} characters; shorten it"
    ),
    "string_too_short": Text("còn trống; hãy điền", "is empty; fill it in"),
    "int_parsing_size": Text("là số quá lớn; hãy kiểm tra lại", "is too large a number; look at it again"),
    "too_long": Text(
        "có quá nhiều mục, nhiều nhất là {max_length}", "has too many items, {max_length} at most"
    ),
    "finite_number": Text("phải là số hữu hạn", "must be a finite number"),
    "greater_than_equal": Text("phải từ {ge} trở lên", "must be {ge} or more"),
    "less_than_equal": Text("không được quá {le}", "must be {le} or less"),
}
WHY |= {
    "uuid_parsing": Text(
        "không phải là mã hợp lệ (UUID); hãy giữ nguyên mã do hệ thống ghi",
        "is no id (UUID); keep it as the system wrote it",
    ),
}
PATTERNS = {  # of columns that hold no codes
    "email": Text(
        "không phải là địa chỉ thư điện tử đầy đủ; hãy ghi một địa chỉ dạng ten@donvi.gov.vn, không kèm tên người",
        "is no complete e-mail address; write one such as name@office.gov.vn, without the name of a person",
    ),
}
WHY_VALUE = {
    "a month is written as its first day": Text(
        "chỉ biết tháng thì ghi ngày đầu tháng (2024-02-01) hoặc 2024-02",
        "a month is written as its first day (2024-02-01), or as 2024-02",
    ),
    "a year is written as its first day": Text(
        "chỉ biết năm thì ghi ngày 01 tháng 01 (2024-01-01) hoặc 2024",
        "a year is written as its first day (2024-01-01), or as 2024",
    ),
}
_SHORT_DATE = {4: Precision.YEAR, 7: Precision.MONTH}
_SHORT = re.compile(r"\d{4}(-\d{2})?")
SEVERAL = 2  # mandatory cells that are empty are named together
SHOWN = 80  # letters of a value that a reason repeats
LONGEST = 10_000  # letters of a cell
DECOMPOSED = 3  # code points of a letter with two marks
MOST_CELLS = 200  # of a row
MOST_LETTERS = 50_000  # of a whole row
LONGEST_OF = {"title": 2000, "name": 2000}  # as the API has it


class ImportRow(BaseModel):
    """One row; cells are trimmed and normalised (NFC), empty ones are absent, unknown columns are notes."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, cells: Any) -> Any:
        return cls._read(clean(cells)) if isinstance(cells, Mapping) else cells

    @classmethod
    def _read(cls, row: dict[str, str]) -> dict[str, str]:
        """What a kind of row does with its cells before they are checked."""
        return row

    def column_values(self, *without: str) -> dict[str, Any]:
        """Give the columns of the format as they were checked, without some of them."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in without}

    @property
    def notes(self) -> dict[str, str]:
        """Columns that we don't know, kept."""
        if not self.model_extra:
            return {}
        return {column: str(cell) for column, cell in sorted(self.model_extra.items())}


class DatedRow(ImportRow):
    """A row with a date that may be known to the month or year only, written short or as its first day."""

    precision: Precision = Precision.DAY

    @classmethod
    def _read(cls, row: dict[str, str]) -> dict[str, str]:
        for column, cell in row.items():
            if column in cls.date_columns() and _SHORT.fullmatch(cell):
                short = _SHORT_DATE[len(cell)]
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
    if not is_first_day(day, precision):
        raise ValueError(f"a {precision} is written as its first day")


def clean(cells: Mapping[str, Any]) -> dict[str, str]:
    """Trim and normalise; empty cells are left out. Raises an error at control characters and endless texts."""
    texts = {column: str(cell) for column, cell in cells.items() if cell}
    _check_size(texts)
    tidy = {column: _checked(column, cell) for column, cell in texts.items()}
    return {column: text for column, text in tidy.items() if text}


def _check_size(texts: Mapping[str, str]) -> None:
    """Raise an error at a row that is too large, before a letter of it is looked at."""
    if len(texts) > MOST_CELLS:
        why = Text(
            f"dòng có {len(texts)} ô, nhiều nhất là {MOST_CELLS}; hãy bỏ các cột không dùng",
            f"the row has {counted(len(texts), 'cell')}, {MOST_CELLS} at most; leave unused columns out",
        )
        raise refusal("", why)
    for column, cell in texts.items():
        if len(column) > LONGEST_NAME:
            raise refusal(shown(column), TOO_LONG)
        if len(cell) > LONGEST * DECOMPOSED:
            raise _too_long(column, len(cell), LONGEST_OF.get(column, LONGEST))
    if (letters := sum(map(len, texts.values()))) > MOST_LETTERS:
        raise _too_long("", letters, MOST_LETTERS)


def _too_long(column: str, letters: int, most: int) -> PydanticCustomError:
    why = Text(
        f"dài {letters} ký tự, nhiều nhất là {most}; hãy rút gọn",
        f"has {counted(letters, 'character')}, {most} at most; shorten it",
    )
    return refusal(shown(column), why)


def _checked(column: str, cell: str) -> str:
    if (why := unreadable(column) or unreadable(cell)) is not None:
        raise refusal(shown(column), why)
    text = tidied(cell, one_line=column in ONE_LINE)
    if column in _CONTENT and fold(text).strip(" .-–—_/") in _NOTHING:
        raise refusal(shown(column), _NO_CONTENT)
    if len(text) > (most := LONGEST_OF.get(column, LONGEST)):
        raise _too_long(column, len(text), most)
    return text


_CONTENT = frozenset({"title", "name", "final_number", "document", "document_no", "legal_basis"})
_NOTHING = frozenset({"", "n/a", "na", "null", "none", "nan", "nil", "khong co", "chua co", "?"})
_NO_CONTENT = Text(
    "chỉ có dấu hoặc chữ thay cho ô trống; nếu không có thông tin, hãy để trống ô",
    "holds only a sign or a word for an empty cell; leave the cell empty if there is nothing",
)


def listed(value: Any) -> Any:
    """Split a cell that holds a list, at semicolons or commas."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in re.split("[;,]", value) if part.strip())


def listed_words(value: Any) -> Any:
    """Split a list of words: at commas only where there is no semicolon, as words may have commas of their own."""
    if isinstance(value, str) and ";" not in value:
        return listed(value)
    return listed_names(value)


def listed_names(value: Any) -> Any:
    """Split a list of names of places at semicolons alone: "Phường Hồng Gai, tỉnh Quảng Ninh" is one."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";") if part.strip())
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(name for part in value for name in listed_names(part))
    return value


def written_words(words: Iterable[str]) -> str:
    """Write a list of words so that `listed_words` reads the same list."""
    written = ";".join(words)
    return f"{written};" if "," in written and ";" not in written else written


def numbers_by_name(value: Any) -> Any:
    """Read `VNeID: 1000; tổ chức: 200` as numbers by their names."""
    if not isinstance(value, str):
        return value
    pairs = (part.rpartition(":") for part in value.split(";") if part.strip())
    return {name.strip(): number.strip() for name, _, number in pairs} or None


NumbersByName = Annotated[dict[str, int] | None, BeforeValidator(numbers_by_name)]
Listed = Annotated[tuple[str, ...], BeforeValidator(listed)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(listed)]


class Reason(BaseModel):
    """Why a row can't be taken: the column (empty: the whole row), what stands there, and what to do."""

    column: str = ""
    value: str = ""
    vi: str
    en: str


def reasons(error: ValidationError, cells: Mapping[str, Any], model: type[ImportRow]) -> list[Reason]:
    """Translate a row's validation errors, one by column."""
    short = {"due_on", *model.date_columns()} if issubclass(model, DatedRow) else set()
    exact = {column for column in cells if column not in short}
    errors = error.errors()
    missing = [str(item["loc"][0]) for item in errors if item["type"] == "missing"]
    if len(missing) < SEVERAL:
        return [_reason(item, cells, exact) for item in errors]
    names_vi, names_en = (", ".join(f"{mark[0]}{name}{mark[1]}" for name in missing) for mark in ("“”", "''"))
    why = Reason(
        vi=f"các cột bắt buộc còn trống: {names_vi}; hãy điền, hoặc xóa dòng nếu không phải dữ liệu",
        en=f"mandatory columns are empty: {names_en}; fill them in, or delete the row if it is no data",
    )
    others = [item for item in errors if item["type"] != "missing"]
    mandatory = sum(field.is_required() for field in model.model_fields.values())
    if len(missing) * 2 >= mandatory and all(map(_is_no_code, others)):
        return [why]  # a remark in the column of codes is no second fault of a row that is no data
    return [why, *(_reason(item, cells, exact) for item in others)]


def _is_no_code(item: Any) -> bool:
    of_code = item["type"] == "string_pattern_mismatch" and item["loc"] and item["loc"][0] not in PATTERNS
    return bool(of_code) and _code_meant(str(item["input"])) is None


def _reason(item: Any, cells: Mapping[str, Any], exact: set[str]) -> Reason:
    context = item.get("ctx") or {}
    column = str(context.get("column") or (item["loc"][0] if item["loc"] else ""))
    value = str(cells.get(column, ""))
    why = (item["type"] == "day" and _no_day(value, exact=column in exact)) or _why(
        item, context, value, column
    )
    of_vi, of_en = (f"cột “{column}” ", f"column '{column}': ") if column else ("", "")
    return Reason(column=column, value=shown(value), vi=of_vi + why.vi, en=of_en + why.en)


def _no_day(value: str, *, exact: bool) -> Text | None:
    """Say how a cell is written, where a month or year may stand short unless the column takes `exact` days."""
    return (needs_a_day(value) if exact else None) or not_a_day(value)


def _why(item: Any, context: Mapping[str, Any], value: str, column: str) -> Text:
    if "vi" in context:
        return Text(context["vi"], context["en"])
    if item["type"] in {"enum", "literal_error"}:
        return nearest(value, re.findall("'([^']+)'", str(context.get("expected"))))
    if item["type"] in {"int_parsing", "int_from_float", "float_parsing"}:
        return not_a_number(value, whole=not item["type"].startswith("float"))
    if item["type"] == "string_pattern_mismatch":
        return PATTERNS.get(column) or _no_code(value)
    english = str(item["msg"]).removeprefix("Value error, ")
    problem = WHY_VALUE.get(english) or WHY.get(item["type"])
    if problem is None:
        return Text("có giá trị không hợp lệ; hãy xem mẫu nhập", english)
    return problem.filled(**context)


def _no_code(value: str) -> Text:
    if (code := _code_meant(value)) is None:
        return WHY["string_pattern_mismatch"]
    return Text(
        f"sai định dạng mã; mã phân biệt chữ hoa, không có khoảng trắng: hãy ghi {code}",
        f"is no code: capital letters, no blanks; write {code}",
    )


_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{1,63}")
_AROUND_DASH = re.compile(r" {0,3}[-‐‑‒–—−] {0,3}")


def _code_meant(value: str) -> str | None:
    """Give the code that differs from a value only by small letters, blanks or dashes; a name is none."""
    joined = _AROUND_DASH.sub("-", value.strip(" '"))
    if len(joined.split()) > 1:
        return None  # words: a name
    code = joined.strip().upper()
    is_code = _CODE.fullmatch(code) is not None and ("-" in code or any(map(str.isdigit, code)))
    return code if is_code else None


def shown(value: str) -> str:
    """Write a value as a terminal and a log can bear it: short, without control characters."""
    text = "".join(letter if is_printable(letter) else f"\\u{ord(letter):04x}" for letter in value[:200])
    return text if len(value) <= SHOWN else f"{text[:SHOWN]}…"


def refused(message: Text) -> Reason:
    return Reason(vi=message.vi, en=message.en)
