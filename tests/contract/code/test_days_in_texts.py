"""Days on pages and in mails are written for people in both languages: a day that is dd/mm/yyyy in one is not ISO in the other.

Texts of refusals (`domain`) also go to programs, which read ISO in English.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SERVICES = ("campaigns", "metrics", "notifier", "registry")


def texts(source: str) -> Iterator[tuple[int, list[ast.expr]]]:
    """Give the arguments of each text in two languages, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text":
            yield node.lineno, node.args


def shown(text: ast.expr) -> Iterator[tuple[str, str]]:
    """Give what a text shows, each value with its format."""
    for node in ast.walk(text):
        if isinstance(node, ast.FormattedValue):
            yield ast.unparse(node.value), ast.unparse(node.format_spec) if node.format_spec else ""


def otherwise_written(source: str) -> list[str]:
    wrong = []
    for line, both in texts(source):
        values = [value for text in both for value in shown(text)]
        days = {name for name, written in values if "%d/%m/%Y" in written}
        wrong += [f"{line}: {name}" for name, written in values if name in days and not written]
    return wrong


def test_the_check_sees_a_day_that_is_written_otherwise() -> None:
    source = 'Text(f"Ngày {day:%d/%m/%Y}", f"On {day}")\nText(f"Số {day}", f"Number {day}")'
    assert otherwise_written(source) == ["1: day"]


@pytest.mark.parametrize("service", SERVICES)
def test_days_are_written_alike(service: str) -> None:
    files = [*ROOT.glob(f"services/{service}/adapters/**/*.py")]
    assert files
    wrong = {
        str(file.relative_to(ROOT)): lines
        for file in files
        if (lines := otherwise_written(file.read_text(encoding="utf-8")))
    }
    assert wrong == {}
