"""`make stack` as an operator runs it: it returns when the platform is ready, and a changed service is replaced alone."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.compose.client import compose
from deploy.compose.start import NotReady, wait
from deploy.image import build
from deploy.nats.permissions import SERVICES
from tests.support.platform.compose import COMPOSE, DEPLOY
from tests.support.servers.containers import Containers, Images
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

FILE = COMPOSE / "compose.yaml"
ROOT = DEPLOY.parent


@contextmanager
def project(folder: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a project with ports and secrets of its own; in the end everything is gone."""
    name = f"loastart{os.getpid()}"
    ports = {f"LOA_{service.upper()}_PORT": str(free_port()) for service in SERVICES}
    own = {"COMPOSE_PROJECT_NAME": name, "LOA_SECRETS": str(folder / "secrets"), **ports}
    environment = {**os.environ, **own}
    try:
        yield environment
    finally:
        command = [*compose(FILE, environment).command, "down", "--volumes", "--timeout", "20"]
        subprocess.run(command, capture_output=True, check=True, env=environment)


def start(environment: Mapping[str, str], *services: str) -> str:
    command = [sys.executable, "-m", "deploy.compose.start", str(FILE), *services]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=environment, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ids(containers: Containers, environment: Mapping[str, str]) -> dict[str, str]:
    """Give the id of each container of the project by its service, without the one that prepares."""
    project = f"--filter=label=com.docker.compose.project={environment['COMPOSE_PROJECT_NAME']}"
    listed = containers.call(
        "ps", "--no-trunc", project, '--format={{.Label "com.docker.compose.service"}} {{.ID}}'
    )
    return dict(line.split() for line in listed.splitlines())


def readiness(environment: Mapping[str, str], service: str) -> int:
    port = environment[f"LOA_{service.upper()}_PORT"]
    return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10, verify=NO_AUTHORITIES).status_code


def test_returns_when_ready_and_replaces_a_service_alone(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with project(tmp_path) as environment:
        shown = start(environment)
        assert {service: readiness(environment, service) for service in SERVICES} == dict.fromkeys(
            SERVICES, 200
        )
        assert [name for name in build.NAMES if f"loa-{name}" not in shown] == []
        assert [name for name in SERVICES if f"{name} đã sẵn sàng" not in shown] == []

        before = ids(images.containers, environment)
        changed = {**environment, "LOA_MAIL_FROM": "other@loa.invalid", "LOA_LOG_LEVEL": "DEBUG"}
        start(changed, "notifier")
        assert readiness(environment, "notifier") == 200
        after = ids(images.containers, environment)
        assert {name for name in before if before[name] != after[name]} == {"notifier"}

        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        images.containers.call("kill", after["registry"])
        with pytest.raises(NotReady, match="not ready") as raised:
            wait(compose(FILE, environment), SERVICES, seconds=5)
        assert "registry: " in raised.value.message.vi
        assert "metrics: " not in raised.value.message.vi
        assert " logs --tail 50 registry" in raised.value.message.vi


def test_without_a_base_image_a_sentence_names_the_command(
    containers: Containers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = build.Base("loa.invalid/none:1", "loa.invalid/none:2")
    monkeypatch.setattr(build, "BASES", (nowhere,))
    with pytest.raises(SystemExit):
        build.main(["registry"], {"DOCKER": containers.client})
    assert "`sudo make image-base`" in capsys.readouterr().err
