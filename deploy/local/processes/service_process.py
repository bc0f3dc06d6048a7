"""One service as a process of `loa up`, forked from a server that has imported all modules."""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Mapping
from multiprocessing import forkserver, parent_process
from pathlib import Path

from deploy.nats.permissions import SERVICES

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LEAN, FROZEN = "shared.kernel.lean_start", "deploy.local.processes.frozen"  # imported first and last
RUN_FOLDER = "LOA_RUN_FOLDER"  # in the environment of the fork server, and so of every service


def preload(folder: Path) -> None:
    """Start the fork server, which imports the services in the background."""
    _hide_main()
    os.environ[RUN_FOLDER] = str(folder)
    apps = [f"services.{name}.app" for name in installed_services()]
    forkserver.set_forkserver_preload([LEAN, *apps, FROZEN])
    # Services inherit this: signals to the process group are only for `loa up`, which stops the services in order.
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        forkserver.ensure_running()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _hide_main() -> None:
    """Let no service import the program that starts it (`multiprocessing.spawn`): the command `loa` is not part of it."""
    main = sys.modules["__main__"]
    main.__spec__ = None
    vars(main).pop("__file__", None)


def unload() -> None:
    """Stop the fork server, also while it still imports; the services keep running."""
    server = forkserver._forkserver  # noqa: SLF001  the library stops it only after this process, which may take seconds
    if (pid := getattr(server, "_forkserver_pid", None)) is not None:
        os.kill(pid, signal.SIGKILL)
        server._stop()  # type: ignore[attr-defined]  # noqa: SLF001


def installed_services() -> tuple[str, ...]:
    """List the services that are installed."""
    root = Path(importlib.import_module("services").__path__[0])
    return tuple(name for name in SERVICES if (root / name / "app.py").exists())


def run(service: str, environment: Mapping[str, str], log: Path) -> None:
    """Run a service until a signal or the end of the parent process, with its own environment and log."""
    os.setsid()
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    _redirect_output(log)
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    importlib.import_module(f"services.{service}.__main__").main()


def _redirect_output(log: Path) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())
    os.close(file)


def _stop_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
