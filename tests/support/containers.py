"""The container engine of this machine: images of our services, and containers that surely go away again."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.image.wheels import fetch

ROOT = Path(__file__).parents[2]
CLIENTS = ("docker", "podman")
SECRETS = "/run/secrets"


@dataclass(frozen=True, slots=True)
class Base:
    """What an image stands on, and the same with pip."""

    name: str
    builder: str


# The first one that is there; the last one is pulled where a registry is reached.
BASES = (Base("loa-base:bookworm", "loa-builder:bookworm"), Base("python:3.11-slim", "python:3.11-slim"))


@dataclass(frozen=True, slots=True)
class Containers:
    """A client that reaches its engine."""

    client: str

    def call(self, *arguments: str | Path) -> str:
        """Give what the client said; `AssertionError` with its complaint if it failed."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, (
            f"{self.client} {arguments[0]}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
        return done.stdout.strip()

    def attempt(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.client, *arguments], capture_output=True, check=False, text=True)

    def python(self, image: str, code: str) -> subprocess.CompletedProcess[str]:
        """Run code in a fresh container of an image."""
        return self.attempt("run", "--rm", "--network=none", "--entrypoint=python3", image, "-c", code)

    def size(self, image: str) -> int:
        return int(self.call("image", "inspect", "--format={{.Size}}", image))

    @contextmanager
    def running(self, image: str, *options: str) -> Iterator[str]:
        """Run a container until the block ends; its id is given."""
        container = self.call("run", "--detach", "--label=loa-test", *options, image)
        try:
            yield container
        finally:
            self.attempt("rm", "--force", "--volumes", container)

    def log(self, container: str) -> str:
        done = self.attempt("logs", container)
        return done.stdout + done.stderr


@dataclass(slots=True)
class Images:
    """Images of services, built when they are first asked for."""

    containers: Containers
    base: Base
    built: dict[str, str] = field(default_factory=dict)

    def of(self, service: str) -> str:
        if service not in self.built:
            self.built[service] = self._build(service)
        return self.built[service]

    def added(self, service: str) -> int:
        """Count the bytes that the service adds to its base."""
        return self.containers.size(self.of(service)) - self.containers.size(self.base.name)

    def _build(self, service: str) -> str:
        fetch(service)
        image = f"loa-test-{service}"
        given = {
            "SERVICE": service,
            "BASE": self.base.name,
            "BUILDER": self.base.builder,
            "PIP_NO_INDEX": "1",
        }
        arguments = [f"--build-arg={name}={value}" for name, value in given.items()]
        self.containers.call(
            "build", "--force-rm", "--file", ROOT / "deploy/Dockerfile", *arguments, "--tag", image, ROOT
        )
        return image


def secret_mounts(folder: Path, secrets: Mapping[str, str]) -> Sequence[str]:
    """Write secrets that any user of a container may read, inside a folder that only we may enter."""
    folder.chmod(0o700)
    for name, text in secrets.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o444)
    return [f"--volume={folder / name}:{SECRETS}/{name}:ro" for name in secrets]


@pytest.fixture(scope="session")
def containers() -> Containers:
    """Find a client that reaches its engine; without one the test is left out, and says so."""
    named = os.environ.get("DOCKER")
    for client in (named,) if named else CLIENTS:
        if _answers(client):
            return Containers(client)
    pytest.skip(f"no container engine answers to {named or ' or '.join(CLIENTS)}")


def _answers(client: str) -> bool:
    try:
        done = subprocess.run([client, "info"], capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@pytest.fixture(scope="session")
def images(containers: Containers) -> Images:
    """Find a base for images; without one the test is left out, and says how to make one."""
    for base in BASES:
        if all(_there(containers, name) for name in (base.name, base.builder)):
            return Images(containers, base)
    if containers.attempt("pull", "--quiet", BASES[-1].name).returncode == 0:
        return Images(containers, BASES[-1])
    pytest.skip(
        f"no image {' or '.join(base.name for base in BASES)}: `deploy/image/base` makes the first one"
    )


def _there(containers: Containers, image: str) -> bool:
    return containers.attempt("image", "inspect", image).returncode == 0
