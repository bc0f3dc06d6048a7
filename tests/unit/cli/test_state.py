"""The state file of the last `loa up`, overridden by the environment, and its tokens."""

from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local import state
from deploy.local.engines import databases
from deploy.local.keys import tokens
from shared.auth.tokens import Principal, Unauthenticated, Verifier
from shared.contracts.vocabulary import Role
from shared.kernel import runtime


def test_the_environment_overrides_the_state_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    left = state.Current({"registry": "http://a", "metrics": "http://b"}, "secret", str(tmp_path))
    state.write(left, tmp_path)
    assert (tmp_path / "state/loa/current.json").stat().st_mode & 0o777 == 0o600
    home = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert state.read(home) == left
    changed = state.read(
        {**home, "LOA_TOKEN": "mine", "LOA_URL_METRICS": "https://m", "LOA_URL_NOTIFIER": ""}
    )
    assert (changed.token, changed.urls) == ("mine", {"registry": "http://a", "metrics": "https://m"})


@pytest.mark.parametrize("content", ["", "[]", '{"token": 1, "strange": 2}'])
def test_an_unreadable_state_file_counts_as_empty(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "loa"
    folder.mkdir()
    (folder / "current.json").write_text(content)
    assert state.read({"XDG_STATE_HOME": str(tmp_path)}) == state.Current()


async def test_a_token_is_verified_with_the_written_jwks(tmp_path: Path) -> None:
    jwks = tokens.write_jwks(tmp_path)
    assert {path.stat().st_mode & 0o777 for path in (jwks, tokens.key_file(tmp_path))} == {0o600}
    soon = runtime.now() + timedelta(minutes=1)
    token = tokens.signer(tmp_path).token("x", Role.UNIT, soon, "SO-A")
    assert await Verifier(str(jwks)).verify(token) == Principal("x", Role.UNIT, "SO-A")


async def test_a_token_of_another_key_is_refused(tmp_path: Path) -> None:
    jwks = tokens.write_jwks(tmp_path)
    stranger = tokens.signer(tmp_path / "other")
    with pytest.raises(Unauthenticated):
        await Verifier(str(jwks)).verify(
            stranger.token("x", Role.OPERATOR, runtime.now() + timedelta(minutes=1))
        )


def test_the_address_of_a_services_database() -> None:
    admin = "postgresql://admin:p%40ss@db.example.vn:5433/postgres?sslmode=require"
    address = databases.address(admin, "loa_registry", "pw")
    assert address == "postgresql://loa_registry:pw@db.example.vn:5433/loa_registry?sslmode=require"
