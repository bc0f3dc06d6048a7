"""The mail transport of a single machine: each mail is a file."""

import os
import tempfile
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.notifier.adapters.delivery.message import wire
from services.notifier.application.ports import Outgoing
from shared.kernel.errors import TransientError


def write_file(folder: Path, name: str, content: bytes) -> Path:
    """Write a file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path = folder / name
    Path(file.name).replace(path)
    return path


def file_name(outgoing: Outgoing, once_a_day: Container[str]) -> str:
    """Name what a mailbox gets once a day by day, unit and mailbox; of other kinds there may be several."""
    name = f"{outgoing.day.isoformat()}_{outgoing.unit_code}_{outgoing.recipient_id}"
    if outgoing.kind in once_a_day:
        return f"{name}.eml"
    return f"{name}_{outgoing.kind}-{outgoing.message_id[1:9]}.eml"


@dataclass(frozen=True, slots=True)
class FileTransport:
    """The embedded default: each mail is an `.eml` file; delivered twice it is still one file.

    `once_a_day` are the kinds of which a mailbox gets at most one a day.
    """

    folder: Path
    sender: str
    once_a_day: Container[str]

    @property
    def is_local(self) -> bool:
        return True

    async def close(self) -> None:
        """Nothing is open between two mails."""

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        try:
            return {"channel": "file", "file": self.write(outgoing).name}
        except OSError as error:
            raise TransientError(f"the mail could not be written: {error}") from error

    def write(self, outgoing: Outgoing) -> Path:
        return write_file(self.folder, file_name(outgoing, self.once_a_day), wire(outgoing, self.sender))
