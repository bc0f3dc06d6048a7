"""The advice of `loa doctor` and of errors names what exists where the platform runs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.cli.client import NotStarted, Unreachable
from deploy.cli.operate import keys
from deploy.cli.operate.container_places import IMAGE, InCompose, InKubernetes, containers
from deploy.cli.operate.health import finding
from deploy.cli.operate.health.diagnosis import diagnose
from deploy.cli.operate.health.engine_readings import Broker, ConsumerState, Database
from deploy.cli.operate.health.readings import Answer, Disk, Readings
from deploy.cli.operate.place import Place, ThisMachine
from deploy.local import state
from deploy.nats.permissions import SERVICES
from shared.eventstore.streams import Difference
from tests.support.platform.compose import COMPOSE, FILES, services

COMPOSE_COMMAND = "docker-compose -p loa -f deploy/compose/compose.yaml"
CLUSTER_COMMAND = "docker-compose -p loa -f deploy/compose/cluster.yaml"
IN_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
SINGLE, CLUSTER = "nats://nats:4222", "nats://nats-1:4222,nats://nats-2:4222,nats://nats-3:4222"


def _of_keys(folder: Path, host: str) -> Path:
    keys.make(folder, host, None)
    return folder


@pytest.mark.parametrize(
    ("made", "nats_url", "environment", "code", "expected"),
    [
        (None, "nats://127.0.0.1:4222", {}, Path("/srv/loa"), None),
        (None, "", IN_POD, Path("/srv/loa"), None),  # a developer's pod
        (None, SINGLE, {}, IMAGE, InCompose(inside=True)),
        (None, CLUSTER, {}, IMAGE, InCompose(("nats-1", "nats-2", "nats-3"), inside=True)),
        (None, SINGLE, IN_POD, IMAGE, InKubernetes()),
        ("postgres:5432", "", {}, Path("/srv/loa"), InCompose()),
        ("loa-postgres-rw:5432", "", {}, Path("/srv/loa"), InKubernetes()),
    ],
)
def test_the_place_follows_from_image_pod_and_keys(
    tmp_path: Path,
    made: str | None,
    nats_url: str,
    environment: Mapping[str, str],
    code: Path,
    expected: Place | None,
) -> None:
    folder = _of_keys(tmp_path, made) if made else tmp_path
    assert containers(folder, nats_url, environment, code) == expected


def broken(folder: Path) -> list[Readings]:
    """Give readings in which every part is bad, in all its ways."""
    check = {"ready": False, "checks": {"nats": {"ok": False, "detail": "x"}}}
    halted = {"projection": "metrics", "state": "halted", "halted_at": 4, "pending": 0, "problem": "x"}
    behind = {
        "projection": "metrics",
        "state": "running",
        "halted_at": None,
        "pending": 5000,
        "problem": None,
    }
    now = datetime(2026, 11, 22, tzinfo=UTC)
    current = state.Current(dict.fromkeys(SERVICES, "http://x"), "", "", SINGLE)
    readings = Readings(
        now=now,
        current=current,
        folder=folder,
        answers={
            "metrics": {"/readyz": Answer(200, check), "/projections": Answer(200, halted)},
            "campaigns": {"/readyz": Answer(503, check), "/projections": Answer(500, None)},
            "notifier": {
                "/readyz": Answer(503, check),
                "/projections": Answer(200, behind),
                "/digests/counts": Answer(200, {"queued": 1, "failed": 1, "unsure": 1}),
                "/preview": Answer(200, {"skipped": [{"unit_code": "X", "reason": "no_recipient"}]}),
            },
        },
        broker=Broker(
            differences=(Difference("LOA_EVENTS", "deny_purge", False, True),),
            consumers=(ConsumerState("campaigns-answers", 5000, 1, 1),),
        ),
        database=Database("refused", "", "off"),
        disk=Disk(100, 1),
    )
    not_synced = Answer(200, {"jetstream": {"config": {}}})
    refusing = Answer(503, {"status": "unavailable", "error": "JetStream stream 'LOA_EVENTS' is not current"})
    full = Answer(200, {"storage": 95, "config": {"max_storage": 100}})
    return [
        readings,
        replace(readings, broker_health=(refusing,), stores=(full,)),
        replace(readings, monitor=not_synced, broker=Broker("refused")),
        replace(readings, current=replace(current, nats_url=""), broker=Broker("LOA_NATS_URL?")),
        Readings(now=now, current=current, folder=folder, broker=Broker("refused")),
    ]


def fixes(folder: Path, place: Place | None, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setattr(finding, "containers", lambda *_: place)
    return {item.fix for readings in broken(folder) for item in diagnose(readings)}


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("file", FILES)
def test_in_compose_only_containers_and_files_that_exist_are_named(
    file: str, inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers = ("nats",) if file == "compose.yaml" else ("nats-1", "nats-2", "nats-3")
    advice = fixes(tmp_path, InCompose(brokers, inside=inside), monkeypatch)
    assert [fix for fix in advice if "loa up" in fix or str(tmp_path) in fix or "nats.conf" in fix] == []
    command = COMPOSE_COMMAND if file == "compose.yaml" else CLUSTER_COMMAND
    for fix in (fix for fix in advice if command in fix):
        _, _, rest = fix.partition(command)
        verb, *words = rest.split()
        named = {word for word in words if word in services(file)}
        assert verb in {"up", "logs", "restart", "run"}
        assert named or (verb, words) == ("up", ["-d"])
    plain = [fix for fix in advice if fix.startswith("loa ") and "operator.env" not in fix]
    assert (
        bool(plain) is not inside
    )  # outside `loa` is installed, inside there is no such program on the host
    assert (COMPOSE / file).is_file()


@pytest.mark.parametrize("place", [InCompose(), InCompose(inside=True), InKubernetes()])
def test_containers_have_no_data_folder_and_no_loa_up(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = fixes(tmp_path, place, monkeypatch)
    assert [fix for fix in advice if "loa up" in fix or str(tmp_path) in fix or "nats.conf" in fix] == []


def test_on_this_machine_the_files_of_the_data_folder_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = fixes(tmp_path, None, monkeypatch)
    assert f"tail -n 50 {tmp_path}/logs/metrics.log" in advice
    assert f"tail -n 50 {tmp_path}/nats/nats.log" in advice
    assert "loa up" in advice
    assert [fix for fix in advice if "docker" in fix or "kubectl" in fix] == []


Kind = Callable[[str], Exception]


@pytest.mark.parametrize("error", [lambda name: Unreachable(name, "http://x"), NotStarted])
@pytest.mark.parametrize(
    ("host", "start"),
    [
        (None, "loa up --data-dir {folder}"),
        ("postgres:5432", f"{COMPOSE_COMMAND} up -d"),
        ("loa-postgres-rw:5432", "kubectl apply -k deploy/k8s/overlays/province"),
    ],
)
def test_an_error_names_the_command_that_starts_the_platform_here(
    error: Kind, host: str | None, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _of_keys(tmp_path / "data", host) if host else tmp_path / "data"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOA_DATA_DIR", str(folder))
    raised: Any = error("registry")
    for text in (raised.message.vi, raised.message.en):
        assert f"`{start.format(folder=folder)}`" in text


def test_the_default_folder_is_not_named() -> None:
    assert ThisMachine(Path(".loa").resolve()).start == "loa up"
