"""Only the publisher appends events of alerts: whoever else handles a command does so for other aggregates."""

import ast
from collections.abc import Iterator
from pathlib import Path

import services.notifier

ROOT = Path(services.notifier.__path__[0])
PUBLISHER = "application/alert_publisher.py"


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def appending() -> set[str]:
    """Name the files that append to the log: through the command handler, or a store."""
    files: set[str] = set()
    for file in ROOT.rglob("*.py"):
        names = set(calls(ast.parse(file.read_text(encoding="utf-8"))))
        stores = {
            name for name in names if name.endswith(("store.append", "store.append_all", "batch.append"))
        }
        if stores or {"handle", "OverlayEventStore"} & names:
            files.add(file.relative_to(ROOT).as_posix())
    return files


def test_alert_events_have_one_publisher() -> None:
    assert appending() == {PUBLISHER, "application/preferences.py"}
    others = (ROOT / "application/preferences.py").read_text(encoding="utf-8")
    assert "domain.alert" not in others
