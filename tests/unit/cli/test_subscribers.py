"""`loa subscribers`: create, list and revoke keys, and update the broker's permissions."""

from pathlib import Path

import pytest

from deploy.cli.console import CommandError
from deploy.cli.operate.keys import MOUNTED
from deploy.cli.operate.subscribers import commands as subscribers
from deploy.local.engines import nats
from deploy.local.keys.keyring import Keyring, keyring
from deploy.nats.permissions import inbox_prefix


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    monkeypatch.setenv("LOA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return keyring(tmp_path / "keys")


def test_a_new_key_is_readable_by_its_owner_only(ring: Keyring, capsys: pytest.CaptureFixture[str]) -> None:
    mounted = ring.folder.parent / MOUNTED / nats.AUTHORIZATION
    mounted.parent.mkdir()
    mounted.write_text("old")
    subscribers.add("cong-thong-tin")
    (user,) = ring.subscribers()
    seed = ring.seed_file(user)
    assert seed.stat().st_mode & 0o777 == 0o600
    output = capsys.readouterr().out
    assert str(seed) in output
    assert "restart each of its nodes" in output
    assert ring.public_keys()[user] in mounted.read_text()
    assert f"{inbox_prefix(user)}.>" in mounted.read_text()


def test_a_stopped_local_broker_is_reported(ring: Keyring, capsys: pytest.CaptureFixture[str]) -> None:
    (ring.folder.parent / "nats").mkdir()
    subscribers.add("portal")
    assert "NATS is not running" in capsys.readouterr().out
    (user,) = ring.subscribers()
    assert ring.public_keys()[user] in (ring.folder.parent / "nats" / nats.AUTHORIZATION).read_text()


def test_subscribers_are_listed_by_name(ring: Keyring, capsys: pytest.CaptureFixture[str]) -> None:
    subscribers.show()
    assert "There are no subscribers" in capsys.readouterr().out
    for name in ("portal", "bao-chi"):
        subscribers.add(name)
    capsys.readouterr()
    subscribers.show()
    assert capsys.readouterr().out.split() == ["bao-chi", "portal"]
    assert len(ring.subscribers()) == 2


@pytest.mark.parametrize("name", ["Cổng", "A", "", "-x", "a.b", "a>", "../x", "x" * 33])
def test_an_invalid_name_is_refused(ring: Keyring, name: str) -> None:
    with pytest.raises(CommandError, match="is not valid"):
        subscribers.add(name)
    assert ring.subscribers() == ()


def test_a_second_key_of_the_same_name_is_refused(ring: Keyring) -> None:
    subscribers.add("portal")
    seed = ring.seed_file(*ring.subscribers()).read_bytes()
    with pytest.raises(CommandError, match="exists"):
        subscribers.add("portal")
    assert ring.seed_file(*ring.subscribers()).read_bytes() == seed


@pytest.mark.usefixtures("ring")
async def test_an_unknown_subscriber_cannot_be_removed() -> None:
    with pytest.raises(CommandError, match="no subscriber"):
        await subscribers.remove("portal")


def test_no_key_is_created_without_the_platforms_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOA_DATA_DIR", str(tmp_path / "elsewhere"))
    with pytest.raises(CommandError, match="LOA_DATA_DIR"):
        subscribers.add("portal")
