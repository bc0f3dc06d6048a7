"""Rows of procedures as JSON files bear them: checked, and refused by file and place."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.contracts.vocabulary import Instrument, Procedure, Regime, Stage
from shared.kernel.errors import PermanentError, Text
from shared.rules.rulebook.legal_basis import Certainty
from shared.rules.rulebook.procedures import (
    AppraisalRule,
    AppraisingBody,
    DaysOf,
    Key,
    PermissionRule,
    PostingRule,
    ProcedureRule,
    ReplyRule,
)

ANY_INSTRUMENT = "*"
NAMED = ("opening", "closing", "parallel", "not_required", "may_return")

Stages = tuple[Stage, ...]
AreaPattern = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,62}[*]?$")]
Stated = Annotated[str, Field(min_length=1)]


class RulesRefused(PermanentError):
    """A file of rules cannot be taken; `place` is the row and field in it, or a line."""

    def __init__(self, file: str, place: str, why: Text) -> None:
        super().__init__("bad_rules", f"{file}, {place}: {why.en}")
        self.text = Text(f"{file}, {place}: {why.vi}", f"{file}, {place}: {why.en}")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GroundedRow(_Strict):
    """What every row says of its origin; a row that does not say how it was checked is never cited as law."""

    legal_basis: Stated
    content: str = ""
    source: str = ""
    certainty: Certainty = Certainty.UNKNOWN
    note: str = ""


class PostingRow(GroundedRow):
    stage: Stage
    min_days: int = Field(ge=1, le=365, strict=True)

    def rule(self) -> PostingRule:
        return PostingRule(**dict(self))


class ReplyRow(GroundedRow):
    stage: Stage
    days: int = Field(ge=1, le=365, strict=True)
    counted_in: DaysOf = DaysOf.CALENDAR

    def rule(self) -> ReplyRule:
        return ReplyRule(**dict(self))


class AppraisalRow(GroundedRow):
    body: AppraisingBody
    days: int | None = Field(default=None, ge=1, le=365, strict=True)

    def rule(self) -> AppraisalRule:
        return AppraisalRule(**dict(self))


class PermissionRow(GroundedRow):
    def rule(self) -> PermissionRule:
        return PermissionRule(**dict(self))


class ProcedureRow(GroundedRow):
    """One row; in an operator's file a field that is left out is inherited from the rule that it replaces.

    `area` makes it a local row: it holds for drafts whose lead unit has one of these codes, or one that begins with what stands
    before an asterisk, stands below such a unit on the day, or is followed by it.
    """

    regime: Regime
    instruments: tuple[Instrument | Literal["*"], ...] = Field(min_length=1)
    procedure: Procedure
    area: tuple[AreaPattern, ...] = ()
    valid_from: date
    valid_to: date | None = None
    opening: Stages | None = Field(default=None, min_length=1)
    closing: Stages | None = Field(default=None, min_length=1)
    parallel: Stages | None = None
    not_required: Stages | None = None
    may_return: Stages | None = None
    grace_working_days: int | None = Field(default=None, ge=0, le=250, strict=True)
    posting: tuple[PostingRow, ...] | None = None
    replies: tuple[ReplyRow, ...] | None = None
    appraisal: AppraisalRow | None = None
    permission: PermissionRow | None = None
    expected_order: Stages | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    @property
    def named(self) -> list[Instrument]:
        """The instruments that the row is about; an asterisk means every one."""
        if ANY_INSTRUMENT in self.instruments:
            return list(Instrument)
        return [Instrument(name) for name in self.instruments]

    @property
    def fields(self) -> dict[str, Any]:
        """What the row says, as fields of a rule."""
        stated: dict[str, Any] = {
            name: frozenset(stages) for name in NAMED if (stages := getattr(self, name)) is not None
        }
        for name in ("posting", "replies"):
            if (rows := getattr(self, name)) is not None:
                stated[name] = tuple(row.rule() for row in rows)
        for name in ("appraisal", "permission"):
            if (row := getattr(self, name)) is not None:
                stated[name] = row.rule()
        for name in ("grace_working_days", "expected_order"):
            if (value := getattr(self, name)) is not None:
                stated[name] = value
        names = ("valid_from", "valid_to", *GroundedRow.model_fields)
        return stated | {name: getattr(self, name) for name in names}

    def meets(self, other: "ProcedureRow") -> bool:
        """Tell whether two rows speak of the same procedure on some day."""
        if (self.regime, self.procedure, self.area) != (other.regime, other.procedure, other.area):
            return False
        ends = (self.valid_to or date.max, other.valid_to or date.max)
        days = max(self.valid_from, other.valid_from) <= min(ends)
        return days and not set(self.named).isdisjoint(other.named)


_NOTHING: Mapping[str, Any] = {
    "posting": (),
    "replies": (),
    "appraisal": None,
    "permission": None,
    "expected_order": (),
}


def rule_of(row: ProcedureRow, key: Key, defaults: Mapping[str, Any]) -> ProcedureRule:
    """Make the rule of a packaged row; what it leaves out is a default of the document."""
    regime, instrument, procedure = key
    packaged: dict[str, Any] = {name: frozenset(map(Stage, defaults[name])) for name in NAMED}
    return ProcedureRule(
        regime=regime,
        instrument=instrument,
        procedure=procedure,
        general=ANY_INSTRUMENT in row.instruments,
        **{**packaged, **_NOTHING, **row.fields},
    )


def read_document(file: str, text: str) -> dict[str, Any]:
    """Read the JSON of a file: an object with `rows`. Raises `RulesRefused` with the line."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        why = Text(f"không phải là JSON: {error.msg}", f"this is no JSON: {error.msg}")
        raise RulesRefused(file, f"line {error.lineno}, column {error.colno}", why) from error
    if not isinstance(document, dict) or not isinstance(document.get("rows"), list):
        why = Text(
            'cần một đối tượng có danh sách "rows", như tệp procedures.json của hệ thống',
            'an object with a list "rows" is needed, as the packaged procedures.json has it',
        )
        raise RulesRefused(file, "rows", why)
    return document


