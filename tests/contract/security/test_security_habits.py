"""Habits of the code that no single request can show: what services call, import and put into their pages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from shared.pages.layout import environment
from tests.contract.http.test_endpoints import app_of, every_service, shown_app

ROOT = Path(__file__).parents[3]
MODULES = [path for part in ("services", "shared") for path in sorted((ROOT / part).rglob("*.py"))]
TEMPLATES = [path for part in ("services", "shared") for path in sorted((ROOT / part).rglob("*.html"))]

NEVER_CALLED = {"eval", "exec", "compile", "__import__", "execfile"}
NEVER_IMPORTED = {
    "subprocess": "no command of the operating system is run",
    "pty": "no command of the operating system is run",
    "pickle": "what comes from outside is JSON, a form or a file of evidence",
    "marshal": "what comes from outside is JSON, a form or a file of evidence",
    "shelve": "what comes from outside is JSON, a form or a file of evidence",
    "Crypto": "cryptography is the one library",
    "ecdsa": "cryptography is the one library",
    "nacl": "cryptography is the one library",
    "rsa": "cryptography is the one library",
    "requests": "it follows redirects",
    "urllib.request.urlopen": "it follows redirects, and takes the token along",
}
JITTER = {
    "services/notifier/application/ticks.py",
    "shared/bulk_import/pipeline.py",
    "shared/eventstore/handle.py",
    "shared/projections/batches.py",
}
"""Where `random` spreads waiting times; what must not be guessed comes from `secrets`."""
LITERAL = re.compile(r"'<[^'{}]*>' \| safe|' class=\"[a-z]+\"' \| safe")
OF_ESCAPED_PAGES = {"part.html", "line"}
"""Parts of a joint mail, which other templates have written and escaped."""
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


SUSPECT = re.compile(
    rf"(?<![\w.])(?:{'|'.join(NEVER_CALLED)})\("
    rf"|^\s*(?:from|import)\s.*\b(?:os|random|{'|'.join(name.split('.')[0] for name in NEVER_IMPORTED)})\b"
    r"|\bhashlib\b|\bfollow_redirects\b|\bfrom_string\b",
    re.MULTILINE,
)
"""What every module with a fault has in its text: the others are not parsed, which takes seconds."""


def faults_of(path: Path) -> Iterator[str]:
    """Name what a module does that no module of a service does."""
    if not SUSPECT.search(path.read_text(encoding="utf-8")):
        return
    tree = parsed(path)
    names, nodes = set(imported(tree)), list(ast.walk(tree))
    calls = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    yield from (f"calls {name}" for name in NEVER_CALLED & calls)
    yield from (f"imports {name}: {NEVER_IMPORTED[name]}" for name in NEVER_IMPORTED.keys() & names)
    yield from (
        f"os.{name}: no command is run" for name in {"system", "popen"} & set(attributes_of(tree, "os"))
    )
    if "follow_redirects" in {node.arg for node in nodes if isinstance(node, ast.keyword)}:
        yield "follow_redirects: httpx follows none by itself"
    if "from_string" in {node.attr for node in nodes if isinstance(node, ast.Attribute)}:
        yield "from_string: templates are files"
    if "random" in names and path.relative_to(ROOT).as_posix() not in JITTER:
        yield "random: what must not be guessed comes from secrets"
    yield from (f"hashlib.{name}" for name in set(attributes_of(tree, "hashlib")) - HASHES)


def test_modules_run_no_text_read_no_objects_and_follow_no_redirect() -> None:
    assert {str(path.relative_to(ROOT)): shown for path in MODULES if (shown := list(faults_of(path)))} == {}


def test_a_fault_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    lines = "import pickle, random, hashlib\nfrom urllib.request import urlopen\neval('1')\nhashlib.md5()\n"
    (tmp_path / "bad.py").write_text(lines)
    assert len(list(faults_of(tmp_path / "bad.py"))) == len(["pickle", "urlopen", "eval", "random", "md5"])


LIVE_SCRIPT = (
    '<script src="{{ live }}" data-position="{{ position }}" defer></script>'  # our own, of pages of figures
)


def test_pages_escape_every_value_and_have_no_script() -> None:
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        unescaped = set(re.findall(r"(\S+) \|\s*safe\b", LITERAL.sub("", text)))
        assert unescaped <= (OF_ESCAPED_PAGES if "joint" in path.parts else set()), path
        assert not re.search(r"autoescape\s+false|\bMarkup\b", text), path
        assert not re.search(r"<script|javascript:|\son\w+=", text.replace(LIVE_SCRIPT, ""), re.IGNORECASE), (
            path
        )


def test_a_value_in_a_page_is_a_text() -> None:
    page = environment().from_string('<a title="{{ text }}">{{ text }}</a>').render(text='"><script>')
    assert page == '<a title="&#34;&gt;&lt;script&gt;">&#34;&gt;&lt;script&gt;</a>'


@every_service
def test_no_service_debugs(service: str) -> None:
    assert shown_app(service).debug is False


@pytest.fixture(scope="module")
def echo() -> FastAPI:
    app = app_of("registry")

    @app.get("/said/{text}")
    async def said(text: str) -> dict[str, str]:
        return {"text": text}

    return app


@pytest.mark.parametrize(
    ("sent", "read"), [("%2541", "%41"), ("%25252e", "%252e"), ("%26%2365;", "&#65;"), ("%2500", "%00")]
)
async def test_an_address_is_decoded_once(echo: FastAPI, sent: str, read: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(echo), base_url="http://localhost") as client:
        answer = await client.get(f"/said/{sent}")
    assert answer.json() == {"text": read}
