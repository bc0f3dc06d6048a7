"""What a machine left in a text: codes that stand for letters, and errors of a spreadsheet's formulas."""

import html
import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import unquote

from shared.kernel.errors import Text

OF_ADDRESS = ("://", "www.", "=")  # a piece of text that has one of these is an address, or part of one
_ENCODED = Text(
    "có chữ còn ở dạng mã máy “{found}”; hãy ghi bằng chữ: “{meant}”",
    "has letters still in a machine's code, '{found}'; write the letters: '{meant}'",
)
_FORMULA_ERROR = Text(
    "là thông báo lỗi của bảng tính (“{found}”), không phải nội dung; hãy sửa công thức hoặc gõ lại ô này",
    "is an error of a spreadsheet ('{found}'), no content; correct the formula or type the cell again",
)
_ERRORS = re.compile(
    r"(#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)|Err:5\d\d|#{4,})"
)
# What a machine writes for letters: HTML entities, percent-encoding, JSON escapes, encoded words of mails (RFC 2047).
_CODES = re.compile(
    r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[A-Za-z]{2,8});|(?:%[0-9A-Fa-f]{2}){2,20}|\\u[0-9a-fA-F]{4}"
    r"|=\?[\w-]{3,15}\?[bBqQ]\?[^?\s]{1,100}\?="
)
_MEANT = 40  # letters of what was meant


def _formula_error(text: str) -> Text | None:
    match = _ERRORS.fullmatch(text.strip()) if text[:1] in " #E" and len(text) < LONGEST_ERROR else None
    return None if match is None else _FORMULA_ERROR.filled(found=match[1])


def _encoded(text: str) -> Text | None:
    """Name the first code of a machine in a text, addresses left out, and the letters that it stands for."""
    if not _HAS_CODE.search(text):
        return None
    for piece in text.split():
        if any(mark in piece for mark in OF_ADDRESS) and "=?" not in piece:
            continue
        for match in _CODES.finditer(piece):
            if (letters := _decoded(match.group())) is not None:
                return _ENCODED.filled(found=match.group()[:_MEANT], meant=letters[:_MEANT])
    return None


def _decoded(code: str) -> str | None:
    """Give the letters of a code; None if it is none: "&x;", "%20%20"."""
    if code.startswith("&"):
        letters = html.unescape(code)
    elif code.startswith("%"):
        letters = unquote(code, errors="replace")
        return (
            letters if letters.isprintable() and not letters.isascii() and "\ufffd" not in letters else None
        )
    elif code.startswith("\\u"):
        letters = chr(int(code.removeprefix("\\u"), base=16))
    else:
        try:
            letters = str(make_header(decode_header(code)))
        except (ValueError, LookupError, HeaderParseError):
            return None
    return letters if letters != code and (letters.isprintable() or letters.isspace()) else None


LONGEST_ERROR = 60  # letters of an error of a cell, with its blanks
_HAS_CODE = re.compile(r"&[#\w]|%[0-9A-Fa-f]{2}%|\\u|=\?")


def left_by_machine(text: str) -> Text | None:
    """Say what a machine left in a text; None if nothing."""
    return _formula_error(text) or _encoded(text)
