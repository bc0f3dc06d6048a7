"""`loa token`: sign an access token with the key of the data folder."""

from datetime import timedelta

from deploy.cli import brokers
from deploy.cli.console import CommandError
from deploy.local.keys import tokens
from shared.contracts.vocabulary import Role
from shared.kernel import runtime

OF_A_UNIT = frozenset({Role.UNIT, Role.HEAD, Role.SUPERVISOR})  # without one it may do nothing


def sign(role: Role, unit: str | None, days: int) -> str:
    """Sign a token with the key of the data folder; its subject is a new opaque id."""
    if role in OF_A_UNIT and unit is None:
        raise CommandError(
            f"Vai trò “{role}” cần mã đơn vị: --unit MÃ.", f"The role '{role}' needs a unit: --unit CODE."
        )
    folder = brokers.data_folder() / "keys"
    if not tokens.key_file(folder).exists():
        raise CommandError(
            f"Chưa có khóa ký trong {folder}; khóa do `loa up` tạo, hoặc do `loa keys` khi chạy bằng container "
            "(khi đó đặt LOA_DATA_DIR là thư mục của lệnh ấy).",
            f"There is no signing key in {folder}; `loa up` creates it, or `loa keys` for containers "
            "(then set LOA_DATA_DIR to the folder of `loa keys`).",
        )
    expires = runtime.now() + timedelta(days=days)
    return tokens.signer(folder).token(runtime.new_id().hex, role, expires, unit)
