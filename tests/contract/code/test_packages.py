"""The project's own rules: whose packages these are, what modules are called, that each says what it is for."""

import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from deploy.image.locked import locked_for, pins

ROOT = Path(__file__).parents[3]
PACKAGES = ("shared", "services", "deploy", "tests")
MODULES = sorted(
    file.relative_to(ROOT).as_posix() for package in PACKAGES for file in (ROOT / package).rglob("*.py")
)
IMPORT = re.compile(r"^\s*(?:import|from)\s+([A-Za-z_]\w*)", re.MULTILINE)
DOCSTRING = re.compile(r'r?"""[^"\s]')

TOP = {
    *(".ci", ".dockerignore", ".editorconfig", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md"),
    *("CONTRIBUTING.md", "Makefile", "README.md", "SECURITY.md", "SECURITY-ASVS.md", "pyproject.toml"),
    *("requirements.lock", *PACKAGES),
}


def test_the_top_level_holds_nothing_else() -> None:
    """A folder of data that a run left there is easily committed with the rest."""
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).rstrip("\0").split("\0")
    assert {file.partition("/")[0] for file in listed} == TOP


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_packages(package: str) -> None:
    """Others on the public index do own these names; with one of them installed, imports would mix."""
    assert set(packages_distributions().get(package, [])) <= {"loa-platform"}


@pytest.mark.parametrize("package", PACKAGES)
def test_our_packages_are_real_ones(package: str) -> None:
    assert (ROOT / package / "__init__.py").is_file()
    assert list(import_module(package).__path__) == [str(ROOT / package)]


def test_modules_have_a_docstring_of_their_purpose() -> None:
    missing = [
        module for module in MODULES if not module.endswith("__init__.py") and not _has_docstring(module)
    ]
    assert not missing, "one sentence at the head: what the module is for"


def test_code_stands_in_modules() -> None:
    """A file `__init__.py` is empty."""
    assert [m for m in MODULES if m.endswith("__init__.py") and (ROOT / m).read_text("utf-8").strip()] == []


def test_no_module_is_called_like_a_standard_module() -> None:
    names = sys.stdlib_module_names - {"__init__", "__main__"}
    assert [module for module in MODULES if Path(module).stem in names] == []


@pytest.mark.parametrize(
    "service", sorted(path.name for path in (ROOT / "services").iterdir() if (path / "app.py").is_file())
)
def test_the_image_of_a_service_has_every_package_that_its_code_imports(service: str) -> None:
    """An image holds `shared`, one service, and what its extra in pyproject.toml names: all its modules can be imported."""
    held = pins(locked_for(service, "channels")).keys()  # the channels besides e-mail are added on request
    distributions = packages_distributions()
    missing = {
        f"{module} imports {name}"
        for module in MODULES
        if module.startswith(("shared/", f"services/{service}/"))
        for name in _imported(ROOT / module)
        if name in distributions and name not in PACKAGES
        if held.isdisjoint(canonicalize_name(distribution) for distribution in distributions[name])
    }
    assert not missing, f"add them to the extra `{service}` in pyproject.toml, then `make lock`"


def test_every_image_can_read_a_form() -> None:
    """Starlette imports python-multipart when the first form is read: nothing shows before that it is missing."""
    assert "python-multipart" in pins(locked_for())


def _has_docstring(module: str) -> bool:
    """See it in the text: parsing every module takes seconds."""
    return DOCSTRING.match((ROOT / module).read_text(encoding="utf-8")) is not None


@cache
def _imported(module: Path) -> frozenset[str]:
    """See it in the text, where the linter leaves one module a line (E401): parsing every module takes seconds."""
    return frozenset(IMPORT.findall(module.read_text(encoding="utf-8")))


def test_an_import_is_seen() -> None:
    source = "import xml.etree\n    from httpx import Client\nfrom . import own\nimportlib = 1\n"
    assert IMPORT.findall(source) == ["xml", "httpx"]
