"""Builds the images: services, the command `loa`, and the engines. `python -m deploy.image.build [NAME…]`.

Packages are fetched on this machine and checked against the lock, so that the build itself needs no package index.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.image.room import COMMAND
from deploy.image.wheels import fetch
from deploy.nats.permissions import SERVICES

ROOT = Path(__file__).parents[2]
ROOMS = (*SERVICES, COMMAND)
ENGINES = ("nats", "postgres", "proxy")
BESIDE = ("prometheus",)  # made when it is named
NAMES = (*ROOMS, *ENGINES)
EXTRAS = (*ROOMS, "local")  # of pyproject.toml: what all images together are made of


class NoBase(Exception):
    """Neither is there a base for images, nor can one be pulled."""


class BuildFailed(Exception):
    """An image could not be made."""


@dataclass(frozen=True, slots=True)
class Base:
    """What an image stands on, and the same with pip."""

    name: str
    builder: str


# The first one that is there; the last one is pulled where a registry is reached.
BASES = (Base("loa-base:bookworm", "loa-builder:bookworm"), Base("python:3.11-slim", "python:3.11"))


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds with one engine's client on one base."""

    client: str
    base: Base

    def build(self, name: str, tag: str = "latest") -> str:
        """Make the image of a room or an engine, and give its name; `BuildFailed` has what was said."""
        image = f"loa-{name}:{tag}"
        given = {"BASE": self.base.name, "BUILDER": self.base.builder, "PIP_NO_INDEX": "1"}
        if name in ROOMS:
            given |= {"SERVICE": name, "REVISION": _revision()}
        arguments = [f"--build-arg={key}={value}" for key, value in given.items()]
        environment = os.environ | {"DOCKER_BUILDKIT": os.environ.get("DOCKER_BUILDKIT", "0")}
        command = [self.client, "build", "--force-rm", "--network=host", *_what(name), *arguments]
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
    """Find a base for images, or raise `NoBase`."""
    for base in BASES:
        if _there(client, base.name) and _there(client, base.builder):
            return Builder(client, base)
    pulled = BASES[-1]
    if all(_quietly(client, "pull", name) for name in (pulled.name, pulled.builder)):
        return Builder(client, pulled)
    names = " or ".join(base.name for base in BASES)
    raise NoBase(f"no image {names}: `deploy/image/base` (as root) makes the first one")


def _what(name: str) -> Iterator[str]:
    if name in (*ENGINES, *BESIDE):
        yield from ("--file=deploy/image/engines.Dockerfile", f"--target={name}")
    else:
        yield from ("--file=deploy/Dockerfile", f"--target={'command' if name == COMMAND else 'service'}")


def _there(client: str, image: str) -> bool:
    return _quietly(client, "image", "inspect", image)


def _quietly(*command: str) -> bool:
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
