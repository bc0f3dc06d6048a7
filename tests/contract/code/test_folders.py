"""A folder holds what a reader takes in at once: about fourteen modules and folders, and no more than written here."""

from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[3]
MOST = 16
MORE = {  # these are to be divided; none of them grows
    "services/metrics/adapters": 19,
    "services/notifier/adapters": 22,
    "shared": 17,
    "tests/integration": 19,
}


def sizes() -> dict[str, int]:
    """Give how many modules and folders with modules each folder has, by its path."""
    entries: dict[str, set[str]] = defaultdict(set)
    for top in ("services", "shared", "deploy", "tests"):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).parts
            for depth in range(1, len(parts)):
                entries["/".join(parts[:depth])].add(parts[depth])
    kept = {folder: names for folder, names in entries.items() if not folder.endswith("migrations/versions")}
    return {folder: len(names - {"__init__.py", "__pycache__"}) for folder, names in kept.items()}


def test_folders_are_small_enough_to_be_read() -> None:
    large = {folder: size for folder, size in sizes().items() if size > MORE.get(folder, MOST)}
    assert large == {}


def test_an_exception_that_is_no_longer_needed_is_taken_out() -> None:
    now = sizes()
    assert {folder: most for folder, most in MORE.items() if now.get(folder, 0) <= MOST} == {}
