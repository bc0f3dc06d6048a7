"""The compose files: every container is restricted, and every secret is a file that exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.cli.operate import keys
from deploy.nats.permissions import SERVICES
from shared.kernel.health import PROBE_SECONDS
from shared.service import DRAIN_SECONDS
from tests.support.platform.compose import COMPOSE, DEPLOY, FILES, OBSERVABILITY, ORIGIN, document, services


def every() -> Iterator[Any]:
    for file in (*FILES, OBSERVABILITY, ORIGIN):
        for name, definition in services(file).items():
            if file == ORIGIN and name in SERVICES:
                continue  # their definition is that of the other files; here they get addresses alone
            yield pytest.param(definition, id=f"{file}:{name}")


each = pytest.mark.parametrize("container", list(every()))


@each
def test_holds_no_right_that_it_does_not_need(container: dict[str, Any]) -> None:
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["read_only"] is True
    assert container["user"].split(":")[0] not in {"", "0", "root"}
    assert "privileged" not in container


@pytest.mark.parametrize("file", FILES)
def test_only_our_own_containers_reach_the_engines(file: str) -> None:
    """The monitoring endpoint of the broker answers without a key: it stands in a network without a way out or in."""
    assert document(file)["networks"]["engines"] == {"internal": True}
    engines = {
        name: engine for name, engine in services(file).items() if name.startswith(("nats", "postgres"))
    }
    assert engines
    for engine in engines.values():
        assert "ports" not in engine
        assert list(engine["networks"]) == ["engines"]


def test_one_origin_has_a_path_for_each_service_and_the_proxy_knows_it() -> None:
    definitions = services(ORIGIN)
    addresses = {name: definitions[name]["environment"] for name in SERVICES}
    for given in addresses.values():
        assert set(given) == {f"LOA_URL_{name.upper()}" for name in SERVICES}
        paths = {name: given[f"LOA_URL_{name.upper()}"].rpartition("}")[2] for name in SERVICES}
        assert paths == {name: f"/{name}" for name in SERVICES} | {"metrics": ""}
    configuration = (COMPOSE / "origin.cfg").read_text()
    for name in SERVICES:
        assert definitions["origin"]["environment"][f"LOA_UPSTREAM_{name.upper()}"] == f"{name}:8000"
        assert f"\nbackend {name}\n" in configuration
    named = set(re.findall(r"\$\{(\w+)\}", configuration))
    assert named - {"LOA_UPSTREAM_…"} <= definitions["origin"]["environment"].keys()
    (mounted,) = (volume.split(":") for volume in definitions["origin"]["volumes"] if "origin" in volume)
    assert (COMPOSE / mounted[0]).is_file()


@each
def test_limits_its_resources(container: dict[str, Any]) -> None:
    assert {"mem_limit", "pids_limit", "logging"} <= container.keys()


@each
def test_has_no_secret_in_its_environment(container: dict[str, Any]) -> None:
    secret = re.compile(r"SEED|PASSWORD(?!_FILE)|TOKEN|DATABASE_URL|LINK_KEY|SMTP_URL")
    assert [name for name in container.get("environment", {}) if secret.search(name)] == []


@pytest.mark.parametrize("file", FILES)
def test_a_service_has_time_to_finish_its_requests(file: str) -> None:
    graces = {services(file)[name]["stop_grace_period"] for name in SERVICES}
    assert all(int(grace.removesuffix("s")) > DRAIN_SECONDS for grace in graces)


@pytest.mark.parametrize("file", FILES)
def test_services_start_after_their_dependencies(file: str) -> None:
    for name in SERVICES:
        assert services(file)[name]["depends_on"]["prepare"] == {
            "condition": "service_completed_successfully"
        }
    assert services(file)["prepare"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("file", FILES)
def test_the_command_neither_starts_nor_replaces_an_engine(file: str) -> None:
    assert document(file)["services"]["loa"]["depends_on"] == {}


@pytest.mark.parametrize("file", FILES)
def test_every_secret_is_written_by_loa_keys(file: str, tmp_path: Path) -> None:
    keys.make(tmp_path, "postgres:5432", None)
    named = [secret["file"].replace("${LOA_SECRETS:-../secrets}", str(tmp_path)) for secret in _secrets(file)]
    assert [path for path in named if not Path(path).is_file()] == []
    used = {secret["source"] for service in services(file).values() for secret in service.get("secrets", ())}
    assert used == document(file)["secrets"].keys()


def _secrets(file: str) -> list[dict[str, str]]:
    return list(document(file)["secrets"].values())


def test_every_mounted_file_exists() -> None:
    mounted = [volume for definition in services(OBSERVABILITY).values() for volume in definition["volumes"]]
    files = [item.split(":")[0] for item in mounted if item.startswith("../")]
    assert len(files) == 5
    assert [file for file in files if not (COMPOSE / file).is_file()] == []


def test_keys_are_created_once_and_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    keys.make(folder, "postgres:5432", "smtp://relay:25")
    before = {path: path.read_text() for path in folder.rglob("*.nk")}
    keys.make(folder, "db:5432", None)
    assert {path: path.read_text() for path in folder.rglob("*.nk")} == before
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "mounted" / "smtp_url").read_text() == "smtp://relay:25"
    assert "@db:5432/loa_registry" in (folder / "mounted" / "registry.database_url").read_text()


def test_the_broker_syncs_every_event() -> None:
    assert "sync_interval: always" in (DEPLOY / "nats" / "container.conf").read_text()


def test_the_cluster_keeps_every_event_three_times() -> None:
    cluster = services("cluster.yaml")
    assert cluster["prepare"]["environment"]["LOA_NATS_REPLICAS"] == "3"
    assert {name: cluster[name]["scale"] for name in SERVICES} == dict.fromkeys(SERVICES, 2)


def test_a_balancer_waits_for_a_readiness_that_waits_for_an_engine() -> None:
    """A broker that hangs took every replica out: haproxy waits for `inter` alone where nothing else is said."""
    longest = 2 * PROBE_SECONDS  # a probe, and the end of its connection
    (seconds,) = re.findall(
        r"^ +timeout check (\d+)s$", (DEPLOY / "compose/haproxy.cfg").read_text(), re.MULTILINE
    )
    pod = (DEPLOY / "k8s/service/deployment.yaml").read_text()
    (of_pod,) = re.findall(r"path: /readyz, port: http}\n +periodSeconds: \d+\n +timeoutSeconds: (\d+)", pod)
    assert min(int(seconds), int(of_pod)) > longest
