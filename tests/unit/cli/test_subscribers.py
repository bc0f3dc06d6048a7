"""`loa readers`: keys made and listed, and the broker's rights written beside."""

from pathlib import Path

import pytest

from deploy.cli.console import Said
from deploy.cli.operate import subscribers
from deploy.cli.operate.keys import MOUNTED
from deploy.local.engines import nats
from deploy.local.keys.keyring import Keyring, keyring
from deploy.nats.permissions import inbox_prefix


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    monkeypatch.setenv("LOA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return keyring(tmp_path / "keys")


def test_a_key_is_made_for_its_owner_alone(ring: Keyring, capsys: pytest.CaptureFixture[str]) -> None:
    mounted = ring.folder.parent / MOUNTED / nats.AUTHORIZATION
    mounted.parent.mkdir()
    mounted.write_text("old")
    subscribers.add("cong-thong-tin")
    (user,) = ring.readers()
    seed = ring.seed_file(user)
    assert seed.stat().st_mode & 0o777 == 0o600
    said = capsys.readouterr().out
    assert str(seed) in said
    assert "start each of its nodes again" in said
    assert ring.public_keys()[user] in mounted.read_text()
    assert f"{inbox_prefix(user)}.>" in mounted.read_text()


def test_it_is_said_that_a_broker_of_this_machine_does_not_run(
    ring: Keyring, capsys: pytest.CaptureFixture[str]
) -> None:
    (ring.folder.parent / "nats").mkdir()
    subscribers.add("portal")
    assert "NATS is not running" in capsys.readouterr().out
    (user,) = ring.readers()
    assert ring.public_keys()[user] in (ring.folder.parent / "nats" / nats.AUTHORIZATION).read_text()


def test_readers_are_listed_by_name(ring: Keyring, capsys: pytest.CaptureFixture[str]) -> None:
    subscribers.show()
    assert "There are no readers" in capsys.readouterr().out
    for name in ("portal", "bao-chi"):
        subscribers.add(name)
    capsys.readouterr()
    subscribers.show()
    assert capsys.readouterr().out.split() == ["bao-chi", "portal"]
    assert len(ring.readers()) == 2


@pytest.mark.parametrize("name", ["Cổng", "A", "", "-x", "a.b", "a>", "../x", "x" * 33])
def test_a_name_that_would_not_do_is_refused(ring: Keyring, name: str) -> None:
    with pytest.raises(Said, match="will not do"):
        subscribers.add(name)
    assert ring.readers() == ()


def test_a_second_key_of_one_name_is_refused(ring: Keyring) -> None:
    subscribers.add("portal")
    seed = ring.seed_file(*ring.readers()).read_bytes()
    with pytest.raises(Said, match="exists"):
        subscribers.add("portal")
    assert ring.seed_file(*ring.readers()).read_bytes() == seed


@pytest.mark.usefixtures("ring")
async def test_what_is_not_there_cannot_be_taken_back() -> None:
    with pytest.raises(Said, match="no reader"):
        await subscribers.remove("portal")


def test_without_the_platforms_keys_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOA_DATA_DIR", str(tmp_path / "elsewhere"))
    with pytest.raises(Said, match="LOA_DATA_DIR"):
        subscribers.add("portal")
