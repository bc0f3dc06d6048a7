"""`loa subscribers`: keys with which external systems read the events; each is created and revoked alone."""

import re
from pathlib import Path

from deploy.cli import brokers
from deploy.cli.console import CommandError, out, print_text
from deploy.cli.operate.container_places import current_place
from deploy.cli.operate.keys import MOUNTED, write_mounted
from deploy.local import state
from deploy.local.engines import nats
from deploy.local.keys.keyring import Keyring, new_seed, write_secret
from deploy.nats.permissions import SUBSCRIBER, authorization, inbox_prefix, subscriber
from shared.eventstore.streams import EVENTS
from shared.kernel.errors import Text

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


def add(name: str) -> None:
    """Create a key that may only read the log, through a durable consumer of its own."""
    if not NAME.fullmatch(name):
        raise CommandError(
            f"Tên “{name}” không hợp lệ: dùng chữ thường không dấu, chữ số và dấu gạch nối, ví dụ cong-thong-tin.",
            f"The name “{name}” is not valid: use lower-case letters a–z, digits and hyphens, such as cong-thong-tin.",
        )
    folder = brokers.data_folder()
    ring, user = _ring(folder), subscriber(name)
    if user in ring.subscribers():
        raise CommandError(
            f"Đã có khóa đọc “{name}”. Muốn thay khóa: `loa subscribers remove {name}`, rồi tạo lại.",
            f"The subscriber “{name}” exists. For a new key: `loa subscribers remove {name}`, then add it again.",
        )
    write_secret(ring.seed_file(user), new_seed())
    print_text(Text(f"Đã tạo khóa đọc “{name}”.", f"The subscriber “{name}” is created."))
    for label, value in (
        ("NKEY", ring.seed_file(user)),
        ("NATS", state.read().nats_url),
        ("stream", EVENTS),
        ("durable consumer", user),
        ("inbox prefix", inbox_prefix(user)),
    ):
        out.print(f"  {label:18} {value}", soft_wrap=True)
    _apply(folder, ring)


def show() -> None:
    names = [user.removeprefix(SUBSCRIBER) for user in _ring(brokers.data_folder()).subscribers()]
    if not names:
        print_text(
            Text(
                "Chưa có khóa đọc nào; tạo bằng `loa subscribers add TÊN`.",
                "There are no subscribers; `loa subscribers add NAME` creates one.",
            )
        )
    for name in names:
        out.print(name)


async def remove(name: str) -> None:
    """Revoke a key and delete its durable consumer."""
    folder = brokers.data_folder()
    ring, user = _ring(folder), subscriber(name)
    if user not in ring.subscribers():
        raise CommandError(
            f"Không có khóa đọc “{name}”; xem `loa subscribers list`.",
            f"There is no subscriber “{name}”; see `loa subscribers list`.",
        )
    async with brokers.as_operator() as client:
        await brokers.delete_consumer(client, user)
    ring.seed_file(user).unlink()
    print_text(Text(f"Đã thu hồi khóa đọc “{name}”.", f"The subscriber “{name}” is removed."))
    _apply(folder, ring)


def _ring(folder: Path) -> Keyring:
    if not brokers.has_operator(folder):
        raise CommandError(
            f"Không thấy khóa của hệ thống trong {folder}; đặt LOA_DATA_DIR.",
            f"There are no keys of the platform in {folder}; set LOA_DATA_DIR.",
        )
    return Keyring(folder / "keys")


def _apply(folder: Path, ring: Keyring) -> None:
    """Give the broker the new list of keys: that of `loa up` reloads it at once, others when they start."""
    if (folder / "nats").is_dir():
        nats.write_authorization(folder / "nats", ring)
        if nats.reload(folder / "nats"):
            print_text(Text("NATS đã nhận danh sách khóa mới.", "NATS uses the new list of keys."))
        else:
            print_text(
                Text(
                    "NATS không chạy; danh sách khóa mới có hiệu lực khi `loa up` khởi động lại.",
                    "NATS is not running; the new list of keys takes effect when `loa up` starts it.",
                )
            )
        return
    file = folder / MOUNTED / nats.AUTHORIZATION
    if file.exists():
        write_mounted(file, authorization(ring.public_keys()))
    reload_keys = current_place().reload_keys
    print_text(
        Text(
            f"Để NATS nhận danh sách khóa mới ({file}), hãy khởi động lại từng nút NATS: {reload_keys}. "
            "Các dịch vụ tự kết nối lại.",
            f"For NATS to use the new list of keys ({file}), restart each of its nodes: {reload_keys}. "
            "The services reconnect by themselves.",
        )
    )
