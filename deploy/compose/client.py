"""The program that reads compose files: `docker compose`, or docker-compose where the plugin is missing."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.cli.console import CommandError
from deploy.image.build import client_of

STANDALONE = "docker-compose"


class NoCompose(CommandError):
    """Neither the plugin nor the standalone program is installed."""

    def __init__(self, client: str) -> None:
        super().__init__(
            f"Thiếu Compose: cả `{client} compose` lẫn `{STANDALONE}` đều không chạy được. Hãy cài một trong hai rồi chạy lại.",
            f"Compose is missing: neither `{client} compose` nor `{STANDALONE}` works. Install one of them and run this again.",
        )


class ComposeFailed(CommandError):
    """Compose ended with an error; its own message is above."""

    def __init__(self, command: str) -> None:
        super().__init__(
            f"Lệnh sau không thành công (thông báo ở trên): {command}",
            f"This command failed (its message is above): {command}",
        )


@dataclass(frozen=True, slots=True)
class Compose:
    """Calls Compose for one project."""

    program: tuple[str, ...]
    project: str
    file: Path

    @property
    def command(self) -> tuple[str, ...]:
        return (*self.program, "-p", self.project, "-f", str(self.file))

    def call(self, *arguments: str) -> None:
        """Run it with its output shown; `ComposeFailed` if it ends with an error."""
        if subprocess.run([*self.command, *arguments], check=False).returncode:
            raise ComposeFailed(" ".join((*self.command, *arguments)))

    def address(self, service: str, port: int) -> str | None:
        """Give HOST:PORT at which a port of a service is published on this machine; None if it is not."""
        done = subprocess.run(
            [*self.command, "port", service, str(port)], capture_output=True, check=False, text=True
        )
        return done.stdout.strip() or None


def compose(file: Path, environment: Mapping[str, str] = os.environ) -> Compose:
    """Find the program; the project is `loa`, or COMPOSE_PROJECT_NAME."""
    client = client_of(environment)
    for program in ((client, "compose"), (STANDALONE,)):
        if _works(*program, "version"):
            return Compose(program, environment.get("COMPOSE_PROJECT_NAME") or "loa", file)
    raise NoCompose(client)


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:  # there is no such program
        return False
