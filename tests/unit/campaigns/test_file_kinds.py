"""Office documents are looked into only as far as it is cheap: the list of their parts is measured before it is read."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from services.campaigns.adapters.evidence.file_kinds import MOST_DIRECTORY, OFFICE, kind_of
from services.campaigns.domain.errors import FileKindRefused, FileUnpacksTooLarge


def document(folder: Path, *parts: str, comment: bytes = b"", content: bytes = b"<x/>") -> Path:
    """Write an office document with further parts."""
    with ZipFile(folder / "document.docx", "w", ZIP_STORED) as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "word/document.xml"):
            archive.writestr(name, "<x/>")
        for name in parts:
            archive.writestr(name, content, ZIP_DEFLATED if len(content) > 1000 else ZIP_STORED)
        archive.comment = comment
    return folder / "document.docx"


def test_an_office_document_is_taken(tmp_path: Path) -> None:
    assert kind_of(document(tmp_path, *(f"word/media/{n}.png" for n in range(300)))) in OFFICE


@pytest.mark.parametrize("comment", [b"", b"x", b"PK\x05\x06", bytes(65535)])
def test_a_comment_at_its_end_changes_nothing(tmp_path: Path, comment: bytes) -> None:
    file = document(tmp_path, comment=comment)
    if comment.startswith(b"PK"):
        with pytest.raises(FileKindRefused):
            kind_of(file)
    else:
        assert kind_of(file) in OFFICE


def test_a_part_that_is_large_when_unpacked_is_refused_and_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(FileUnpacksTooLarge):
        kind_of(document(tmp_path, "word/media/bomb.png", content=bytes(50_000_000)))


def test_a_document_of_too_many_parts_is_refused_before_their_list_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = document(tmp_path, *(f"{n:040}" for n in range(MOST_DIRECTORY // 86 + 1)))
    monkeypatch.setattr("services.campaigns.adapters.evidence.file_kinds.ZipFile", None)
    with pytest.raises(FileUnpacksTooLarge):
        kind_of(file)


def test_the_long_form_of_the_end_is_refused(tmp_path: Path) -> None:
    """It would give another length of the list than the one that was looked at (ZIP64)."""
    file = document(tmp_path, *(f"p{n}" for n in range(66_000)))
    content = bytearray(file.read_bytes())
    end = content.rfind(b"PK\x05\x06")
    assert content[end - 20 : end - 16] == b"PK\x06\x07"
    content[end + 12 : end + 16] = (100).to_bytes(4, "little")
    file.write_bytes(content)
    with pytest.raises(FileUnpacksTooLarge):
        kind_of(file)


def test_macros_and_broken_archives_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileKindRefused):
        kind_of(document(tmp_path, "word/vbaProject.bin"))
    whole = document(tmp_path).read_bytes()
    (tmp_path / "document.docx").write_bytes(whole[:-10])
    with pytest.raises(FileKindRefused):
        kind_of(tmp_path / "document.docx")
