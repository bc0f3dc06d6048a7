"""Time is an input of every service: the clock is chosen in its composition root and read nowhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[3] / "services"
LAYERS = ("domain", "application", "adapters")
YET_TO_GO = {"notifier/adapters/restoring.py"}


def sources() -> list[Path]:
    return sorted(
        path
        for layer in LAYERS
        for path in SERVICES.glob(f"*/{layer}/**/*.py")
        if "migrations" not in path.parts and str(path.relative_to(SERVICES)) not in YET_TO_GO
    )


def reads_of_the_clock(tree: ast.AST) -> Iterator[int]:
    """Give the lines that take `shared.kernel.runtime.now`, by whichever import."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="clock"), attr="now"):
                yield node.lineno
            case ast.ImportFrom(module="shared.kernel.runtime", names=names) if any(
                name.name == "now" for name in names
            ):
                yield node.lineno


@pytest.mark.parametrize(
    "text", ["clock.now()", "given = clock.now", "from shared.kernel.runtime import Clock, now"]
)
def test_a_read_of_the_clock_is_detected(text: str) -> None:
    assert list(reads_of_the_clock(ast.parse(text))) == [1]


def test_no_layer_below_the_composition_root_reads_the_clock() -> None:
    assert len(sources()) > 80
    texts = {path: path.read_text(encoding="utf-8") for path in sources()}
    actual = [
        f"{path}:{line}"
        for path, text in texts.items()
        if "clock.now" in text or "shared.kernel.runtime" in text  # parsing every module takes seconds
        for line in reads_of_the_clock(ast.parse(text))
    ]
    assert actual == []
