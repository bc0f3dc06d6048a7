"""Unpacking a backup: every member stays inside of the folder, also on Python 3.11.2, which has no tarfile filters."""

import io
import tarfile
from pathlib import Path

import pytest

from deploy.cli.backup import archive
from deploy.cli.backup.archive import BadArchive, Manifest


def packed(folder: Path, lines: str = "{}\n") -> Path:
    """Pack one file of own rows as `loa backup` does."""
    (folder / "rows").mkdir()
    rows = folder / "rows" / archive.own_rows("registry")
    rows.write_text(lines)
    files = {rows.name: archive.described(rows)}
    manifest = Manifest(
        release="0", begun="", last_position=1, log_sha256="", faults=0, stream={}, files=files
    )
    archive.pack(folder / "backup.loa", folder / "rows", manifest)
    return folder / "backup.loa"


def test_an_archive_is_unpacked_without_tar_filters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = packed(tmp_path)
    monkeypatch.delattr(tarfile, "data_filter")
    monkeypatch.delattr(tarfile.TarFile, "extractall")
    (tmp_path / "out").mkdir()
    assert archive.unpack(backup, tmp_path / "out").last_position == 1
    assert (tmp_path / "out" / archive.own_rows("registry")).read_text() == "{}\n"


def test_a_backup_shows_nothing_of_its_content_by_names(tmp_path: Path) -> None:
    backup = packed(tmp_path, '{"email": "canary@so.example.vn"}\n')
    with tarfile.open(backup) as tar:
        assert tar.getnames() == [archive.MANIFEST, archive.own_rows("registry")]
    assert "canary" in backup.read_text(), "it is in the rows, which only the owner may read"
    assert "canary" not in (tmp_path / "rows" / archive.MANIFEST).read_text()
    assert backup.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.loa", "rows"]


@pytest.mark.parametrize(("name", "kind"), [("../elsewhere", tarfile.REGTYPE), ("link", tarfile.SYMTYPE)])
def test_a_member_outside_of_the_folder_is_refused(tmp_path: Path, name: str, kind: bytes) -> None:
    backup = packed(tmp_path)
    with tarfile.open(backup, "a") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/hostname"
        tar.addfile(member, io.BytesIO())
    (tmp_path / "out").mkdir()
    with pytest.raises(BadArchive, match=name):
        archive.unpack(backup, tmp_path / "out")
    assert not (tmp_path / "elsewhere").exists()
