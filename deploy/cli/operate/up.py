"""`loa up`: run the platform in the foreground until Ctrl-C, with the sample data of `--demo`."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from deploy.cli.console import err, out, print_text
from deploy.cli.operate import demo
from deploy.cli.operate.health import readiness
from deploy.local.settings import LocalSettings
from deploy.local.state import Current
from deploy.local.up import running
from shared.kernel import runtime
from shared.kernel.errors import Text

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STARTING = Text(
    "Đang khởi động NATS, PostgreSQL và các dịch vụ…", "Starting NATS, PostgreSQL and the services…"
)
STOPPING = Text("Đang dừng…", "Stopping…")
STOPPED = Text("Đã dừng; dữ liệu được giữ nguyên.", "Stopped; the data are kept.")
DECISION = Text(
    "Các dịch vụ đã chạy, nhưng chưa ghi nhận, chưa gửi thư hoặc chưa cập nhật số liệu cho đến khi người vận hành quyết định. "
    "Đề nghị giữ cửa sổ này mở và chạy `loa doctor` ở cửa sổ khác. Nhấn Ctrl-C để dừng.",
    "The services run, but record or mail nothing, or stand still, until the operator has decided. Keep this window open, and "
    "run `loa doctor` in another one. Press Ctrl-C to stop.",
)
READY = Text("Hệ thống đã sẵn sàng. Nhấn Ctrl-C để dừng.", "The platform is ready. Press Ctrl-C to stop it.")


def up(settings: LocalSettings, *, with_demo: bool) -> None:
    with suppress(asyncio.CancelledError):
        asyncio.run(_up(settings, with_demo=with_demo))
    print_text(STOPPED)


async def _up(settings: LocalSettings, *, with_demo: bool) -> None:
    _stop_on_signals()
    folder = settings.data_dir.resolve()
    print_text(STARTING)
    async with running(folder, settings, _logged(folder)) as current:
        with readiness.watched() as view:
            waiting = await readiness.until_ready(current.urls, str(folder / "logs"), view)
        if waiting:
            _logged(folder)(DECISION)
        elif with_demo:
            await asyncio.to_thread(demo.show, current)
        _show_addresses(current)
        if not waiting:
            print_text(READY, style="bold green")
        await asyncio.Event().wait()


def _stop_on_signals() -> None:
    """Stop cleanly at the first signal; further signals change nothing."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    stopping: list[None] = []

    def stop() -> None:
        if task is not None and not stopping:
            stopping.append(None)
            print_text(STOPPING)
            task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)


def _logged(folder: Path) -> Callable[[Text], None]:
    """Print a message and append it to logs/up.log."""

    def log(text: Text) -> None:
        print_text(text, style="yellow", to=err)
        with (folder / "logs" / "up.log").open("a", encoding="utf-8") as file:
            file.write(f"{runtime.now().isoformat(timespec='seconds')} {text.en}\n")

    return log


def _show_addresses(current: Current) -> None:
    for label, address in addresses(current.urls).items():
        out.print(f"  {label:<44} {address}", soft_wrap=True)


def addresses(urls: Mapping[str, str]) -> Mapping[str, str]:
    """List what can be opened in a browser."""
    pages = {
        "Bảng theo dõi / dashboard": ("metrics", "/"),
        "Thư đã gửi / outbox": ("notifier", "/outbox"),
    }
    result = {label: urls[name] + path for label, (name, path) in pages.items() if name in urls}
    return result | {f"API {name}": f"{url}/docs" for name, url in urls.items()}
