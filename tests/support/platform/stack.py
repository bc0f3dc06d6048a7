"""The whole platform in containers, from the compose files an operator uses, as a project of the test's own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from functools import cached_property
from pathlib import Path
from shutil import which
from typing import Any

import httpx
from testcontainers.compose import DockerCompose

from deploy.cli.operate import keys
from deploy.cli.operate.demo import next_digest
from deploy.image.build import NAMES
from deploy.local.engines.ports import free_port
from shared.kernel import runtime
from shared.kernel.local_day import VIETNAM
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.platform.compose import COMPOSE
from tests.support.platform.service import SERVICES, eventually
from tests.support.readiness import is_all_ready
from tests.support.servers.containers import Containers, Images
from tests.support.servers.plain import NO_AUTHORITIES

LOA = Path(sys.executable).with_name("loa")
DIGESTS = time_of_day(9)  # an hour in Vietnam at which mail goes out
AHEAD = Path(__file__).with_name("notifier_ahead.py")
TRUSTING = {"LOA_CLOCK_TOLERANCE_SECONDS": "1e12"}
READY_SECONDS = 300.0  # of a busy machine; a quiet one needs 35
LATER = frozenset({502, 503})
PATIENCE = 120.0  # seconds for a part that is missing to be done without


class Compose(DockerCompose):
    """Takes `docker compose`, or docker-compose where the plugin is missing."""

    project: str = ""

    @cached_property
    def compose_command_property(self) -> list[str]:
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        binary = (
            ["docker", "compose"] if plugin.returncode == 0 else [which("docker-compose") or "docker-compose"]
        )
        files = [part for file in self.compose_file_name or () for part in ("-f", str(file))]
        return [*binary, "-p", self.project, *files, "--env-file", str((self.env_file or [""])[0])]


@dataclass(slots=True)
class Stack:
    """A running project: its containers by service and number, its doors on this machine."""

    compose: Compose
    containers: Containers
    folder: Path
    ports: Mapping[str, int]
    day: date  # in Vietnam when it was started; midnight may come while tests run
    mail_hour: datetime  # where the notifier's clock stood then

    @property
    def environment(self) -> dict[str, str]:
        """What `operator.env` gives an operator, with the ports of this project."""
        lines = (self.folder / keys.ENVIRONMENT).read_text().splitlines()
        urls = {f"LOA_URL_{name.upper()}": f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        state = {"XDG_STATE_HOME": str(self.folder / "state")}
        return {**os.environ, **dict(line.split("=", 1) for line in lines), **urls, **state}

    def loa(self, *arguments: str | Path, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run the command `loa` on this machine, against the doors."""
        command = [str(LOA), *(str(part) for part in arguments)]
        return subprocess.run(
            command, capture_output=True, check=False, text=True, env=self.environment, timeout=seconds
        )

    def loa_inside(self, *arguments: str) -> str:
        """Run the command `loa` of the fifth image, beside the services."""
        return self.once("loa", *arguments)

    def once(self, service: str, *arguments: str) -> str:
        """Run a container of a service for one command, and give what it said."""
        command = [*self.compose.compose_command_property, "run", "--rm", "-T", service, *arguments]
        done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=COMPOSE)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_all(self) -> None:
        """Bring up what was left out at first."""
        self.compose.services = None
        self.compose.start()

    def client(self, service: str, container: str = "") -> httpx.Client:
        """Call a service as an operator, or one replica of it at its own address."""
        url = f"http://127.0.0.1:{self.ports[service]}"
        if container:
            url = f"http://{self.address(container)}:8000"
        token = self.environment["LOA_TOKEN"]
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=url, headers=headers, timeout=30, verify=NO_AUTHORITIES)

    def get(self, service: str, path: str, **query: str | int) -> Any:
        """Ask at a door; who is told to ask again a little later (503), or is cut off, does."""
        deadline = time.monotonic() + PATIENCE
        while (
            answer := self._ask(service, path, query)
        ).status_code in LATER and time.monotonic() < deadline:
            time.sleep(0.5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _ask(self, service: str, path: str, query: Mapping[str, str | int]) -> httpx.Response:
        try:
            with self.client(service) as client:
                return client.get(path, params=query)
        except httpx.TransportError as error:
            return httpx.Response(502, text=str(error))

    def names(self, service: str) -> list[str]:
        """Name the containers of a service, stopped ones too."""
        project = f"--filter=label=com.docker.compose.project={self.compose.project}"
        of_service = f"--filter=label=com.docker.compose.service={service}"
        oneoff = "--filter=label=com.docker.compose.oneoff=False"
        listed = self.containers.call("ps", "--all", project, of_service, oneoff, "--format={{.Names}}")
        return sorted(listed.splitlines())

    def inspect(self, container: str, field: str) -> str:
        return self.containers.call("inspect", f"--format={{{{{field}}}}}", container)

    def address(self, container: str, network: str = "public") -> str:
        networks = json.loads(self.inspect(container, "json .NetworkSettings.Networks"))
        address: str = networks[f"{self.compose.project}_{network}"]["IPAddress"]
        return address

    def crash(self, container: str) -> None:
        """Kill the process as the system would: the engine notices, and starts it again."""
        os.kill(int(self.inspect(container, ".State.Pid")), signal.SIGKILL)

    @contextmanager
    def down(self, container: str) -> Iterator[None]:
        """Kill a container, and start it again when the block ends."""
        self.containers.call("kill", container)
        try:
            yield
        finally:
            self.containers.call("start", container)

    @contextmanager
    def cut_off(self, container: str) -> Iterator[None]:
        """Pull the cable between a container and the engines, without a goodbye; plug it in when the block ends."""
        network = f"{self.compose.project}_engines"
        alias = self.inspect(container, 'index .Config.Labels "com.docker.compose.service"')
        self.containers.call("network", "disconnect", "--force", network, container)
        try:
            yield
        finally:
            self.containers.call("network", "connect", f"--alias={alias}", network, container)

    def replicas_ready(self) -> bool:
        return all(self.ready(container) for name in SERVICES for container in self.names(name))

    def ready(self, container: str) -> bool:
        service = self.inspect(container, 'index .Config.Labels "com.docker.compose.service"')
        try:
            with self.client(service, container) as client:
                return is_all_ready(client.get("/readyz"))
        except (httpx.TransportError, KeyError, ValueError):
            return False

    async def until_ready(self) -> float:
        """Wait until every replica of every service is ready, and the doors lead there; give the seconds it took."""
        begun = time.monotonic()
        with self._explained():
            await eventually(lambda: asyncio.to_thread(self.replicas_ready), READY_SECONDS)
            await eventually(lambda: asyncio.to_thread(self._answers), READY_SECONDS)
        return time.monotonic() - begun

    def _answers(self) -> bool:
        try:
            return all(is_all_ready(self._ready(name)) for name in SERVICES)
        except (httpx.TransportError, ValueError):  # a proxy's answer is no document
            return False

    def _ready(self, service: str) -> httpx.Response:
        with self.client(service) as client:
            return client.get("/readyz")

    async def settled(self) -> int:
        """Wait until every read model has the whole log, and give its length."""
        with self._explained():
            return int(await eventually(lambda: asyncio.to_thread(self._even), READY_SECONDS))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Have what was waited for in vain say how every replica was, and what it logged last."""
        try:
            yield
        except AssertionError as error:
            for container in (item for name in SERVICES for item in self.names(name)):
                error.add_note(
                    f"{container}: {self._state(container)}\n{self.containers.log(container)[-2000:]}"
                )
            raise

    def _state(self, container: str) -> str:
        service = self.inspect(container, 'index .Config.Labels "com.docker.compose.service"')
        try:
            with self.client(service, container) as client:
                return "\n".join(client.get(path).text for path in ("/readyz", "/projections"))
        except (httpx.TransportError, KeyError) as error:
            return repr(error)

    def _even(self) -> int:
        """Give the position at which all services are and nothing is left to say; 0 if they differ."""
        try:
            seen = {self.get(name, "/projections")["position"] for name in SERVICES}
            behind = any(self.get(name, "/projections")["pending"] for name in SERVICES)
        except (AssertionError, httpx.TransportError):
            return 0
        return 0 if behind or len(seen) > 1 else int(seen.pop())

    def memory(self) -> Mapping[str, str]:
        listed = self.containers.call(
            "stats", "--no-stream", "--format={{.Name}} {{.MemUsage}}", *self._running()
        )
        return {line.split()[0]: line.split()[1] for line in listed.splitlines()}

    def _running(self) -> Sequence[str]:
        project = f"--filter=label=com.docker.compose.project={self.compose.project}"
        return self.containers.call("ps", project, "--format={{.Names}}").splitlines()

    def logs(self) -> str:
        return "\n".join(f"{name}: {self.containers.log(name)[-3000:]}" for name in self._running())


def _hour_of_mail(now: datetime) -> datetime:
    """Give a moment at which mail goes out: this one, or the next morning that it does."""
    calendar = load_rulebook().calendar
    day = next_digest(now, calendar)
    return now if day is None else datetime.combine(day, DIGESTS, VIETNAM)


def _ahead(folder: Path, moment: datetime) -> str:
    """Write the override that sets the notifier's clock ahead, to a moment."""
    seconds = (moment - runtime.now()).total_seconds()
    entrypoint = ["python3", "-c", AHEAD.read_text(encoding="utf-8"), str(max(0, seconds))]
    path = folder / "ahead.yaml"
    path.write_text(
        json.dumps({"services": {"notifier": {"entrypoint": entrypoint, "environment": TRUSTING}}})
    )
    return str(path)


@contextmanager
def running(
    images: Images,
    file: str,
    folder: Path,
    project: str,
    *more: str,
    first: Sequence[str] = (),
    ahead: bool = True,
) -> Iterator[Stack]:
    """Bring compose files up on keys and ports of their own, or only what comes first; in the end everything is gone.

    `ahead` sets the notifier's clock to an hour at which mail goes out; then `LoaClockOff` fires all the time.
    """
    for name in NAMES:
        images.of(name)
    secrets = folder / "secrets"
    keys.make(secrets, "postgres:5432", None)
    ports = {name: free_port() for name in SERVICES}
    given = {f"LOA_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    given |= {"LOA_SECRETS": str(secrets), "LOA_PROMETHEUS_PORT": str(free_port())}
    given |= {"LOA_PROMETHEUS_IMAGE": "loa-prometheus", "LOA_NODE_EXPORTER_IMAGE": "loa-disks"}
    (folder / "compose.env").write_text("".join(f"{key}={value}\n" for key, value in given.items()))
    now = runtime.now().astimezone(VIETNAM)
    mail_hour = _hour_of_mail(now) if ahead else now
    files = [file, *more, *([_ahead(folder, mail_hour)] if ahead else [])]
    compose = Compose(
        COMPOSE, files, wait=False, env_file=[str(folder / "compose.env")], services=list(first) or None
    )
    compose.project = f"{project}{os.getpid()}"  # several may run on one engine
    stack = Stack(compose, images.containers, secrets, ports, now.date(), mail_hour)
    try:
        compose.start()
        yield stack
    except BaseException:
        sys.stderr.write(stack.logs())
        raise
    finally:
        compose.services = None
        compose.stop(down=True)
