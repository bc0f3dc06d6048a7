"""One service as a process of `loa up`: forked from a server that has imported everything already."""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Mapping
from multiprocessing import forkserver, parent_process
from pathlib import Path

from deploy.nats.permissions import SERVICES

OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OUR_FOLDER = "LOA_RUN_FOLDER"  # stands in the environment of the fork server, and so of every service


def preload(folder: Path) -> None:
    """Begin to import the services in a process of their own; returns at once."""
    os.environ[OUR_FOLDER] = str(folder)
    forkserver.set_forkserver_preload([f"services.{name}.app" for name in present()])
    # Inherited: what is sent to our whole group is for us alone, and we end the services in order.
    heard = {number: signal.signal(number, signal.SIG_IGN) for number in OURS}
    try:
        forkserver.ensure_running()
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)


def unload() -> None:
    """End the process that imported the services, however far it has come; the services are not touched."""
    server = forkserver._forkserver  # noqa: SLF001  the library ends it only after us, which may take seconds
    if (pid := getattr(server, "_forkserver_pid", None)) is not None:
        os.kill(pid, signal.SIGKILL)
        server._stop()  # type: ignore[attr-defined]  # noqa: SLF001


def present() -> tuple[str, ...]:
    """Tell which services are installed here."""
    root = Path(importlib.import_module("services").__path__[0])
    return tuple(name for name in SERVICES if (root / name / "app.py").exists())


def run(service: str, environment: Mapping[str, str], log: Path) -> None:
    """Be the service until told to stop: its own environment, its own log, no longer than its parent."""
    os.setsid()
    for number in OURS:
        signal.signal(number, signal.SIG_DFL)
    _write_to(log)
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    importlib.import_module(f"services.{service}.__main__").main()


def _write_to(log: Path) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())
    os.close(file)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
