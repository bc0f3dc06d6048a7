"""`loa readers`: keys with which systems of others read the events, each its own, each taken back alone."""

import re
from pathlib import Path

from deploy.cli import brokers
from deploy.cli.console import Said, out, say
from deploy.cli.operate.keys import MOUNTED, offer
from deploy.local import state
from deploy.local.engines import nats
from deploy.local.keys.keyring import Keyring, new_seed, write_secret
from deploy.nats.permissions import READER, authorization, inbox_prefix, reader
from shared.errors import Text
from shared.eventstore.streams import EVENTS

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


def add(name: str) -> None:
    """Make a key that may read the log through a durable consumer of its own, and do nothing else."""
    if not NAME.fullmatch(name):
        raise Said(
            f"Tên “{name}” không hợp lệ: dùng chữ thường không dấu, chữ số và dấu gạch nối, ví dụ cong-thong-tin.",
            f"The name “{name}” will not do: small letters a–z, digits and hyphens, as in cong-thong-tin.",
        )
    folder = brokers.data_folder()
    ring, user = _ring(folder), reader(name)
    if user in ring.readers():
        raise Said(
            f"Đã có khóa đọc “{name}”. Muốn thay khóa: `loa readers remove {name}`, rồi tạo lại.",
            f"The reader “{name}” exists. For a new key: `loa readers remove {name}`, then add it again.",
        )
    write_secret(ring.seed_file(user), new_seed())
    say(Text(f"Đã tạo khóa đọc “{name}”.", f"The reader “{name}” is made."))
    for label, value in (
        ("NKEY", ring.seed_file(user)),
        ("NATS", state.read().nats_url),
        ("stream", EVENTS),
        ("durable consumer", user),
        ("inbox prefix", inbox_prefix(user)),
    ):
        out.print(f"  {label:18} {value}", soft_wrap=True)
    _announce(folder, ring)


def show() -> None:
    names = [user.removeprefix(READER) for user in _ring(brokers.data_folder()).readers()]
    if not names:
        say(
            Text(
                "Chưa có khóa đọc nào; tạo bằng `loa readers add TÊN`.",
                "There are no readers; `loa readers add NAME` makes one.",
            )
        )
    for name in names:
        out.print(name)


async def remove(name: str) -> None:
    """Take a key back; the consumer, which remembers how far it had read, goes with it."""
    folder = brokers.data_folder()
    ring, user = _ring(folder), reader(name)
    if user not in ring.readers():
        raise Said(
            f"Không có khóa đọc “{name}”; xem `loa readers list`.",
            f"There is no reader “{name}”; see `loa readers list`.",
        )
    async with brokers.as_operator() as client:
        await brokers.forget_consumer(client, user)
    ring.seed_file(user).unlink()
    say(Text(f"Đã thu hồi khóa đọc “{name}”.", f"The reader “{name}” is taken back."))
    _announce(folder, ring)


def _ring(folder: Path) -> Keyring:
    if not brokers.has_operator(folder):
        raise Said(
            f"Không thấy khóa của hệ thống trong {folder}; đặt LOA_DATA_DIR.",
            f"The keys of the platform are not in {folder}; set LOA_DATA_DIR.",
        )
    return Keyring(folder / "keys")


def _announce(folder: Path, ring: Keyring) -> None:
    """Tell the broker: one of ours on this machine reads its users anew at once, others when they start."""
    if (folder / "nats").is_dir():
        nats.write_authorization(folder / "nats", ring)
        if nats.reload(folder / "nats"):
            say(Text("NATS đã nhận danh sách khóa mới.", "NATS knows the new list of keys."))
        else:
            say(
                Text(
                    "NATS không chạy; danh sách khóa mới có hiệu lực khi `loa up` khởi động lại.",
                    "NATS is not running; the new list of keys holds when `loa up` starts it.",
                )
            )
        return
    file = folder / MOUNTED / nats.AUTHORIZATION
    if file.exists():
        offer(file, authorization(ring.public_keys()))
    say(
        Text(
            f"Để NATS nhận danh sách khóa mới ({file}): khởi động lại từng nút NATS; "
            "các dịch vụ tự kết nối lại.",
            f"For NATS to know the new list of keys ({file}): start each of its nodes again; "
            "the services connect again by themselves.",
        )
    )
