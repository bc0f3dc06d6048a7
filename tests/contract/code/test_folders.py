"""A folder holds what a reader takes in at once: about fourteen modules and folders."""

from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[3]
MOST = 16


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
    large = {folder: size for folder, size in sizes().items() if size > MOST}
    assert large == {}
