"""Keys of the broker's users: one NKEY seed file per user, readable by its owner only."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import nkeys  # type: ignore[import-untyped]

from deploy.nats.permissions import SUBSCRIBER, USERS


@dataclass(frozen=True, slots=True)
class Keyring:
    """Seeds (secret) and public keys of the users; `nats.connect(nkeys_seed=str(ring.seed_file(user)))`."""

    folder: Path

    def seed_file(self, user: str) -> Path:
        return self.folder / f"{user}.nk"

    def subscribers(self) -> tuple[str, ...]:
        """List the users of external systems."""
        return tuple(sorted(file.stem for file in self.folder.glob(f"{SUBSCRIBER}*.nk")))

    def public_keys(self) -> dict[str, str]:
        return {user: _public_key(self.seed_file(user)) for user in (*USERS, *self.subscribers())}


def keyring(folder: Path) -> Keyring:
    """Open the keys in `folder`; missing ones are created."""
    private_folder(folder)
    ring = Keyring(folder)
    for user in USERS:
        if not ring.seed_file(user).exists():
            write_secret(ring.seed_file(user), new_seed())
    return ring


def new_seed() -> str:
    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode()


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that stood open from an earlier release is closed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)


def write_secret(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _public_key(seed_file: Path) -> str:
    pair = nkeys.from_seed(bytearray(seed_file.read_bytes().strip()))
    public: bytes | bytearray = pair.public_key
    pair.wipe()
    return bytes(public).decode()
