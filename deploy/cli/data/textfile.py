"""Reads CSV files: checks encoding and line length, and gives each record with its first line number."""

import codecs
import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from deploy.cli.data.columns import Broken
from deploy.cli.data.tables.file_kinds import PAGES, beginning
from shared.kernel.errors import Text

CHUNK = 1 << 18
LONGEST_LINE = 1 << 20  # bytes
Record = tuple[int, Sequence[str] | Text]
# A text that a spreadsheet would run as a formula (CWE-1236), escaped already or not.
_FORMULA = re.compile(r"\A'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")

_MARKS = (  # longest first: UTF-32 begins like UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_BOOKS = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}
# In the Windows code page for Vietnamese a tone mark follows its vowel.
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


@dataclass(frozen=True, slots=True)
class Inspected:
    lines: int
    broken: Sequence[Broken] = ()


def inspect(file: Path) -> Inspected:
    """Read a file once in chunks: count its lines, and report why it cannot be read."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = unbroken = 0
    last = b""
    with file.open("rb") as stream:
        if (wrong := _wrong_format(stream.read(CHUNK))) is not None:
            return Inspected(0, [Broken(0, "", "", wrong)])
        stream.seek(0)
        while chunk := stream.read(CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return Inspected(0, [_not_utf8(chunk, lines, error)])
            pieces = chunk.replace(b"\r", b"\n").split(b"\n")
            unbroken = (
                max(len(pieces[-1]), *map(len, pieces[:-1])) if len(pieces) > 1 else unbroken + len(chunk)
            )
            lines += chunk.count(b"\n")
            last = chunk
            if unbroken > LONGEST_LINE:
                return Inspected(0, [Broken(lines + 1, "", "", _ENDLESS)])
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:  # the file ends within a letter
        return Inspected(0, [_not_utf8(last, lines - last.count(b"\n"), error)])
    return Inspected(lines)


_ENDLESS = Text(
    "dòng dài hơn 1 MB; tệp có lẽ không phải là CSV hoặc mất dấu xuống dòng, hãy lưu lại dưới dạng “CSV UTF-8”",
    "the line is longer than 1 MB; the file is not CSV, or its line ends are lost: save it again as 'CSV UTF-8'",
)


def _wrong_format(head: bytes) -> Text | None:
    for mark, kind in _BOOKS.items():
        if head.startswith(mark):
            return Text(
                f"đây là tệp Excel ({kind}) được đổi tên thành .csv; hãy lưu lại dưới dạng “CSV UTF-8”, hoặc nhập thẳng tệp .xlsx",
                f"this is a workbook ({kind}) renamed to .csv; save it as 'CSV UTF-8', or import the .xlsx itself",
            )
    if head.startswith(b"%PDF"):
        return Text(
            "đây là tệp PDF được đổi tên thành .csv; hãy chép bảng trong đó sang một tệp .xlsx",
            "this is a PDF file renamed to .csv; copy its table into an .xlsx file",
        )
    if beginning(head).startswith((*PAGES, b"[{", b'{"')):
        return Text(
            "đây là trang HTML, XML hoặc JSON được đổi tên thành .csv (có thể là trang đăng nhập hay trang báo lỗi khi tải về); "
            "hãy tải lại bảng dưới dạng CSV hoặc .xlsx",
            "this is an HTML, XML or JSON file named .csv (perhaps a sign-in or error page of a download); fetch the table as CSV or .xlsx",
        )
    for mark, name in _MARKS:
        if head.startswith(mark):
            return _saved_as(name)
    if head[:1000].count(0) > len(head[:1000]) // 4:
        return _saved_as("UTF-16")
    return None


def _saved_as(name: str) -> Text:
    return Text(
        f"tệp được lưu theo bảng mã {name}, không phải là UTF-8; hãy lưu lại dưới dạng “CSV UTF-8” (Excel: Lưu thành › CSV UTF-8)",
        f"the file is in {name}, not UTF-8; save it again as 'CSV UTF-8' (Excel: Save As › CSV UTF-8)",
    )


def _not_utf8(chunk: bytes, lines: int, error: UnicodeDecodeError) -> Broken:
    # The decoder counts from the bytes that it kept of the chunk before: at most three.
    at = max(0, error.start - (len(error.object) - len(chunk)))
    line = lines + chunk.count(b"\n", 0, at) + 1
    return Broken(line, "", "", _guessed(chunk[at : at + 4000]))


def _guessed(content: bytes) -> Text:
    if any(_is_utf8(content[at : at + 400]) for at in range(1, 4)):
        return Text(
            "từ dòng này tệp UTF-8 có ký tự bị hỏng; hãy mở tệp, sửa chữ bị lỗi và lưu lại dưới dạng “CSV UTF-8”",
            "the file is UTF-8 but a character from this line on is damaged; correct it and save as 'CSV UTF-8'",
        )
    if _is_windows_1258(content):
        return _saved_as("Windows-1258")
    return Text(
        "tệp không phải là UTF-8 (có lẽ là TCVN3, VNI hoặc một bảng mã cũ khác); hãy chuyển mã sang Unicode rồi lưu dưới dạng “CSV UTF-8”",
        "the file is not UTF-8 (perhaps TCVN3, VNI or another old encoding); convert it to Unicode and save as 'CSV UTF-8'",
    )


def _is_windows_1258(content: bytes) -> bool:
    text = content.decode("cp1258", "replace")
    made = [
        len(unicodedata.normalize("NFC", vowel + mark)) == 1
        for vowel, mark in pairwise(text)
        if mark in _TONES
    ]
    vietnamese = sum(text.count(letter) for letter in "ăâđêôơưĂÂĐÊÔƠƯ")
    return "\ufffd" not in text and (any(made) or vietnamese > 0) and all(made)


def _is_utf8(content: bytes) -> bool:
    decoder: Callable[[bytes], str] = codecs.getincrementaldecoder("utf-8")().decode
    try:
        text = decoder(content)
    except UnicodeDecodeError:
        return False
    return any(ord(letter) > 127 for letter in text)  # noqa: PLR2004  beyond ASCII


def records(file: Path) -> Iterator[Record]:
    """Give each record with its first line number: a quoted cell may span several lines."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        parser = csv.reader(lines, strict=True)
        begins = 1
        while True:
            try:
                yield begins, next(parser)
            except StopIteration:
                return
            except csv.Error as error:
                yield begins, _badly_quoted(error)
            begins = parser.line_num + 1


def escaped(text: str) -> str:
    """Write a cell so that a spreadsheet shows it instead of running it: after an apostrophe."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _badly_quoted(error: csv.Error) -> Text:
    return Text(
        f"dấu ngoặc kép không khớp kể từ dòng này ({error}); trong ô, dấu ngoặc kép phải viết hai lần",
        f"quotes do not match from this line on ({error}); a quote inside a cell is written twice",
    )
