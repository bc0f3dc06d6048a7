"""Freezes the contract of a release, once: `python -m tests.contract.release VERSION` (CONTRIBUTING.md)."""

import re
import sys

from shared.contracts.envelope import CATALOG
from tests.contract import golden, releases


def main(version: str) -> int:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return _end(2, f"A release is called like 0.1.0, not {version}.")
    folder = releases.RELEASES / version
    if folder.exists():
        return _end(1, f"{version} is released: its files are never written again. Cut another version.")
    if broken := [
        fault for release in releases.releases() for fault in releases.faults(release, CATALOG.types)
    ]:
        return _end(1, *broken)
    releases.write(folder, golden.MODELS)
    return _end(0, f"{folder}: {len(golden.MODELS)} event types")


def _end(code: int, *lines: str) -> int:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
