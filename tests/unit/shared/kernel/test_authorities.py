"""A client of httpx that is not told otherwise reads all certificate authorities: some 50 ms of the loop at each request."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.kernel.authorities import authorities

ROOT = Path(__file__).parents[4]
CLIENTS = {"httpx.AsyncClient", "httpx.Client"}
ONCE_A_COMMAND = {"deploy/cli/client.py", "deploy/cli/operate/health/readiness.py", "deploy/compose/start.py"}
FOLDERS = ("services", "shared", "deploy", "tests")


def reading(source: str) -> Iterator[int]:
    """Give the lines that make a client without saying what it checks certificates with."""
    if not any(client in source for client in CLIENTS):
        return  # parsing takes longer
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CLIENTS:
            given = {keyword.arg for keyword in node.keywords}
            if not given & {"verify", "transport"}:
                yield node.lineno


@pytest.mark.parametrize("folder", FOLDERS)
def test_clients_share_the_authorities_of_the_process(folder: str) -> None:
    files = [
        path
        for path in (ROOT / folder).rglob("*.py")
        if path.relative_to(ROOT).as_posix() not in ONCE_A_COMMAND
    ]
    assert files
    assert [f"{path}:{line}" for path in files for line in reading(path.read_text())] == []


def test_a_client_that_reads_them_itself_is_seen() -> None:
    assert list(reading("httpx.AsyncClient(timeout=3)\nhttpx.Client(verify=x)")) == [1]


def test_the_authorities_are_read_once() -> None:
    assert authorities() is authorities()
    assert authorities().cert_store_stats()["x509_ca"] > 50
