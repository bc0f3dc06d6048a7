"""`loa token` and `loa login`: sign access tokens with the key of the data folder, list and revoke them, replace the key."""

import webbrowser
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.table import Table

from deploy.cli import brokers
from deploy.cli.client import Services
from deploy.cli.console import CommandError, out, print_json, print_text
from deploy.cli.operate import keys
from deploy.local import state
from deploy.local.keys import tokens
from deploy.local.up import TOKEN_DAYS
from shared.contracts.vocabulary import Role
from shared.kernel import runtime
from shared.kernel.errors import Text

OF_A_UNIT = frozenset({Role.UNIT, Role.HEAD, Role.SUPERVISOR})  # without one it may do nothing


def sign(role: Role, unit: str | None, days: int) -> str:
    """Sign a token with the key of the data folder; its subject is a new opaque id."""
    if role in OF_A_UNIT and unit is None:
        raise CommandError(
            f"Vai trò “{role.value}” cần mã đơn vị: --unit MÃ.",
            f"The role '{role.value}' needs a unit: --unit CODE.",
        )
    expires = runtime.now() + timedelta(days=days)
    return tokens.signer(_folder()).token(runtime.new_id().hex, role, expires, unit)


def _folder() -> Path:
    folder = brokers.data_folder() / "keys"
    if not tokens.key_file(folder).exists():
        raise CommandError(
            f"Chưa có khóa ký trong {folder}; khóa do `loa up` tạo, hoặc do `loa keys` khi chạy bằng container "
            "(khi đó đặt LOA_DATA_DIR là thư mục của lệnh ấy).",
            f"There is no signing key in {folder}; `loa up` creates it, or `loa keys` for containers "
            "(then set LOA_DATA_DIR to the folder of `loa keys`).",
        )
    return folder


def show(services: Services, *, as_json: bool) -> None:
    """List the tokens that this folder signed and that have not expired, and which of them are revoked."""
    revoked = {entry["id"] for entry in services.get("notifier", "/revoked-tokens")["tokens"]}
    listed = [_shown(entry, revoked) for entry in tokens.issued(_folder())]
    if as_json:
        print_json(listed)
        return
    table = Table("JTI", "Vai trò / role", "Đơn vị / unit", "Cấp / issued", "Hết hạn / expires", "")
    for row in listed:
        mark = "đã thu hồi / revoked" if row["revoked"] else ""
        table.add_row(
            row["token_id"], row["role"], row["unit"] or "", row["issued"][:16], row["expires"][:16], mark
        )
    out.print(table)


def _shown(entry: tokens.Issued, revoked: set[str]) -> dict[str, Any]:
    names = ("token_id", "subject", "role", "unit", "issued", "expires")
    ids = {entry.token_id, entry.subject}
    return {name: getattr(entry, name) for name in names} | {"revoked": bool(ids & revoked)}


def revoke(services: Services, token_id: str) -> None:
    """Revoke a token by its `jti`, or all of a subject; every service refuses it within two seconds."""
    services.send("POST", "notifier", "/revoked-tokens", json={"token_id": token_id})
    print_text(
        Text(
            f"Đã thu hồi {token_id}; mọi dịch vụ từ chối mã này sau chậm nhất hai giây.",
            f"{token_id} is revoked; every service refuses it within two seconds.",
        )
    )


def rotate(*, at_once: bool) -> None:
    """Replace the signing key, and write the operator's token anew; services read the keys again by themselves."""
    folder = _folder()
    jwks = tokens.rotate(folder, at_once=at_once)
    token = sign_operator(folder)
    if (folder.parent / keys.MOUNTED).is_dir():
        keys.renew_mounted(folder.parent, jwks.read_text(), token)
    else:
        state.renew_token(folder.parent, token)
    kept = Text("mã cũ không còn dùng được", "old tokens are refused") if at_once else _KEPT
    print_text(
        Text(
            f"Đã thay khóa ký; {kept.vi}. Mã của người vận hành đã được ghi lại.",
            f"The signing key is replaced; {kept.en}. The operator's token is written anew.",
        )
    )


_KEPT = Text("mã cũ còn dùng được đến khi hết hạn", "old tokens stay valid until they expire")


def sign_operator(folder: Path) -> str:
    expires = runtime.now() + timedelta(days=TOKEN_DAYS)
    return tokens.signer(folder).token("loa-operator", Role.OPERATOR, expires)


def login(services: Services, *, open_browser: bool) -> None:
    """Print a one-time address that signs the operator in, and open it where there is a browser."""
    answer: Mapping[str, Any] = services.post(
        "notifier", "/sign-in/codes", {"return_to": f"{services.url('metrics').rstrip('/')}/"}
    )
    print_text(
        Text(
            "Mở địa chỉ sau trong trình duyệt; địa chỉ dùng một lần, có hiệu lực 5 phút:",
            "Open this address in a browser; it works once, for 5 minutes:",
        )
    )
    print(answer["address"])
    if open_browser:
        webbrowser.open(answer["address"])
