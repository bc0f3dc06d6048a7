"""An SMTP handler that keeps the size of each mail that it was given, in a file: `aiosmtpd -c tests.bench.peers.counting.Counting FILE`."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Self


class Counting:
    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    @classmethod
    def from_cli(cls, parser: ArgumentParser, *arguments: str) -> Self:
        if len(arguments) != 1:
            parser.error("give a file")
        return cls(*arguments)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        os.write(self._file, b"%d\n" % len(envelope.content))
        return "250 OK"


def sizes(path: Path) -> list[int]:
    """Give the sizes of the mails so far, in bytes."""
    return [int(line) for line in path.read_text().split()] if path.exists() else []
