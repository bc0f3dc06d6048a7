"""What holds data or mail is for its owner alone: folders 0700, files 0600, also those of an earlier release."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.cli.operate.keys import MOUNTED, make
from deploy.local import state
from deploy.local.keys.keyring import keyring, private_folder
from deploy.local.up import _locked
from services.notifier.adapters.delivery.transports import write_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_folders_of_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    for name in ("data", "new"):
        if name == "data":
            (tmp_path / name).mkdir(mode=0o755)
        with _locked(tmp_path / name):
            state.write(state.Current(), tmp_path / name)
        keyring(tmp_path / name / "keys")
    folders = [tmp_path / "data", tmp_path / "new", tmp_path / "data/keys", tmp_path / "xdg/loa"]
    assert {folder.name: mode(folder) for folder in folders} == {folder.name: 0o700 for folder in folders}


def test_mails(tmp_path: Path) -> None:
    mail = write_file(tmp_path / "mail", "a.eml", b"")
    assert (mode(mail.parent), mode(mail)) == (0o700, 0o600)


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path)
    assert mode(tmp_path) == 0o700


def test_containers_may_read_what_they_mount(tmp_path: Path) -> None:
    make(tmp_path / "keys", "postgres", None)
    assert mode(tmp_path / "keys") == 0o700
    assert mode(tmp_path / "keys" / MOUNTED) == 0o755


def test_the_command_writes_for_its_user_alone(tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom deploy.cli import main\nsys.argv = ['loa', '--version']\n"
        "try:\n    main.main()\nexcept SystemExit:\n    pass\nos.makedirs(sys.path[0] + '/made')"
    )
    (tmp_path / "try.py").write_text(program)
    subprocess.run([sys.executable, tmp_path / "try.py"], check=True, cwd=Path.cwd())
    assert mode(tmp_path / "made") == 0o700