def read_rows(file: str, rows: Sequence[Any]) -> list[ProcedureRow]:
    """Check the rows of a file. Raises `RulesRefused` at the first place that cannot be taken."""
    checked = [_read_row(file, number, row) for number, row in enumerate(rows)]
    for (first, row), (second, other) in combinations(enumerate(checked), 2):
        if ANY_INSTRUMENT not in (*row.instruments, *other.instruments) and row.meets(other):
            why = Text(
                f"nói về cùng một thủ tục trong cùng thời gian với rows[{first}]; hãy tách ngày hoặc bỏ một dòng",
                f"speaks of the same procedure on the same days as rows[{first}]; part their days, or leave one out",
            )
            raise RulesRefused(file, f"rows[{second}]", why)
    return checked


def _read_row(file: str, number: int, row: Any) -> ProcedureRow:
    try:
        return ProcedureRow.model_validate(row)
    except ValidationError as error:
        item = error.errors()[0]
        place = "".join(_steps([number, *item["loc"]]))
        raise RulesRefused(file, f"rows{place}", _why(item)) from error


def _steps(location: Iterable[Any]) -> Iterator[str]:
    kinds = ("enum", "literal['*']")  # pydantic names the branches of a union, which a reader does not know
    for step in location:
        if isinstance(step, int):
            yield f"[{step}]"
        elif step not in kinds:
            yield f".{step}"


_WHY = {
    "missing": Text("bắt buộc nhưng còn thiếu; hãy bổ sung", "is mandatory and missing; add it"),
    "extra_forbidden": Text("không phải là trường đã biết; hãy sửa tên hoặc bỏ", "is no known field; correct its name or leave it out"),
    "date_from_datetime_parsing": Text("phải là ngày dạng yyyy-mm-dd", "must be a day as yyyy-mm-dd"),
    "int_type": Text("phải là số nguyên", "must be a whole number"),
    "tuple_type": Text("phải là danh sách", "must be a list"),
    "greater_than_equal": Text("phải từ {ge} trở lên", "must be {ge} or more"),
    "less_than_equal": Text("không được quá {le}", "must be {le} or less"),
    "too_short": Text("không được để trống", "must not be empty"),
    "string_pattern_mismatch": Text("phải là mã đơn vị, hoặc phần đầu của mã và dấu *", "must be the code of a unit, or the beginning of codes and *"),
    "string_too_short": Text("không được để trống", "must not be empty"),
}  # fmt: skip
_WHY |= dict.fromkeys(("date_type", "date_parsing"), _WHY["date_from_datetime_parsing"])


def _why(item: Any) -> Text:
    context = item.get("ctx") or {}
    if reason := _WHY.get(item["type"]):
        return reason.filled(**context)
    allowed = ", ".join(re.findall("'([^']+)'", str(context.get("expected", ""))))
    if allowed:
        return Text(
            f"“{item['input']}” không có trong danh mục: {allowed}",
            f"'{item['input']}' is none of: {allowed}",
        )
    message = str(item["msg"]).removeprefix("Value error, ")
    return Text(message, message)
