"""`loa token`: sign an access token with the key of the data folder."""

from datetime import timedelta

from deploy.cli import brokers
from deploy.cli.console import Said
from deploy.local.keys import tokens
from shared import clock
from shared.contracts.vocabulary import Role


def sign(role: Role, unit: str | None, days: int) -> str:
    """Sign a token with the key of the data folder; its subject is a fresh opaque id."""
    if role is Role.UNIT and unit is None:
        raise Said("Vai trò “unit” cần mã đơn vị: --unit MÃ.", "The role 'unit' needs a unit: --unit CODE.")
    folder = brokers.data_folder() / "keys"
    if not tokens.key_file(folder).exists():
        raise Said(
            f"Chưa có khóa ký trong {folder}; khóa do `loa up` tạo, hoặc do `loa keys` khi chạy bằng container "
            "(khi đó đặt LOA_DATA_DIR là thư mục của lệnh ấy).",
            f"There is no signing key in {folder}; `loa up` makes it, or `loa keys` where containers run "
            "(LOA_DATA_DIR is its folder then).",
        )
    expires = clock.now() + timedelta(days=days)
    return tokens.signer(folder).token(clock.new_id().hex, role, expires, unit)
