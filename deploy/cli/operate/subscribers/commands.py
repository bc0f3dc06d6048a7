"""`loa subscribers`: keys with which external systems read the events; each is created and revoked alone."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import nats.errors

from deploy.cli import brokers
from deploy.cli.console import CommandError, err, listed, out, print_json, print_text
from deploy.cli.operate.container_places import current_place
from deploy.cli.operate.keys import MOUNTED, write_mounted
from deploy.cli.operate.subscribers import durable as durables
from deploy.cli.operate.subscribers import view
from deploy.cli.operate.subscribers.filters import checked
from deploy.cli.operate.subscribers.snippets import Snippet, snippet
from deploy.local import state
from deploy.local.engines import nats as local
from deploy.local.keys.keyring import Keyring, new_seed, write_secret
from deploy.nats.permissions import SERVICES, SUBSCRIBER, authorization, subscriber
from shared.eventstore.subscriber_states import SubscriberState, subscriber_states
from shared.kernel import runtime
from shared.kernel.errors import Text

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
SECONDS = 30.0  # of `loa subscribers list` for the broker
NOT_REACHED = (OSError, nats.errors.Error, TimeoutError, CommandError)


def add(name: str, filters: Sequence[str] = (), shown: Snippet | None = None) -> None:
    """Create a key that may only read the log, and its durable consumer; run again, it creates a missing durable."""
    if not NAME.fullmatch(name):
        raise CommandError(
            f"Tên “{name}” không hợp lệ: dùng chữ thường không dấu, chữ số và dấu gạch nối, ví dụ cong-thong-tin.",
            f"The name “{name}” is not valid: use lower-case letters a–z, digits and hyphens, such as cong-thong-tin.",
        )
    wanted = checked(filters)
    folder = brokers.data_folder()
    ring, user = _ring(folder), subscriber(name)
    exists = user in ring.subscribers()
    created = asyncio.run(_ensure_durable(user, wanted))
    if exists and not created:
        raise CommandError(
            f"Đã có khóa đọc “{name}”. Muốn thay khóa: `loa subscribers remove {name}`, rồi tạo lại.",
            f"The subscriber “{name}” exists. For a new key: `loa subscribers remove {name}`, then add it again.",
        )
    if not exists:
        write_secret(ring.seed_file(user), new_seed())
        print_text(Text(f"Đã tạo khóa đọc “{name}”.", f"The subscriber “{name}” is created."))
    for line in view.settings(user, ring.seed_file(user), state.read().nats_url or "nats://…:4222", wanted):
        out.print(line, soft_wrap=True)
    if not exists:
        _apply(folder, ring)
    if created is None:
        print_text(_durable_is_missing(name, wanted), style="yellow")
    if shown is not None:
        print(snippet(shown))


async def _ensure_durable(user: str, filters: Sequence[str]) -> bool | None:
    """Create the durable if it is missing: whether it was, or None if the broker cannot be reached from here."""
    try:
        async with brokers.as_operator() as client:
            return await durables.ensure(client.jetstream(timeout=10), user, filters)
    except durables.FilterDiffers:
        raise
    except NOT_REACHED:
        return None


def _durable_is_missing(name: str, filters: Sequence[str]) -> Text:
    command = f"loa subscribers reset {name}{durables.filter_options(filters)}"
    compose = "docker-compose -p loa -f deploy/compose/compose.yaml run --rm"
    return Text(
        f"Chưa tạo được durable consumer vì không kết nối được NATS. Khi NATS chạy: `{command}` "
        f"(trong container: `{compose} {command}`).",
        f"The durable consumer is not created yet, because NATS cannot be reached. When it runs: `{command}` "
        f"(in containers: `{compose} {command}`).",
    )


async def reset(name: str, filters: Sequence[str] = ()) -> None:
    """Create the durable consumer anew, from the first event, with its filter or another one."""
    wanted = checked(filters) if filters else ()
    ring, user = _ring(brokers.data_folder()), subscriber(name)
    if ring.seed_file(SERVICES[0]).exists() and user not in ring.subscribers():
        raise _no_subscriber(name)  # a container has only the operator's key: it cannot tell
    async with brokers.as_operator() as client:
        kept = listed(await durables.recreate(client.jetstream(timeout=10), user, wanted))
    print_text(
        Text(
            f"“{name}” đọc lại từ sự kiện đầu tiên, bộ lọc: {kept}.",
            f"“{name}” reads again from the first event, with the filter {kept}.",
        )
    )


def show(*, as_json: bool = False) -> None:
    """List the keys with the lag of their durables; without a broker the names only."""
    names = _ring(brokers.data_folder()).subscribers()
    states = asyncio.run(read_states(SECONDS))
    if as_json:
        print_json(_document(names, states))
    elif states is None:
        for user in names:
            out.print(user.removeprefix(SUBSCRIBER))
        print_text(
            Text(
                "Không kết nối được NATS: không rõ tiến độ.",
                "NATS cannot be reached: their lag is not known.",
            ),
            to=err,
        )
    elif states:
        out.print(view.table(states, runtime.now()))
        for line in view.problems(states, runtime.now()):
            print_text(line, style="red")
    if states is not None and not as_json:
        for user in without_durable(names, states):
            print_text(missing_durable(user), style="red")
    if not names and not states and not as_json:
        print_text(
            Text(
                "Chưa có khóa đọc nào; tạo bằng `loa subscribers add TÊN`.",
                "There are no subscribers; `loa subscribers add NAME` creates one.",
            )
        )


async def read_states(seconds: float) -> list[SubscriberState] | None:
    """Read the states of all readers within some seconds; None if the broker cannot be reached."""
    try:
        async with asyncio.timeout(seconds), brokers.as_operator() as client:
            return await subscriber_states(client.jetstream(timeout=seconds))
    except NOT_REACHED:
        return None


def _document(names: Sequence[str], states: Sequence[SubscriberState] | None) -> object:
    rows = [view.document(entry) for entry in states or ()]
    return {
        "keys": [user.removeprefix(SUBSCRIBER) for user in names],
        "subscribers": None if states is None else rows,
    }


def without_durable(users: Sequence[str], states: Sequence[SubscriberState]) -> list[str]:
    """Give the users that have a key but no durable, such as after a restore."""
    existing = {entry.name for entry in states}
    return [user for user in users if user not in existing]


def missing_durable(user: str) -> Text:
    name = user.removeprefix(SUBSCRIBER)
    return Text(
        f"{name}: chưa có durable consumer; tạo bằng `loa subscribers reset {name}`",
        f"{name}: it has no durable consumer; `loa subscribers reset {name}` creates it",
    )


async def remove(name: str) -> None:
    """Revoke a key and delete its durable consumer."""
    folder = brokers.data_folder()
    ring, user = _ring(folder), subscriber(name)
    if user not in ring.subscribers():
        raise _no_subscriber(name)
    async with brokers.as_operator() as client:
        await brokers.delete_consumer(client, user)
    ring.seed_file(user).unlink()
    print_text(Text(f"Đã thu hồi khóa đọc “{name}”.", f"The subscriber “{name}” is removed."))
    _apply(folder, ring)


def _no_subscriber(name: str) -> CommandError:
    return CommandError(
        f"Không có khóa đọc “{name}”; xem `loa subscribers list`.",
        f"There is no subscriber “{name}”; see `loa subscribers list`.",
    )


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
        local.write_authorization(folder / "nats", ring)
        if local.reload(folder / "nats"):
            print_text(Text("NATS đã nhận danh sách khóa mới.", "NATS uses the new list of keys."))
        else:
            print_text(
                Text(
                    "NATS không chạy; danh sách khóa mới có hiệu lực khi `loa up` khởi động lại.",
                    "NATS is not running; the new list of keys takes effect when `loa up` starts it.",
                )
            )
        return
    file = folder / MOUNTED / local.AUTHORIZATION
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
