"""What kind a file is by its content, whatever its name says; only kinds that show an activity are taken."""

from pathlib import Path
from zipfile import BadZipFile, ZipFile

import filetype  # type: ignore[import-untyped]  # it has no annotations

from services.campaigns.domain.errors import FileKindRefused, FileUnpacksTooLarge

_OFFICE = "application/vnd.openxmlformats-officedocument."
OFFICE = frozenset(
    {
        f"{_OFFICE}wordprocessingml.document",
        f"{_OFFICE}spreadsheetml.sheet",
        f"{_OFFICE}presentationml.presentation",
    }
)
OPEN_DOCUMENTS = frozenset(
    {"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet"}
)
KINDS = (
    OFFICE
    | OPEN_DOCUMENTS
    | {
        *("application/pdf", "image/png", "image/jpeg", "image/webp", "image/gif"),
        *("audio/mpeg", "audio/mp4", "audio/ogg", "audio/x-wav", "video/mp4", "video/webm"),
    }
)
MACROS = ("basic/", "scripts/", "xl/macrosheets/")  # folders of what runs when the document is opened
RUNS = (
    "vbaproject.bin",
    ".exe",
    ".dll",
    ".scr",
    ".com",
    ".bat",
    ".cmd",
    ".ps1",
    ".vbs",
    ".js",
    ".jar",
    ".hta",
    ".lnk",
)
MOST_UNPACKED, MOST_TIMES = 512 << 20, 200  # bytes, and times the size of the file: as for files of an import
MOST_PARTS, MOST_DIRECTORY = 10_000, 4 << 20  # of a document, and bytes of the list of its parts
_END, _END_64, _LENGTH_OF_END = b"PK\x05\x06", b"PK\x06\x07", 22


def kind_of(file: Path) -> str:
    """Return the media type of a file; raises `FileKindRefused` for programs, pages, macros, bombs and all that is not listed."""
    kind: str | None = filetype.guess_mime(str(file))
    if kind not in KINDS:
        raise FileKindRefused
    if kind in OFFICE | OPEN_DOCUMENTS:
        _check_parts(file)
    return kind


def _check_parts(file: Path) -> None:
    """Look at the list of a document's parts: nothing is unpacked."""
    size = file.stat().st_size
    _check_directory(file, size)
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
    except (BadZipFile, ValueError) as error:
        raise FileKindRefused from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > min(MOST_UNPACKED, MOST_TIMES * size):
        raise FileUnpacksTooLarge
    names = [part.filename.lower() for part in parts]
    if any(name.startswith(MACROS) or name.endswith(RUNS) for name in names):
        raise FileKindRefused


def _check_directory(file: Path, size: int) -> None:
    """Refuse a list of parts that alone would fill the memory, before it is read (APPNOTE.TXT 4.3.16)."""
    with file.open("rb") as content:
        content.seek(max(0, size - _LENGTH_OF_END - 0xFFFF - 20))
        tail = content.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _LENGTH_OF_END:
        raise FileKindRefused
    directory = int.from_bytes(tail[place + 12 : place + 16], "little")
    if directory > MOST_DIRECTORY or _END_64 in tail:
        raise FileUnpacksTooLarge
