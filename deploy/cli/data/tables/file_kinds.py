"""Files that are no folder of CSV files and no workbook: what they are, by their first bytes, and what to do."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from deploy.cli.console import CommandError
from shared.kernel.errors import Text

HEAD = 1 << 16  # bytes
MOST_OLE = 64 << 20  # bytes that are looked through
WORKBOOKS = frozenset({".xlsx", ".xlsm"})

_SAVE = Text(
    "hãy mở bằng Excel hoặc LibreOffice rồi lưu lại dưới dạng .xlsx (Excel Workbook)",
    "open it in Excel or LibreOffice and save it as .xlsx (Excel Workbook)",
)
_TABLE = Text(
    "hãy chép bảng trong đó sang một tệp .xlsx có các trang tên units, drafts, stages…",
    "copy its table into an .xlsx file with sheets named units, drafts, stages…",
)
PAGES = (b"<html", b"<!doctype", b"<?xml", b"<table")
_OLE, _ZIP, _PDF = b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"%PDF"
_KINDS: Mapping[str, tuple[Text, Text]] = {
    "encrypted": (
        Text("tệp Excel có đặt mật khẩu", "a workbook with a password"),
        Text(
            "hãy mở bằng Excel, bỏ mật khẩu (Tệp › Thông tin › Bảo vệ sổ làm việc › Mã hóa bằng mật khẩu: để trống) rồi lưu lại",
            "open it in Excel, remove the password (File › Info › Protect Workbook › Encrypt with Password: empty) and save it",
        ),
    ),
    "xls": (Text("tệp Excel đời cũ (.xls)", "an old workbook (.xls)"), _SAVE),
    "xlsb": (Text("tệp Excel nhị phân (.xlsb)", "a binary workbook (.xlsb)"), _SAVE),
    "ods": (Text("bảng tính OpenDocument (.ods)", "an OpenDocument spreadsheet (.ods)"), _SAVE),
    "html": (
        Text("trang HTML hoặc XML được đặt tên như tệp Excel", "an HTML or XML page named like a workbook"),
        _SAVE,
    ),
    "docx": (Text("văn bản Word (.docx)", "a Word document (.docx)"), _TABLE),
    "odt": (Text("văn bản OpenDocument (.odt)", "an OpenDocument text (.odt)"), _TABLE),
    "doc": (Text("văn bản Word đời cũ (.doc)", "an old Word document (.doc)"), _TABLE),
    "pdf": (Text("tệp PDF", "a PDF file"), _TABLE),
    "zip": (
        Text("tệp nén .zip", "a zip archive"),
        Text("hãy giải nén rồi nhập thư mục bên trong", "unpack it and import the folder in it"),
    ),
    "text": (
        Text("tệp văn bản, không phải tệp Excel", "a text file, no workbook"),
        Text(
            "nếu là bảng CSV, hãy đổi tên thành units.csv, drafts.csv, stages.csv… rồi nhập lại",
            "if it is a CSV table, name it units.csv, drafts.csv, stages.csv… and import it again",
        ),
    ),
}


def kind_of(path: Path) -> str:
    """Name the kind of a file by what is in it: "xlsx" is a workbook that can be read, "" is not known."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(_OLE):
        return _of_ole(path)
    if head.startswith(_ZIP):
        return _of_zip(path)
    if head.startswith(_PDF):
        return "pdf"
    if beginning(head).startswith((*PAGES, b"mime-version", b"<meta")):
        return "html"
    return "text" if _is_text(head) else ""


def beginning(head: bytes) -> bytes:
    """Give the first bytes of a text in small letters, without its byte order mark and blanks."""
    return head[:1000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()


def _of_ole(path: Path) -> str:
    """Tell by the names in the directory of the compound file (MS-CFB), which may stand anywhere in it."""
    content = path.read_bytes() if path.stat().st_size <= MOST_OLE else b""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "encrypted"
    return "doc" if "WordDocument".encode("utf-16-le") in content else "xls"


def _of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            names = set(packed.namelist())
            stated = packed.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return ""
    if b"opendocument" in stated:
        return "ods" if b"spreadsheet" in stated else "odt"
    marks = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "word/document.xml": "docx"}
    result = next((kind for name, kind in marks.items() if name in names), "zip")
    return "xlsx" if result == "zip" and any(name.startswith("xl/") for name in names) else result


def _is_text(head: bytes) -> bool:
    """Tell whether it looks like a table of text; anything else may be a damaged workbook."""
    return (
        b"\0" not in head
        and b"\n" in head
        and any(mark in head.split(b"\n")[0] for mark in (b",", b";", b"\t"))
    )


def describe_kind(path: Path) -> CommandError | None:
    """Say what a file is that cannot be read as a workbook, and what to do; None if it may be one."""
    if (named := _KINDS.get(kind_of(path))) is None:
        return None
    what, advice = named
    return CommandError(
        f"{path.name} là {what.vi}, không nhập được; {advice.vi}.",
        f"{path.name} is {what.en}, which cannot be imported; {advice.en}.",
    )
