"""The commands that an operator uses where the platform runs; here those of `loa up` on this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

NATS, POSTGRES = "nats", "postgres"


class Place(Protocol):
    """Gives commands as text. A part is the name of a service, `nats` or `postgres`."""

    @property
    def start(self) -> str: ...
    @property
    def renew_token(self) -> str: ...
    @property
    def sync_writes(self) -> str: ...
    @property
    def read_monitor(self) -> str: ...
    @property
    def check_broker(self) -> str: ...
    @property
    def show_disk(self) -> str: ...
    @property
    def free_disk(self) -> str: ...
    @property
    def reload_keys(self) -> str: ...

    def log(self, part: str) -> str: ...

    def restart(self, part: str) -> str: ...

    def loa(self, command: str) -> str: ...


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """`loa up`: processes of this machine, with their files in the data folder."""

    folder: Path
    pid_files: frozenset[str] = frozenset()  # services whose process id is in the data folder
    is_default: bool = True
    running: bool = False  # some service answers

    @property
    def start(self) -> str:
        return "loa up" if self.is_default else f"loa up --data-dir {self.folder}"

    @property
    def renew_token(self) -> str:
        return 'export LOA_TOKEN="$(loa token)"'

    @property
    def sync_writes(self) -> str:
        return "nats.conf: jetstream { sync_interval: always }; loa up"

    @property
    def read_monitor(self) -> str:
        return "export LOA_NATS_MONITOR_URL=http://…:8222"

    @property
    def check_broker(self) -> str:
        return f"{self.start}, export LOA_NATS_URL=nats://…:4222"

    @property
    def show_disk(self) -> str:
        return f"df -h {self.folder}"

    @property
    def free_disk(self) -> str:
        return f"{self.show_disk}; {self.start}  # make room, stop `loa up`, then start it again"

    @property
    def reload_keys(self) -> str:
        return self.start

    def log(self, part: str) -> str:
        logs = {NATS: "nats/nats", POSTGRES: "postgres/postgres"}
        return f"tail -n 50 {self.folder / logs.get(part, f'logs/{part}')}.log"

    def restart(self, part: str) -> str:
        """Kill a service's process: `loa up` starts it again. Where the platform runs, the log says why a part is down."""
        if part in self.pid_files:
            return f'kill -9 "$(cat {self.folder / "run" / part}.pid)"'
        return self.log(part) if self.running else self.start

    def loa(self, command: str) -> str:
        return command
