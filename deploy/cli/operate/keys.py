"""`loa keys`: create every secret of an installation in containers, as files to mount."""

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from deploy.cli.console import print_text
from deploy.local.engines import databases
from deploy.local.engines.nats import AUTHORIZATION
from deploy.local.engines.postgres import ADMIN, database_of
from deploy.local.keys import signing, tokens
from deploy.local.keys.keyring import Keyring, keyring, private_folder, write_secret
from deploy.local.settings import LocalSettings
from deploy.local.up import TOKEN_DAYS
from deploy.nats.permissions import SERVICES, authorization
from shared.auth.service_tokens import service_token
from shared.contracts.vocabulary import Role
from shared.kernel import runtime
from shared.kernel.errors import Text

MOUNTED = "mounted"
NODES = ("nats-1", "nats-2", "nats-3")
SINK = "smtp://sink:2525"
ENVIRONMENT = "operator.env"


def make(folder: Path, database_host: str, smtp_url: str | None) -> None:
    """Create missing secrets and rewrite the files derived from them; an existing secret is never changed.

    Containers mount files of `mounted/`, which any user of a container may read; on this machine only the owner may
    enter the folder.
    """
    private_folder(folder)
    (folder / MOUNTED).mkdir(exist_ok=True)
    (folder / MOUNTED).chmod(0o755)
    for name, text in _files(folder, database_host, smtp_url).items():
        write_mounted(folder / MOUNTED / name, text)
    write_secret(folder / ENVIRONMENT, "".join(_environment(folder)))
    print_text(
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
    admin = _password(folder / "postgres.password")
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
        "campaigns.service_token": service_token(links, "campaigns"),
        "operator.token": _token(folder),
        "smtp_url": smtp_url or _existing(folder / MOUNTED / "smtp_url") or SINK,
        **_broker(ring, _password(folder / "routes.password")),
    }


def _broker(ring: Keyring, password: str) -> Mapping[str, str]:
    """Write what the broker's configuration includes: users with permissions, and the routes of a cluster."""
    routes = json.dumps([f"nats://route:{password}@{node}:6222" for node in NODES])
    credentials = json.dumps({"user": "route", "password": password})
    return {
        AUTHORIZATION: authorization(ring.public_keys()),
        "routes.conf": f"authorization: {credentials}\nroutes: {routes}\n",
    }


def _environment(folder: Path) -> Iterator[str]:
    settings = LocalSettings()
    for name in SERVICES:
        yield f"LOA_URL_{name.upper()}={settings.url(name)}\n"
    yield f"LOA_TOKEN={(folder / MOUNTED / 'operator.token').read_text()}\n"
    yield f"LOA_DATA_DIR={folder.resolve()}\n"


def _token(folder: Path) -> str:
    expires = runtime.now() + timedelta(days=TOKEN_DAYS)
    return tokens.signer(folder / "keys").token("loa-keys", Role.OPERATOR, expires)


def renew_mounted(folder: Path, jwks: str, token: str) -> None:
    """Write key set and operator's token anew; the key set in place: containers have this very file."""
    path = folder / MOUNTED / "jwks.json"
    path.chmod(0o644)
    path.write_text(jwks)
    path.chmod(0o444)
    write_mounted(folder / MOUNTED / "operator.token", token)
    write_secret(folder / ENVIRONMENT, "".join(_environment(folder)))


def _password(path: Path) -> str:
    """Read a password; a missing one is created."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(24))
    return path.read_text()


def _existing(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def write_mounted(path: Path, text: str) -> None:
    """Write a file that containers mount: any user may read it."""
    write_secret(path, text)
    path.chmod(0o444)
