"""Builds the images of services, the command `loa` and the engines: `python -m deploy.image.build [NAME…]`.

This machine downloads the packages and verifies them against the lock, so that the build needs no package index.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.cli.console import CommandError, print_error, print_text
from deploy.image.layout import COMMAND
from deploy.image.wheels import fetch
from deploy.nats.permissions import SERVICES
from shared.kernel.errors import Text

ROOT = Path(__file__).parents[2]
APPLICATIONS = (*SERVICES, COMMAND)
ENGINES = ("nats", "postgres", "proxy")
ON_REQUEST = ("prometheus", "disks")  # built only when it is named
NAMES = (*APPLICATIONS, *ENGINES)
EXTRAS = (*APPLICATIONS, "local")  # of pyproject.toml, for all images


class NoEngine(CommandError):
    """No container engine answers."""

    def __init__(self, client: str) -> None:
        super().__init__(
            f"Không dùng được bộ chạy container: lệnh `{client} info` không thành công. Hãy cài Docker hoặc Podman, khởi "
            "động dịch vụ, rồi chạy lại (DOCKER=podman để dùng Podman). Không có container thì dùng `make run`.",
            f"There is no container engine: `{client} info` fails. Install Docker or Podman, start it, and run this again "
            "(DOCKER=podman for Podman). `make run` needs no containers.",
        )


class NoBase(CommandError):
    """There is no base image, and none can be pulled."""

    def __init__(self) -> None:
        names, first = " / ".join(base.name for base in BASES), BASES[0].name
        super().__init__(
            f"Chưa có ảnh nền ({names}) và không tải được từ kho ảnh. Hãy tạo {first} bằng lệnh `sudo make image-base` "
            "(cần debootstrap, khoảng hai phút), rồi chạy lại.",
            f"There is no base image ({names}), and none can be pulled. Make {first} with `sudo make image-base` "
            "(it needs debootstrap, and takes about two minutes), then run this again.",
        )


class BuildFailed(CommandError):
    """An image could not be built."""

    def __init__(self, image: str, output: str) -> None:
        super().__init__(
            f"Không tạo được ảnh {image}. Kết quả của lệnh build:\n{output}",
            f"The image {image} could not be built; the output of the build is above.",
        )


class NoPackages(CommandError):
    """The packages of the lock could not be downloaded."""

    def __init__(self) -> None:
        super().__init__(
            "Không tải được các gói trong requirements.lock (xem thông báo của pip ở trên). Hãy kiểm tra kết nối tới kho gói "
            "rồi chạy lại.",
            "The packages of requirements.lock could not be downloaded (see pip's message above). Check the connection to "
            "the package index, then run this again.",
        )


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
            raise BuildFailed(image, done.stdout[-4000:] + done.stderr[-4000:])
        return image


def builder(client: str) -> Builder:
    """Find a base image, or raise `NoEngine` or `NoBase`."""
    if not _succeeds(client, "info"):
        raise NoEngine(client)
    for base in BASES:
        if _exists(client, base.name) and _exists(client, base.builder):
            return Builder(client, base)
    pulled = BASES[-1]
    if all(_succeeds(client, "pull", name) for name in (pulled.name, pulled.builder)):
        return Builder(client, pulled)
    raise NoBase


def _target(name: str) -> Iterator[str]:
    if name in (*ENGINES, *ON_REQUEST):
        yield from ("--file=deploy/image/engines.Dockerfile", f"--target={name}")
    else:
        yield from ("--file=deploy/Dockerfile", f"--target={'command' if name == COMMAND else 'service'}")


def _exists(client: str, image: str) -> bool:
    return _succeeds(client, "image", "inspect", image)


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:  # there is no such program
        return False


def _revision() -> str:
    asked = ["/usr/bin/env", "git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return subprocess.run(asked, capture_output=True, check=False, text=True).stdout.strip() or "unknown"


def build_all(names: Sequence[str], client: str) -> None:
    """Build images one after another; each is printed before it begins, and with its seconds when it is done."""
    ready = builder(client)
    print_text(Text("Đang tải các gói cho ảnh…", "Downloading the packages of the images…"))
    try:
        fetch(*EXTRAS)
    except subprocess.CalledProcessError as error:
        raise NoPackages from error
    for number, name in enumerate(names, start=1):
        _build(ready, name, f"{number}/{len(names)}")


def _build(builder: Builder, name: str, progress: str) -> None:
    begun = time.monotonic()
    print_text(Text(f"[{progress}] Đang tạo ảnh loa-{name}…", f"Building the image loa-{name}…"))
    image = builder.build(name)
    print_text(Text(f"[{progress}] {image}: {time.monotonic() - begun:.0f} s", ""))


def client_of(environment: Mapping[str, str]) -> str:
    return environment.get("DOCKER") or "docker"


def main(names: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    try:
        build_all(names or NAMES, client_of(environment))
    except CommandError as error:
        print_error(error.message)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
