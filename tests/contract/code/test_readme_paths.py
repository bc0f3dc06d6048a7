"""Paths, links and modules that a Markdown file names exist in the tree."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("services", "shared", "deploy", "tests")
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in chain(ROOT.glob("*.md"), *((ROOT / package).rglob("*.md") for package in PACKAGES))
)
SOURCES = {".cfg", ".html", ".md", ".py", ".toml", ".yaml", ".yml"}
FOLDERS = {*PACKAGES, "adapters", "application", "domain"}
GENERATED = "<!-- refusals -->.*?<!-- /refusals -->"
CREATED = {"deploy/secrets"}  # by `loa keys`
EXCEPTIONS: Mapping[str, Mapping[str, str]] = {
    "CHANGELOG.md": {
        "compose.observability.yaml": "its name in release 0.1.0",
        "compose.cluster.yaml": "its name in release 0.1.0",
    },
}


def named_paths(text: str) -> Iterator[str]:
    """Give the paths in code spans: files of sources, and whatever begins with one of our folders."""
    for span in re.findall(r"`([^`\n]+)`", re.sub("```.*?```", "", text, flags=re.DOTALL)):
        for path in (word.rstrip("/") for word in span.split()):
            is_ours = "/" in path and path.split("/")[0] in FOLDERS
            is_path = re.fullmatch(r"[\w<][\w.<>*{},/-]*", path)
            if is_path and (is_ours or Path(path).suffix in SOURCES):
                yield path


def links(text: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path = target.split("#")[0]
        if path and "://" not in path:
            yield path


def modules(text: str) -> Iterator[str]:
    yield from re.findall(r"python -m ((?:services|shared|deploy|tests)[\w.]*\w)", text)


def patterns(path: str) -> Iterator[str]:
    """Expand `{a,b}`; `<name>` stands for any name."""
    if match := re.search(r"\{([^}]*)\}", path):
        for part in match[1].split(","):
            yield from patterns(path[: match.start()] + part + path[match.end() :])
    else:
        yield re.sub("<[^>]*>", "*", path)


def exists(path: str, page: Path) -> bool:
    """Look beside the page, at the root, and, for a bare name, below the page's folder; `.py` may be left out."""
    places = [page.parent, ROOT]

    def matches(pattern: str) -> bool:
        below = page.parent.rglob(pattern) if "/" not in pattern else ()
        return any(chain(*(place.glob(pattern) for place in places), below))

    return all(matches(pattern) or matches(f"{pattern}.py") for pattern in patterns(path))


def missing(text: str, page: Path) -> list[str]:
    text = re.sub(GENERATED, "", text, flags=re.DOTALL)
    allowed = CREATED | EXCEPTIONS.get(page.relative_to(ROOT).as_posix(), {}).keys()
    paths = {path for path in named_paths(text) if path not in allowed and not exists(path, page)}
    broken = {path for path in links(text) if not (page.parent / path).exists()}
    absent = {
        module
        for module in modules(text)
        if not any((ROOT / f"{module.replace('.', '/')}{end}").is_file() for end in (".py", "/__main__.py"))
    }
    return sorted(paths | broken | absent)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_exists(page: str) -> None:
    assert missing((ROOT / page).read_text(encoding="utf-8"), ROOT / page) == []


@pytest.mark.parametrize("page", EXCEPTIONS)
def test_an_exception_is_needed(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert all(path in named_paths(text) and not exists(path, ROOT / page) for path in EXCEPTIONS[page])


def test_the_check_sees_what_is_missing() -> None:
    """A wrong path, link and module are reported; right ones and placeholders are not."""
    text = (
        "`shared/no_such.py` `services/<name>/domain` `shared/rules/{timeline,no_such}.py` `GET /drafts` `no_such.md`\n"
        "[a](no_such/README.md) [b](README.md#x) [c](https://example.org/x)\n"
        "`python -m tests.no_such` `python -m deploy.revision SERVICE`\n"
    )
    assert missing(text, ROOT / "README.md") == [
        "no_such.md",
        "no_such/README.md",
        "shared/no_such.py",
        "shared/rules/{timeline,no_such}.py",
        "tests.no_such",
    ]
