"""The project's own rules: whose packages these are, what modules are called, that each says what it is for."""

import ast
import sys
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "services", "deploy", "tests")
MODULES = sorted(
    file.relative_to(ROOT).as_posix() for package in PACKAGES for file in (ROOT / package).rglob("*.py")
)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_packages(package: str) -> None:
    """Others on the public index do own these names; with one of them installed, imports would mix."""
    assert set(packages_distributions().get(package, [])) <= {"loa-platform"}


@pytest.mark.parametrize("package", PACKAGES)
def test_our_packages_are_real_ones(package: str) -> None:
    assert (ROOT / package / "__init__.py").is_file()
    assert list(import_module(package).__path__) == [str(ROOT / package)]


@pytest.mark.parametrize("module", MODULES)
def test_has_a_docstring_of_its_purpose(module: str) -> None:
    source = (ROOT / module).read_text(encoding="utf-8")
    if module.endswith("__init__.py"):
        assert source.strip() == "", "code stands in modules, not in __init__"
    else:
        assert ast.get_docstring(ast.parse(source)), "one sentence at the head: what the module is for"


@pytest.mark.parametrize("module", MODULES)
def test_is_not_called_like_a_standard_module(module: str) -> None:
    assert Path(module).stem in {"__init__", "__main__"} or Path(module).stem not in sys.stdlib_module_names
