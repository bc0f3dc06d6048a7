"""The state file with addresses and an operator token, which `loa up` writes and the `loa` command reads."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from deploy.local.keys.keyring import private_folder, write_secret
from shared.kernel.setting_names import SECRETS

FILE = "current.json"


@dataclass(frozen=True, slots=True)
class Current:
    """The platform that was started last: its addresses, its data folder and an access token."""

    urls: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    data_dir: str = ""
    nats_url: str = ""
    nats_monitor_url: str = ""


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Find the user's state folder (XDG base directories)."""
    base = (
        environment.get("XDG_STATE_HOME") or Path(environment.get("HOME", "~")).expanduser() / ".local/state"
    )
    return Path(base) / "loa"


def write(current: Current, data_dir: Path) -> None:
    text = json.dumps(asdict(current), indent=2)
    write_secret(data_dir / FILE, text)
    private_folder(state_folder())
    write_secret(state_folder() / FILE, text)


def renew_token(data_dir: Path, token: str) -> None:
    """Write another token for the platform of a data folder."""
    for path in (data_dir / FILE, state_folder() / FILE):
        if (current := _read_file(path)).data_dir == str(data_dir):
            write_secret(path, json.dumps(asdict(replace(current, token=token)), indent=2))


def read(environment: Mapping[str, str] = os.environ) -> Current:
    """Read the state file; `LOA_TOKEN`, `LOA_URL_…` and the other settings override it."""
    file = _read_file(state_folder(environment) / FILE)
    prefix = "LOA_URL_"
    named = {
        name.removeprefix(prefix).lower(): url
        for name, url in environment.items()
        if name.startswith(prefix) and url
    }
    return Current(
        urls={**file.urls, **named},
        token=environment.get("LOA_TOKEN") or _secret("loa_token") or file.token,
        data_dir=environment.get("LOA_DATA_DIR") or file.data_dir,
        nats_url=environment.get("LOA_NATS_URL") or file.nats_url,
        nats_monitor_url=environment.get("LOA_NATS_MONITOR_URL") or file.nats_monitor_url,
    )


def _secret(name: str) -> str:
    """Read a secret that is mounted as a file."""
    file = SECRETS / name
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _read_file(path: Path) -> Current:
    try:
        return Current(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Current()
