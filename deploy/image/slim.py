"""Removes from installed packages what is not needed at run time: sources of extensions, type stubs, tests, debug symbols.

Runs in the image's build: `python3 deploy/image/slim.py FOLDER`, after `pip install --no-compile --target FOLDER`. It
updates the RECORD of each package, so that its hashes match the remaining files.
"""

import base64
import csv
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

SOURCES = frozenset({".c", ".cpp", ".h", ".hpp", ".pxd", ".pxi", ".pyi", ".pyx"})
TEST_FOLDERS = frozenset({"test", "tests"})
# A stripped library is used if it has less than this share of the size; libraries of repaired wheels never have.
STRIPPED_SHARE = 0.9

Row = tuple[str, str, str]  # path, hash, size (PEP 376)


def slim(folder: Path) -> None:
    shutil.rmtree(folder / "bin", ignore_errors=True)  # commands of packages, not used in an image
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        with record.open(newline="", encoding="utf-8") as file:
            listed = [(row[0], row[1], row[2]) for row in csv.reader(file)]
        kept = list(_kept(folder, listed))
        with record.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(kept)


def _kept(folder: Path, listed: list[Row]) -> Iterator[Row]:
    for path, digest, size in listed:
        file = folder / path
        if not file.is_file():  # of `bin`, or outside of the folder
            continue
        if is_needless(path):
            file.unlink()
        elif file.suffix == ".so" and _strip(file):
            yield _row(path, file.read_bytes())
        else:
            yield path, digest, size


def is_needless(path: str) -> bool:
    """Say, by its path in the package, whether a file is not needed at run time."""
    file = Path(path)
    return file.suffix in SOURCES or not TEST_FOLDERS.isdisjoint(file.parts[:-1])


def _strip(library: Path) -> bool:
    """Remove debug symbols if `strip` is installed and saves enough."""
    if (strip := shutil.which("strip")) is None:
        return False
    smaller = library.with_suffix(".stripped")
    done = subprocess.run(
        [strip, "--strip-unneeded", "-o", smaller, library], capture_output=True, check=False
    )
    worth_it = done.returncode == 0 and smaller.stat().st_size < STRIPPED_SHARE * library.stat().st_size
    if worth_it:
        shutil.copymode(library, smaller)
        smaller.replace(library)
    smaller.unlink(missing_ok=True)
    return worth_it


def _row(path: str, content: bytes) -> Row:
    digest = base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
    return path, f"sha256={digest}", str(len(content))


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
