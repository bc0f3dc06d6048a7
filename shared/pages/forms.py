"""A form as it was sent: each field read on its own, each error shown beside its field, all input kept."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.text_checks.event_texts import find, is_web_address
from shared.text_checks.printable import flaw, is_printable, tidied

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
MOST_FIELDS = 300
MOST_FILES = 10
LONGEST_FIELD = 10_000  # letters that are looked at and shown again
MOST_BYTES_OF_A_FIELD = 12 * LONGEST_FIELD  # a letter of four bytes, each written as %XX
_LIMITS = {"max_files": MOST_FILES, "max_fields": MOST_FIELDS, "max_part_size": MOST_BYTES_OF_A_FIELD}
MISSING = Text("Đề nghị điền nội dung này.", "Please fill this in.")
NOT_IN_LIST = Text("Đề nghị chọn một mục trong danh sách.", "Please choose from the list.")
NOT_A_NUMBER = Text("Đề nghị ghi một số nguyên, ví dụ 120.", "Please write a whole number, such as 120.")
TOO_LONG = Text(
    f"Nội dung dài hơn {LONGEST_FIELD} ký tự; đề nghị viết ngắn hơn.",
    f"More than {counted(LONGEST_FIELD, 'character')}; please write less.",
)
UNPRINTABLE = Text(
    "Có ký tự không hiển thị được; đề nghị nhập lại.", "There are characters that can't be shown."
)
PERSONAL = Text(
    "Đề nghị không ghi địa chỉ thư điện tử, số điện thoại, số định danh hoặc mã số thuế của cá nhân.",
    "Please leave e-mail addresses, telephone, identity and tax numbers of persons out.",
)
NOT_AN_ADDRESS = Text(
    "Địa chỉ chưa đúng; sao chép đầy đủ, bắt đầu bằng https://.",
    "This is no address; copy all of it, it begins with https://.",
)


class Wrong(Exception):
    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


@dataclass(slots=True)
class Fields:
    """`given` is what was typed, by field; `errors` fills up as the fields are read."""

    given: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: dict[str, Text] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """Give what was typed in a field, to be shown again."""
        return self.given[name][0] if self.given.get(name) else default

    def chosen(self, name: str) -> Sequence[str]:
        return self.given.get(name, ())

    def words(self, name: str, most: int, *, required: bool = True) -> str | None:
        """Read free words; they go into the log, which holds no personal data."""
        return self._read(name, lambda value: _impersonal(_words(value, most)), required=required)

    def one_of(self, name: str, kinds: type[E], *, required: bool = True) -> E | None:
        return self._read(name, lambda value: _one_of(value, kinds), required=required)

    def count(self, name: str, most: int, *, required: bool = False) -> int | None:
        return self._read(name, lambda value: _count(value, most), required=required)

    def address(self, name: str, most: int) -> str | None:
        """Read an optional address of the web."""
        return self._read(name, lambda value: _address(_words(value, most)), required=False)

    def _read(self, name: str, read: Callable[[str], T], *, required: bool) -> T | None:
        given = self.text(name)
        if len(given) > LONGEST_FIELD:
            self.errors[name] = TOO_LONG
            return None
        value = tidied(given) if flaw(given) is None else given
        if not value:
            self.errors |= {name: MISSING} if required else {}
            return None
        try:
            return read(value)
        except Wrong as wrong:
            self.errors[name] = wrong.why
            return None


def _words(value: str, most: int) -> str:
    if (why := flaw(value)) is not None:
        raise Wrong(Text(f"Nội dung {why.vi}.", f"The text {why.en}."))
    if not is_printable(value):
        raise Wrong(UNPRINTABLE)
    if len(value) > most:
        raise Wrong(
            Text(
                f"Nội dung dài {len(value)} ký tự, nhiều nhất là {most}; đề nghị viết ngắn hơn.",
                f"{counted(len(value), 'character')}, at most {most}; please write less.",
            )
        )
    return value


def _impersonal(value: str) -> str:
    if find(value) is not None:
        raise Wrong(PERSONAL)
    return value


def _one_of(value: str, kinds: type[E]) -> E:
    if value not in set(kinds):
        raise Wrong(NOT_IN_LIST)
    return kinds(value)


def _count(value: str, most: int) -> int:
    digits = value.replace(".", "").replace(" ", "")  # 1.200 is how people write it
    if not (digits.isascii() and digits.isdigit()):
        raise Wrong(NOT_A_NUMBER)
    if len(digits) > len(str(most)) or int(digits) > most:
        raise Wrong(Text(f"Nhiều nhất là {most}.", f"At most {most}."))
    return int(digits)


def _address(value: str) -> str:
    if is_web_address(value):
        return value
    raise Wrong(NOT_AN_ADDRESS)


async def sent(request: Request) -> Fields:
    """Read what was typed into a form; it may be read again."""
    async with sent_with_files(request) as (typed, _):
        return typed


@asynccontextmanager
async def sent_with_files(request: Request) -> AsyncIterator[tuple[Fields, Mapping[str, UploadFile]]]:
    """Read a form of the plain kind (application/x-www-form-urlencoded), or of the kind that carries files (RFC 7578).

    The chosen files, by field, are open for as long as this is.
    What is no form, or one of far too many fields, is read as a form in which nothing was filled in.
    """
    try:
        form = await request.form(**_LIMITS)
    except HTTPException:
        yield Fields(), {}
        return
    try:
        yield Fields(_typed(form)), _uploads(form)
    finally:
        await form.close()


def _typed(form: FormData) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            given.setdefault(name, []).append(value[: LONGEST_FIELD + 1])
    return given


def _uploads(form: FormData) -> dict[str, UploadFile]:
    """Give the files; a field without a chosen one is sent as well, empty."""
    items = form.multi_items()
    return {name: value for name, value in items if isinstance(value, UploadFile) and value.size}
