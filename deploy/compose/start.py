"""Builds and starts the platform in containers, and returns when it is ready: `python -m deploy.compose.start FILE [SERVICE…]`.

With names of services only those are built and replaced; broker, database and the other services continue.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from deploy.cli.console import CommandError, print_error, print_text
from deploy.cli.operate import keys
from deploy.compose.client import Compose, compose
from deploy.image.build import NAMES, build_all, client_of
from deploy.nats.permissions import SERVICES
from shared.kernel.errors import Text

SECRETS = Path("deploy/secrets")
DATABASE = "postgres:5432"
READY_SECONDS = 240.0  # a busy machine starts everything at once, and migrates
POLL_SECONDS = 1.0
PROXY = "proxy"  # of the cluster: publishes the ports of all services
PROXY_PORTS = dict(zip(SERVICES, range(8001, 8005), strict=True))


class NotReady(CommandError):
    """Some services were not ready in time."""

    def __init__(self, states: Mapping[str, str], command: str) -> None:
        lines = "\n".join(f"  {name}: {state}" for name, state in states.items())
        logs = f"{command} logs --tail 50 {' '.join(states)}"
        super().__init__(
            f"Sau {READY_SECONDS:.0f} giây các dịch vụ sau vẫn chưa sẵn sàng:\n{lines}\nHãy xem nhật ký: {logs}",
            f"These services are not ready after {READY_SECONDS:.0f} s. Read their logs with the command above.",
        )


def start(file: Path, services: Sequence[str]) -> None:
    """Build images, write keys, start containers, and wait until every service is ready."""
    program = compose(file)
    build_all(services or NAMES, client_of(os.environ))
    if services:
        program.call("up", "--detach", "--no-deps", *services)
    else:
        keys.make(secrets_folder(file), DATABASE, None)
        program.call("up", "--detach")
    wait(program, services or SERVICES)


def secrets_folder(file: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Find the folder that the compose file mounts: a relative one is relative to that file."""
    named = environment.get("LOA_SECRETS")
    return (file.parent / named) if named else SECRETS


def wait(program: Compose, services: Sequence[str], seconds: float = READY_SECONDS) -> None:
    """Print each service when it is ready; `NotReady` names the others after the deadline."""
    deadline = time.monotonic() + seconds
    waiting = dict.fromkeys(services, "")
    while waiting:
        waiting = dict(_pending(program, waiting))
        if waiting and time.monotonic() > deadline:
            raise NotReady(waiting, " ".join(program.command))
        time.sleep(POLL_SECONDS if waiting else 0)
    print_text(Text("Hệ thống đã sẵn sàng.", "The platform is ready."), style="bold green")


def _pending(program: Compose, services: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, before in services.items():
        address = program.address(name, 8000) or program.address(PROXY, PROXY_PORTS[name])
        if (state := _readiness(address)) is None:
            print_text(Text(f"{name} đã sẵn sàng: http://{address}/", f"{name} is ready"))
            continue
        if state != before:
            print_text(Text(f"Đang chờ {name}: {state}", ""))
        yield name, state


def _readiness(address: str | None) -> str | None:
    """Say what a service is waiting for; None if it is ready."""
    if address is None:
        return "container chưa chạy / its container is not running"
    try:
        answer = httpx.get(f"http://{address}/readyz", timeout=5)
    except httpx.TransportError:
        return "chưa trả lời / does not answer yet"
    if answer.is_success:
        return None
    return _failed_checks(answer) or f"HTTP {answer.status_code}"


def _failed_checks(answer: httpx.Response) -> str:
    try:
        checks = answer.json()["checks"]
    except (ValueError, KeyError, TypeError):
        return ""
    return ", ".join(f"{part} ({check['detail']})" for part, check in checks.items() if not check["ok"])


def main(arguments: Sequence[str]) -> None:
    file, *services = arguments
    try:
        start(Path(file), services)
    except CommandError as error:
        print_error(error.message)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
