"""Node and the packages of `tests/support/node` (locked by hash) for tests that run other projects' JavaScript."""

import os
import shutil
import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from tests.support.required import is_required, leave_out

LOCKED = Path(__file__).with_name("node")
LEAST = 18
PROMISE = "LOA_NODE"


def node_folder() -> Path:
    """Give a folder with `node_modules`, installed once per lock; skips where Node or npm is missing, unless it is required."""
    if problem := _missing():
        leave_out(problem, PROMISE)
    digest = sha256((LOCKED / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = Path(sys.prefix) / f"node-{digest}"
    if not folder.exists():
        _install(folder)
    return folder


def can_leave_out_node() -> bool:
    """Say whether `node_folder` would skip."""
    return _missing() is not None and not is_required(PROMISE)


@cache
def _missing() -> str | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node and npm are not installed (Debian: apt-get install nodejs npm)"
    version = subprocess.check_output(["node", "--version"], text=True).strip()
    if int(version.removeprefix("v").partition(".")[0]) < LEAST:
        return f"Node {LEAST} or newer is needed, this is {version}"
    return None


def _install(folder: Path) -> None:
    """Install into a folder of our own and rename it: another process may install at the same time."""
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.copytree(LOCKED, draft)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(["npm", "ci", *options], cwd=draft, check=True, timeout=300)
    try:
        draft.rename(folder)
    except OSError:  # the other process was faster
        shutil.rmtree(draft)
