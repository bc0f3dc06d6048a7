"""What kind a file is by its content, whatever its name says; only kinds that show an activity are taken."""

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


def kind_of(file: Path) -> str:
    """Return the media type of a file; raises `FileKindRefused` for programs, pages, macros and all that is not listed."""
    kind: str | None = filetype.guess_mime(str(file))
    if kind not in KINDS or (kind in OFFICE | OPEN_DOCUMENTS and _has_macros(file)):
        raise FileKindRefused
    return kind


def _has_macros(file: Path) -> bool:
    try:
        with ZipFile(file) as archive:
            names = [name.lower() for name in archive.namelist()]
    except BadZipFile as error:
        raise FileKindRefused from error
    return any(name.endswith(MACROS[0]) or name.startswith(MACROS[1]) for name in names)
