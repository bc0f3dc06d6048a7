"""What a service takes of an import: its sheets, what their rows mean, and the outcome that each row gets."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, PrivateAttr

from shared.bulk_import.row_parsing import ImportRow, Reason, refused
from shared.contracts.envelope import AggregateRef, Metadata
from shared.eventstore.handle import Handled, History, OverlayEventStore
from shared.kernel.errors import Text
from shared.text_checks.printable import repeated_names

R = TypeVar("R", bound=ImportRow)


@dataclass(frozen=True, slots=True)
class Session:
    """One request: what its rows say stands in `store` until it is written, in a dry run for ever.

    The assumed drafts and units are those that another service would know if this were no dry run.
    """

    store: OverlayEventStore
    dry_run: bool = False
    assumed_drafts: frozenset[str] = frozenset()
    assumed_units: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a row: the position of the aggregate it touched, and the events it made (none: known)."""

    position: int
    events: Sequence[str] = ()
    warnings: Sequence[Reason] = ()


@dataclass(frozen=True, slots=True)
class Sheet(Generic[R]):
    """How one kind of row is taken.

    `about` names the aggregates that a row concerns: the first is the one that it changes, in the order of
    the rows; rows about different ones are processed concurrently. Where only the directory tells which of several
    it changes, all of them are named, the first is the same for all rows that may change one of them. `reads` names
    the further aggregates that a row reads, by the history of the one that it changes: those of a window are loaded at
    once.
    """

    model: type[R]
    about: Callable[[R], Sequence[AggregateRef]]
    take: Callable[[R, Metadata], Awaitable[Taken]]
    reads: Callable[[History], Iterable[AggregateRef]] | None = None


CHANGED_SINCE = Text(
    "dòng này đã được ghi nhận trước đây và nội dung đã được sửa đổi sau đó; dữ liệu hiện tại được giữ nguyên. Nếu dòng trong tệp mới là đúng, "
    "chạy lại với --update, hoặc sửa trên trang",
    "this row was recorded before, and what it says has been changed since; the present data stay. If the row of the file is right, run the import "
    "with --update, or correct it on the page",
)


def changed_since(handled: Handled[Any]) -> list[Reason]:
    """Warn of a row whose content was recorded before and is no longer what holds."""
    return [refused(CHANGED_SINCE)] if handled.superseded else []


Sheets = Callable[[Session], Mapping[str, Sheet[Any]]]


class Line(BaseModel):
    """One line of a request; `line` is the row's line in its file."""

    model_config = ConfigDict(extra="forbid")

    sheet: str
    line: int
    row: dict[str, Any]
    _repeated: tuple[str, ...] = PrivateAttr(default=())

    @classmethod
    def read(cls, text: bytes) -> "Line":
        """Read a line of JSON, and note the names that it gives twice; raises `ValidationError`."""
        line = cls.model_validate_json(text)
        names = len(cls.model_fields) + len(line.row)
        if text.count(b":") > names:  # each name has a colon: without a further one none is repeated
            line._repeated = repeated_names(text)  # noqa: SLF001  its own
        return line

    @property
    def repeated(self) -> tuple[str, ...]:
        return self._repeated


class Outcome(BaseModel):
    """The answer to one row; `line` is its line in its file. With `again` it may have been taken: send it again."""

    sheet: str
    line: int
    status: Literal["taken", "unchanged", "refused"]
    position: int = 0
    events: tuple[str, ...] = ()
    warnings: tuple[Reason, ...] = ()
    reasons: tuple[Reason, ...] = ()
    again: bool = False


def refusal(line: Line, why: Sequence[Reason]) -> Outcome:
    return Outcome(sheet=line.sheet, line=line.line, status="refused", reasons=tuple(why))
