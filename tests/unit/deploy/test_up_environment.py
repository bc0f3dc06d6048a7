"""What `loa up` gives its services of the environment."""

from pathlib import Path

import pytest

from deploy.local.engines.process import FolderUnusable
from deploy.local.settings import LocalSettings
from deploy.local.up import _environment, _link_keys, running
from shared.auth.service_tokens import ServiceVerifier
from shared.signed_links.links import reader


@pytest.mark.parametrize(
    ("name", "value", "public"),
    [
        (None, None, "true"),
        ("LOA_PUBLIC_READ", "false", "false"),
        ("LOA_PUBLIC_READ", "true", "true"),
        ("loa_public_read", "0", "0"),
        ("LOA_PUBLIC_READ", "", ""),
    ],
)
def test_an_explicit_setting_of_public_reading_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str | None, value: str, public: str
) -> None:
    monkeypatch.delenv("LOA_PUBLIC_READ", raising=False)
    if name:
        monkeypatch.setenv(name, value)
    given = _environment("notifier", tmp_path, LocalSettings())
    assert [value for key, value in given.items() if key.upper() == "LOA_PUBLIC_READ"] == [public]


def test_campaigns_gets_a_token_that_the_notifier_knows(tmp_path: Path) -> None:
    settings = _link_keys(tmp_path, LocalSettings())
    verifier = ServiceVerifier(reader(Path(settings["notifier"]["LOA_LINK_JWKS"])))
    assert verifier.verify(f"Bearer {settings['campaigns']['LOA_SERVICE_TOKEN']}") == "campaigns"
    assert "LOA_LINK_KEY" not in settings["campaigns"]


@pytest.mark.parametrize("place", ["a-file", "a-file/below", "/proc/loa"])
async def test_a_data_folder_that_cannot_be_made_is_refused_with_what_to_do(
    place: str, tmp_path: Path
) -> None:
    """Each of these ended in a traceback."""
    (tmp_path / "a-file").touch()
    with pytest.raises(FolderUnusable) as error:
        async with running(tmp_path / place, LocalSettings(), lambda _: None):
            pass
    assert "--data-dir" in error.value.message.vi
    assert "--data-dir" in error.value.message.en
