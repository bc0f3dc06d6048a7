"""Builds the images of services, the command `loa` and the engines: `python -m deploy.image.build [NAME…]`.

This machine downloads the packages and verifies them against the lock, so that the build needs no package index.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.image.layout import COMMAND
from deploy.image.wheels import fetch
from deploy.nats.permissions import SERVICES

ROOT = Path(__file__).parents[2]
APPLICATIONS = (*SERVICES, COMMAND)
ENGINES = ("nats", "postgres", "proxy")
ON_REQUEST = ("prometheus",)  # built only when it is named
NAMES = (*APPLICATIONS, *ENGINES)
EXTRAS = (*APPLICATIONS, "local")  # of pyproject.toml, for all images


class NoBase(Exception):
    """There is no base image, and none can be pulled."""


class BuildFailed(Exception):
    """An image could not be built."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base image, and the same with pip for building."""

    name: str
    builder: str


# The first one that exists is used; the last one is pulled if a registry is reachable.
BASES = (Base("loa-base:bookworm", "loa-builder:bookworm"), Base("python:3.11-slim", "python:3.11"))


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds images with one container client on one base."""

    client: str
    base: Base

    def build(self, name: str, tag: str = "latest") -> str:
        """Build the image of an application or an engine and return its name; `BuildFailed` with the output."""
        image = f"loa-{name}:{tag}"
        given = {"BASE": self.base.name, "BUILDER": self.base.builder, "PIP_NO_INDEX": "1"}
        if name in APPLICATIONS:
            given |= {"SERVICE": name, "REVISION": _revision()}
        arguments = [f"--build-arg={key}={value}" for key, value in given.items()]
        environment = os.environ | {"DOCKER_BUILDKIT": os.environ.get("DOCKER_BUILDKIT", "0")}
        command = [self.client, "build", "--force-rm", "--network=host", *_target(name), *arguments]
        done = subprocess.run(
            [*command, "--tag", image, ROOT],
            capture_output=True,
            check=False,
            cwd=ROOT,
            env=environment,
            text=True,
        )
        if done.returncode:
            raise BuildFailed(f"{image}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return image


def builder(client: str) -> Builder:
    """Find a base image, or raise `NoBase`."""
    for base in BASES:
        if _exists(client, base.name) and _exists(client, base.builder):
            return Builder(client, base)
    pulled = BASES[-1]
    if all(_succeeds(client, "pull", name) for name in (pulled.name, pulled.builder)):
        return Builder(client, pulled)
    names = " or ".join(base.name for base in BASES)
    raise NoBase(f"no image {names}: `deploy/image/base` (as root) makes the first one")


def _target(name: str) -> Iterator[str]:
    if name in (*ENGINES, *ON_REQUEST):
        yield from ("--file=deploy/image/engines.Dockerfile", f"--target={name}")
    else:
        yield from ("--file=deploy/Dockerfile", f"--target={'command' if name == COMMAND else 'service'}")


def _exists(client: str, image: str) -> bool:
    return _succeeds(client, "image", "inspect", image)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _revision() -> str:
    asked = ["/usr/bin/env", "git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return subprocess.run(asked, capture_output=True, check=False, text=True).stdout.strip() or "unknown"


def main(names: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    fetch(*EXTRAS)
    made = builder(environment.get("DOCKER", "docker"))
    for name in names or NAMES:
        print(made.build(name))


if __name__ == "__main__":
    main(sys.argv[1:])
