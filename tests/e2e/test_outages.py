"""Outages made for real in the stack: what readiness, `loa doctor` and the alert rules of a real Prometheus say.

The broker's store is a small file system in memory, which a second container fills: a full disk, and only that of the broker.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from itertools import count
from typing import Any

import httpx
import pytest

from deploy.image.build import ON_REQUEST
from deploy.nats.permissions import SERVICES
from shared.kernel import runtime
from tests.support.platform.compose import COMPOSE, OBSERVABILITY, services
from tests.support.platform.service import eventually
from tests.support.platform.stack import Stack, running
from tests.support.servers.containers import Images
from tests.support.servers.plain import NO_AUTHORITIES

pytestmark = [pytest.mark.container, pytest.mark.timeout(1800)]

SCRAPE = 15  # seconds, of prometheus.yml
FIRES = 180  # seconds until an alert with `for: 1m` fires on a busy machine
RESOLVES = 180
HOLD = "import time\nwhile True: time.sleep(60)"  # keeps the file system mounted while the broker restarts
FILL = """
with open("/data/ballast", "wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(4096))
    except OSError as error:
        print(error.errno)
"""
SMALL_DISK: Mapping[str, Any] = {
    "services": {
        "nats": {"volumes": ["broker:/data"]},
        "disks": {"volumes": ["broker:/disks/nats:ro"]},
        "ballast": {
            "image": "loa-cli:latest",
            "entrypoint": ["python3", "-c", HOLD],
            "user": "10001:10001",
            "stop_grace_period": "1s",
            "volumes": ["broker:/data"],
        },
    },
    "volumes": {
        "broker": {
            "driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=64m,uid=10001,gid=10001,mode=0750"}
        }
    },
}
NUMBERS = count(1)


@pytest.fixture(scope="module")
def stack(images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("outages")
    override = folder / "small-disk.yaml"
    override.write_text(json.dumps({"version": "2.4", **SMALL_DISK}))
    for name in ON_REQUEST:
        images.of(name)
    first = [*services("compose.yaml").keys() - {"loa"}, *ON_REQUEST, "ballast"]
    with running(
        images, "compose.yaml", folder, "loaoutage", OBSERVABILITY, str(override), first=first, ahead=False
    ) as running_stack:
        yield running_stack


def write(stack: Stack) -> int:
    """Register a new unit; returns the status of the answer."""
    unit = {"code": f"SO-{next(NUMBERS)}", "name": "Sở Ví dụ", "level": "provincial", "kind": "department"}
    with stack.client("registry") as client:
        return client.post("/units", json=unit).status_code


def readiness(stack: Stack, service: str, purpose: str) -> tuple[int, set[str]]:
    """Give the status of `/readyz`, and the checks that are needed and fail."""
    with stack.client(service) as client:
        answer = client.get("/readyz", params={"for": purpose})
    failed = {name for name, check in answer.json()["checks"].items() if check["needed"] and not check["ok"]}
    return answer.status_code, failed


def lacks_database(stack: Stack, service: str) -> bool:
    status, failed = readiness(stack, service, "reads")
    return status == HTTPStatus.SERVICE_UNAVAILABLE and "database" in failed


def findings(stack: Stack) -> Mapping[str, str]:
    """Run `loa doctor` in its container; returns the commands of its findings by part."""
    command = [*stack.compose.compose_command_property, "run", "--rm", "-T", "loa", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=COMPOSE)
    assert done.stdout, done.stderr
    return {item["part"]: item["fix"] for item in json.loads(done.stdout)["problems"]}


def alerts(stack: Stack) -> list[dict[str, Any]]:
    """Give the alerts that Prometheus fires."""
    url = f"http://{stack.address(stack.names('prometheus')[0])}:9090/api/v1/alerts"
    active = httpx.get(url, timeout=10, verify=NO_AUTHORITIES).raise_for_status().json()["data"]["alerts"]
    return [alert for alert in active if alert["state"] == "firing"]


def pages(stack: Stack) -> set[str]:
    """Name the alerts that call the operator at once. Tickets look back at more minutes, and end later."""
    return {item["labels"]["alertname"] for item in alerts(stack) if item["labels"]["severity"] == "page"}


def begun_since(stack: Stack, moment: datetime) -> set[str]:
    return {
        item["labels"]["alertname"]
        for item in alerts(stack)
        if datetime.fromisoformat(item["activeAt"][:19] + "+00:00") > moment
    }


async def until(check: Callable[[], bool], patience: float) -> None:
    await eventually(lambda: asyncio.to_thread(_answered, check), patience)


async def until_pages(stack: Stack, check: Callable[[set[str]], bool], patience: float) -> None:
    """Wait for what the alerts that fire should be; a failure names those that do."""
    try:
        await until(lambda: check(pages(stack)), patience)
    except AssertionError as error:
        error.add_note(f"firing: {sorted(pages(stack))}")
        raise


def _answered(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except httpx.TransportError:
        return False


async def until_normal(stack: Stack) -> None:
    """Wait until writes are accepted, every service is ready for everything, and no outage is reported any more."""
    await stack.until_ready()
    await until(lambda: write(stack) == 201, RESOLVES)
    await until(lambda: all(readiness(stack, name, "writes")[0] == 200 for name in SERVICES), RESOLVES)
    await until_pages(stack, lambda firing: not firing, RESOLVES)
    problems = findings(stack)
    assert {part: problems[part] for part in ("nats", "postgresql", *SERVICES) if part in problems} == {}


async def test_a_killed_broker_is_reported_and_reads_continue(stack: Stack) -> None:
    await until_normal(stack)
    (broker,) = stack.names("nats")
    with stack.down(broker):
        await until(lambda: write(stack) == 503, 60)
        await until(lambda: readiness(stack, "registry", "writes")[0] == 503, 60)
        status, failed = readiness(stack, "registry", "writes")
        assert (status, "nats" in failed) == (503, True)
        assert {name: readiness(stack, name, "reads")[0] for name in SERVICES} == dict.fromkeys(SERVICES, 200)
        assert findings(stack)["nats"].endswith(" restart nats")
        await until_pages(stack, lambda firing: "LoaBrokerUnreachable" in firing, FIRES)
    await until_normal(stack)


async def test_a_database_away_for_two_minutes_is_reported_and_not_afterwards(stack: Stack) -> None:
    await until_normal(stack)
    (database,) = stack.names("postgres")
    begun = time.monotonic()
    with stack.down(database):
        for name in set(SERVICES) - {"registry"}:
            await until(partial(lacks_database, stack, name), 60)
        assert readiness(stack, "registry", "writes")[0] == 200
        assert write(stack) == 201  # commands of the registry only need the log
        assert findings(stack)["postgresql"].endswith(" restart postgres")
        await until_pages(stack, lambda firing: "LoaDatabaseUnreachable" in firing, FIRES)
        await asyncio.sleep(max(0, 120 - (time.monotonic() - begun)))  # the outage's length, not an outcome
    await until_normal(stack)
    recovered = runtime.now()
    for _ in range(8):  # two minutes: no alert may begin after the recovery
        await asyncio.sleep(SCRAPE)
        assert begun_since(stack, recovered) == set()


async def test_a_full_disk_of_the_broker_is_reported_until_it_is_started_again(stack: Stack) -> None:
    await until_normal(stack)
    (broker,), (ballast,) = stack.names("nats"), stack.names("ballast")
    assert stack.containers.call("exec", ballast, "python3", "-c", FILL) == "28"  # ENOSPC
    await until(lambda: {write(stack) for _ in range(5)} == {503}, 120)
    await until(lambda: readiness(stack, "registry", "writes")[0] == 503, 60)
    status, failed = readiness(stack, "registry", "writes")
    assert (status, "log_writes" in failed) == (503, True)
    assert {name: readiness(stack, name, "reads")[0] for name in SERVICES} == dict.fromkeys(SERVICES, 200)
    await until_pages(stack, lambda firing: {"LoaLogRefusesEvents", "LoaDiskAlmostFull"} <= firing, FIRES)

    remove = "import pathlib; pathlib.Path('/data/ballast').unlink()"
    stack.containers.call("exec", ballast, "python3", "-c", remove)
    assert write(stack) == 503  # room again, and still refused
    await until_pages(stack, lambda firing: "LoaDiskAlmostFull" not in firing, RESOLVES)
    assert "LoaLogRefusesEvents" in pages(stack)
    assert readiness(stack, "registry", "writes")[0] == 503
    assert " restart nats" in findings(stack)["nats"]
    stack.containers.call("restart", broker)
    await until_normal(stack)
    assert json.loads(stack.loa_inside("verify", "--json"))["right"]


def test_every_service_is_scraped(stack: Stack) -> None:
    url = f"http://{stack.address(stack.names('prometheus')[0])}:9090/api/v1/targets"
    targets = httpx.get(url, timeout=10, verify=NO_AUTHORITIES).json()["data"]["activeTargets"]
    assert {target["labels"]["service"] for target in targets if target["health"] == "up"} == {
        *SERVICES,
        "disks",
    }
