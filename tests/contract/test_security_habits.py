"""Habits of the code that no single request can show: what services call, import and put into their pages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.contract.test_endpoints import app_of, every_service

ROOT = Path(__file__).parents[2]
MODULES = [path for part in ("services", "shared") for path in sorted((ROOT / part).rglob("*.py"))]
TEMPLATES = [path for part in ("services", "shared") for path in sorted((ROOT / part).rglob("*.html"))]

NEVER_CALLED = {"eval", "exec", "compile", "__import__", "execfile"}
NEVER_IMPORTED = {
    "subprocess": "no command of the operating system is run",
    "pty": "no command of the operating system is run",
    "pickle": "what comes from outside is JSON, a form or a file of evidence",
    "marshal": "what comes from outside is JSON, a form or a file of evidence",
    "shelve": "what comes from outside is JSON, a form or a file of evidence",
    "requests": "it follows redirects",
    "urllib.request": "it follows redirects",
}
JITTER = {
    "services/notifier/application/ticks.py",
    "shared/bulk_import/pipeline.py",
    "shared/eventstore/handle.py",
    "shared/projections/batches.py",
}
"""Where `random` spreads waiting times; what must not be guessed comes from `secrets`."""
HASHES = {"sha256", "sha512", "file_digest"}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def attributes_of(tree: ast.Module, module: str) -> Iterator[str]:
    """Give what is taken of a module, as `module.name` or by `from module import name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module:
            yield node.attr
        elif isinstance(node, ast.ImportFrom) and node.module == module:
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_runs_no_text_and_reads_no_objects(path: Path) -> None:
    tree, place = parsed(path), path.relative_to(ROOT).as_posix()
    names = [
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert NEVER_CALLED.isdisjoint(names)
    assert NEVER_IMPORTED.keys() & set(imported(tree)) == set()
    assert {"system", "popen"}.isdisjoint(attributes_of(tree, "os"))
    redirects = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    assert "follow_redirects" not in redirects, "httpx follows none by itself"
    assert ("random" in set(imported(tree))) == (place in JITTER)
    assert set(attributes_of(tree, "hashlib")) <= HASHES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_escapes_every_value_and_has_no_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|\bMarkup\b", text)
    assert not re.search(r"<script|javascript:|\son\w+=", text, re.IGNORECASE)


@every_service
def test_no_service_debugs(service: str) -> None:
    assert app_of(service).debug is False


@pytest.fixture
def echo() -> FastAPI:
    app = app_of("registry")

    @app.get("/said/{text}")
    async def said(text: str) -> dict[str, str]:
        return {"text": text}

    return app


@pytest.mark.parametrize(
    ("sent", "read"), [("%2541", "%41"), ("%25252e", "%252e"), ("&#65;", "&#65;"), ("%2500", "%00")]
)
async def test_an_address_is_decoded_once(echo: FastAPI, sent: str, read: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(echo), base_url="http://localhost") as client:
        answer = await client.get(f"/said/{sent}")
    assert answer.json() == {"text": read}
