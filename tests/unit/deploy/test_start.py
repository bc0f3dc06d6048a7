"""`make stack` and `make images` on a machine that lacks something: one sentence that says what to do, no traceback."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.platform.compose import COMPOSE, DEPLOY, FILES, services

ROOT = DEPLOY.parent
START = ("deploy.compose.start", str(COMPOSE / "compose.yaml"))
BUILD = ("deploy.image.build",)
NO_PROGRAM = {"DOCKER": "/nonexistent/docker"}


def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **changed},
        text=True,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (BUILD, NO_PROGRAM, ("Hãy cài Docker hoặc Podman", "`make run` needs no containers")),
        (
            START,
            NO_PROGRAM | {"PATH": "/nonexistent"},
            ("Thiếu Compose", "neither `/nonexistent/docker compose` nor"),
        ),
    ],
)
def test_a_missing_program_is_named_with_what_to_do(
    arguments: tuple[str, ...], environment: dict[str, str], words: tuple[str, ...]
) -> None:
    done = run(*arguments, **environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [word for word in words if word not in done.stderr.replace("\n", " ")] == []


def test_the_base_names_what_is_missing() -> None:
    done = subprocess.run(
        ["/bin/sh", DEPLOY / "image/base"],
        capture_output=True,
        check=False,
        env={**os.environ, **NO_PROGRAM},
        text=True,
    )
    assert done.returncode == 1
    assert "/" in done.stderr  # Vietnamese / English
    assert len(done.stderr.splitlines()) == 1


CONTAINERS = frozenset(name for file in FILES for name in services(file))
UP = re.compile(r"\bup (?:-d|--detach)\b(?P<rest>[^#`\n]*)")


def documented() -> Iterator[tuple[str, str]]:
    """Give every documented or printed command that starts single services, with its file."""
    texts = (ROOT / "Makefile", ROOT / "README.md", *DEPLOY.rglob("*.md"), *DEPLOY.rglob("*.yaml"))
    for path in (*texts, *DEPLOY.rglob("*.py")):
        for match in UP.finditer(path.read_text(encoding="utf-8")):
            words = set(re.findall(r"[\w-]+", match["rest"]))
            if words & {*CONTAINERS, "--force-recreate"}:
                yield str(path.relative_to(ROOT)), match[0]


def test_a_command_that_replaces_a_service_leaves_the_engines_alone() -> None:
    commands = list(documented())
    assert commands
    assert [(file, command) for file, command in commands if "--no-deps" not in command] == []
