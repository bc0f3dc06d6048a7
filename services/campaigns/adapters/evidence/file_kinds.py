"""What kind a file is by its content, whatever its name says; only kinds that show an activity are taken."""

from os import SEEK_END
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import filetype  # type: ignore[import-untyped]  # it has no annotations

from services.campaigns.domain.errors import FileKindRefused

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
MACROS = ("vbaproject.bin", "basic/")
MOST_OF_LIST = 1 << 20  # bytes of the list of its parts: an office document has some hundred parts
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _LOCATOR_BYTES, _COMMENT_BYTES = 22, 20, 1 << 16


def kind_of(file: Path) -> str:
    """Return the media type of a file; raises `FileKindRefused` for programs, pages, macros and all that is not listed."""
    kind: str | None = filetype.guess_mime(str(file))
    if kind not in KINDS or (kind in OFFICE | OPEN_DOCUMENTS and _has_macros(file)):
        raise FileKindRefused
    return kind


def _has_macros(file: Path) -> bool:
    if _bytes_of_list(file) > MOST_OF_LIST:
        raise FileKindRefused
    try:
        with ZipFile(file) as archive:
            names = [name.lower() for name in archive.namelist()]
    except BadZipFile as error:
        raise FileKindRefused from error
    return any(name.endswith(MACROS[0]) or name.startswith(MACROS[1]) for name in names)


def _bytes_of_list(file: Path) -> int:
    """Read at the end of an archive how long the list of its parts is, before that is read; raises `FileKindRefused`.

    Only archives of more than 4 GiB or 65,535 parts need the longer form of the end (ZIP64), which is refused.
    """
    with file.open("rb") as archive:
        size = archive.seek(0, SEEK_END)
        archive.seek(max(0, size - _COMMENT_BYTES - _END_BYTES - _LOCATOR_BYTES))
        tail = archive.read()
    at = tail.rfind(_END)
    end = tail[at : at + _END_BYTES]
    if at < 0 or len(end) < _END_BYTES or tail[max(0, at - _LOCATOR_BYTES) :].startswith(_END_64):
        raise FileKindRefused
    return int.from_bytes(end[12:16], "little")
