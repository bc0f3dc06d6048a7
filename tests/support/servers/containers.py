"""The container engine of this machine: images of our services, and containers that surely go away again."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.required import leave_out

if TYPE_CHECKING:
    from deploy.image.build import Builder

CLIENTS = ("docker", "podman")
PROMISE = "LOA_CONTAINERS"
SECRETS = "/run/secrets"


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
    """Our images, built when they are first asked for."""

    containers: Containers
    builder: "Builder"
    built: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        if name not in self.built:
            self.built[name] = self.builder.build(name)
        return self.built[name]

    def added(self, name: str) -> int:
        """Count the bytes that an image adds to its base."""
        return self.containers.size(self.of(name)) - self.containers.size(self.builder.base.name)


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
    return leave_out(f"no container engine answers to {named or ' or '.join(CLIENTS)}", PROMISE)


def _answers(client: str) -> bool:
    try:
        done = subprocess.run([client, "info"], capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@pytest.fixture(scope="session")
def images(containers: Containers) -> Images:
    """Find a base for images; without one the test is left out, and says how to make one."""
    from deploy.image.build import EXTRAS, NoBase, builder  # noqa: PLC0415  half a second that no other test pays
    from deploy.image.wheels import fetch  # noqa: PLC0415

    try:
        built = builder(containers.client)
    except NoBase as missing:
        return leave_out(str(missing), PROMISE)
    fetch(*EXTRAS)
    return Images(containers, built)
