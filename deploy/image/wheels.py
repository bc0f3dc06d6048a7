"""Downloads the wheels of services into deploy/image/wheels, for builds without a package index.

`python -m deploy.image.wheels registry campaigns metrics notifier cli local`: services, the command, the engines.
"""

import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.image.locked import locked_for, pins, tools

WHEELS = Path(__file__).with_name("wheels")


def fetch(*services: str) -> None:
    """Download missing wheels with this Python's pip and verified hashes.

    Raises `CalledProcessError`. The wheels fit this machine: its processor architecture, Linux and its Python.
    """
    missing = _missing(locked_for(*services) + tools())
    if not missing:
        return
    with TemporaryDirectory() as folder:
        needed = Path(folder) / "needed.lock"
        needed.write_text(missing)
        command: list[str | Path] = [sys.executable, "-m", "pip", "download", "-qq", "--prefer-binary"]
        command += ["--no-deps", "--require-hashes", "--dest", WHEELS, "--requirement", needed]
        _provide_pip()
        subprocess.run(command, check=True)


def _provide_pip() -> None:
    """Install pip with ensurepip if it is missing: `make setup` does not install it."""
    if find_spec("pip") is None:
        subprocess.run([sys.executable, "-m", "ensurepip"], check=True, capture_output=True)


def _missing(lock: str) -> str:
    present = {sha256(path.read_bytes()).hexdigest() for path in WHEELS.iterdir()}
    return "".join(
        pin.text for pin in pins(lock).values() if not any(digest in pin.text for digest in present)
    )


if __name__ == "__main__":
    fetch(*sys.argv[1:])
