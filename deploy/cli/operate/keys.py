"""`loa keys`: every secret of an installation in containers, made once, as files that can be mounted."""

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from deploy.cli.console import say
from deploy.local.engines import databases
from deploy.local.engines.nats import AUTHORIZATION
from deploy.local.engines.postgres import ADMIN, database_of
from deploy.local.keys import signing, tokens
from deploy.local.keys.keyring import Keyring, keyring, write_secret
from deploy.local.settings import LocalSettings
from deploy.local.up import TOKEN_DAYS
from deploy.nats.permissions import SERVICES, authorization
from shared import clock
from shared.contracts.vocabulary import Role
from shared.errors import Text

MOUNTED = "mounted"
NODES = ("nats-1", "nats-2", "nats-3")
SINK = "smtp://sink:2525"
ENVIRONMENT = "operator.env"


def make(folder: Path, database_host: str, smtp_url: str | None) -> None:
    """Make what is missing, and write anew what follows from it; a secret that exists is never changed.

    What containers mount lies in `mounted`: their user may read it there, and on this machine nobody but the owner may
    enter the folder.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    (folder / MOUNTED).mkdir(exist_ok=True)
    for name, text in _files(folder, database_host, smtp_url).items():
        offer(folder / MOUNTED / name, text)
    write_secret(folder / ENVIRONMENT, "".join(_environment(folder)))
    say(
        Text(
            f"Khóa và mật khẩu nằm trong {folder}; hãy sao lưu thư mục này ở nơi an toàn. "
            f"Để dùng lệnh `loa`: set -a; . {folder / ENVIRONMENT}; set +a",
            f"Keys and passwords are in {folder}; keep a copy of it in a safe place. "
            f"To use the command `loa`: set -a; . {folder / ENVIRONMENT}; set +a",
        )
    )


def _files(folder: Path, host: str, smtp_url: str | None) -> Mapping[str, str]:
    ring = keyring(folder / "keys")
    passwords = databases.passwords(folder / databases.PASSWORDS)
    admin = _kept(folder / "postgres.password")
    links = signing.private_key(folder / "keys" / "links.pem")
    server = f"postgresql://{ADMIN}:{admin}@{host}/postgres"
    return {
        **{f"{user}.nk": ring.seed_file(user).read_text() for user in (*SERVICES, "operator")},
        **{
            f"{name}.database_url": databases.address(server, database_of(name), passwords[name])
            for name in SERVICES
        },
        "admin.database_url": server,
        "postgres.password": admin,
        databases.PASSWORDS: json.dumps(passwords),
        "jwks.json": tokens.write_jwks(folder / "keys").read_text(),
        "links.pem": (folder / "keys" / "links.pem").read_text(),
        "links.json": signing.write_jwks(links, folder / "keys" / "links.json").read_text(),
        "operator.token": _token(folder),
        "smtp_url": smtp_url or _now(folder / MOUNTED / "smtp_url") or SINK,
        **_broker(ring, _kept(folder / "routes.password")),
    }


def _broker(ring: Keyring, password: str) -> Mapping[str, str]:
    """Write what the broker includes: who may do what, and how the nodes of a cluster know each other."""
    routes = json.dumps([f"nats://route:{password}@{node}:6222" for node in NODES])
    known = json.dumps({"user": "route", "password": password})
    return {
        AUTHORIZATION: authorization(ring.public_keys()),
        "routes.conf": f"authorization: {known}\nroutes: {routes}\n",
    }


def _environment(folder: Path) -> Iterator[str]:
    settings = LocalSettings()
    for name in SERVICES:
        yield f"LOA_URL_{name.upper()}={settings.url(name)}\n"
    yield f"LOA_TOKEN={(folder / MOUNTED / 'operator.token').read_text()}\n"
    yield f"LOA_DATA_DIR={folder.resolve()}\n"


def _token(folder: Path) -> str:
    expires = clock.now() + timedelta(days=TOKEN_DAYS)
    return tokens.signer(folder / "keys").token("loa-keys", Role.OPERATOR, expires)


def _kept(path: Path) -> str:
    """Read a password; at the first time it is made."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(24))
    return path.read_text()


def _now(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def offer(path: Path, text: str) -> None:
    """Write what a container mounts, which its user may read."""
    write_secret(path, text)
    path.chmod(0o444)
