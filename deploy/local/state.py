"""What a running platform leaves for the `loa` command to find: addresses and an operator token."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.local.keys.keyring import write_secret
from shared.settings import SECRETS

FILE = "current.json"


@dataclass(frozen=True, slots=True)
class Current:
    """The platform that was started last: its doors, its data folder and the way in."""

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
    state_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    write_secret(state_folder() / FILE, text)


def read(environment: Mapping[str, str] = os.environ) -> Current:
    """Read what stands in the state folder, corrected by `LOA_TOKEN` and `LOA_URL_…`."""
    found = _found(state_folder(environment) / FILE)
    prefix = "LOA_URL_"
    named = {
        name.removeprefix(prefix).lower(): url
        for name, url in environment.items()
        if name.startswith(prefix) and url
    }
    return Current(
        urls={**found.urls, **named},
        token=environment.get("LOA_TOKEN") or _secret("loa_token") or found.token,
        data_dir=environment.get("LOA_DATA_DIR") or found.data_dir,
        nats_url=environment.get("LOA_NATS_URL") or found.nats_url,
        nats_monitor_url=environment.get("LOA_NATS_MONITOR_URL") or found.nats_monitor_url,
    )


def _secret(name: str) -> str:
    """Read what a container was given as a file."""
    file = SECRETS / name
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _found(path: Path) -> Current:
    try:
        return Current(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Current()
