"""`loa up` starts, stops, is killed and comes back, on real engines."""

import json
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.support.platform.home import Home, until
from tests.support.readiness import is_all_ready
from tests.support.servers.plain import NO_AUTHORITIES

UNITS = "code,name,level,kind\nE2E,Sở Kiểm thử,provincial,department\n"


@pytest.fixture
def home() -> Iterator[Home]:
    """Give a home near the root of the disk: PostgreSQL may run under another account."""
    with tempfile.TemporaryDirectory(prefix="loa-e2e-") as folder:
        Path(folder).chmod(0o755)
        yield Home(Path(folder))


@pytest.mark.timeout(400)
def test_it_comes_up_goes_down_comes_back_and_keeps_its_services_alive(home: Home) -> None:
    run = home.up()
    try:
        assert _mode(home.data / "current.json") == 0o600
        assert _mode(home.root / "state/loa/current.json") == 0o600
        assert set(home.current["urls"]) == {"registry", "campaigns", "metrics", "notifier"}
        position = _import_unit(home)
        examined = home.loa("doctor", "--json")
        assert (examined.returncode, json.loads(examined.stdout)["every_write_synced"]) == (0, True), examined
        refused = home.loa("up", "--data-dir", home.data)
        assert (refused.returncode, "in use by another run" in refused.stderr) == (1, True)

        assert home.stop(run, signal.SIGINT) == 0, home.output()
        home.until_nothing_runs()

        run = home.up()
        assert _unit_names(home) == ["Sở Kiểm thử"]
        assert _import_unit(home) == position

        run.kill()
        run.wait()
        run = home.up()
        assert _unit_names(home) == ["Sở Kiểm thử"]
        _end_a_service(home)
        for engine, name in (("nats", "nats-server"), ("postgres", "PostgreSQL")):
            _end_an_engine(home, engine, name)
        assert _import_unit(home) == position
        assert home.stop(run, signal.SIGTERM) == 0, home.output()
        home.until_nothing_runs()
    finally:
        home.kill(run)


def test_ctrl_c_while_it_starts_leaves_nothing(home: Home) -> None:
    run = home.start()
    until(lambda: bool(home.processes()), home.output())
    assert home.stop(run) == 0, home.output()
    home.until_nothing_runs()


@pytest.mark.parametrize("name", ["REGISTRY", "NATS", "NATS_MONITOR", "POSTGRES"])
def test_a_taken_port_is_named_with_its_setting_and_nothing_is_left(home: Home, name: str) -> None:
    with _taken(home.ports[name]):
        run = home.start()
        assert run.wait(60) == 1, home.output()
    output = home.output()
    assert f"Cổng {home.ports[name]} đang được" in output
    assert f"Port {home.ports[name]} is in use" in output
    assert f"LOA_{name}_PORT" in output
    assert "Traceback" not in output
    home.until_nothing_runs()


def test_a_service_that_cannot_start_with_its_settings_ends_the_run(home: Home) -> None:
    """What only the service itself can tell: it is not started again and again."""
    run = home.start(LOA_OIDC_ROLES='{"clerk": "king"}')
    try:
        assert run.wait(90) == 1, home.output()
        assert home.output().count("LOA_OIDC_ROLES: king") == 1
        assert "Traceback" not in home.output()
        home.until_nothing_runs()
    finally:
        home.kill(run)


def test_commands_name_what_to_start_when_nothing_runs(home: Home) -> None:
    never = home.loa("gaps")
    assert (never.returncode, "loa up" in never.stderr, "Traceback" in never.stderr) == (1, True, False)
    gone = home.loa("gaps", LOA_URL_METRICS=f"http://127.0.0.1:{home.ports['METRICS']}")
    assert (gone.returncode, "cannot be reached" in gone.stderr, "Traceback" in gone.stderr) == (
        1,
        True,
        False,
    )


def _end_a_service(home: Home) -> None:
    """Kill one service: it comes back, and a line says so."""
    noted = home.data / "run" / "registry.pid"
    before = noted.read_text()
    os.kill(int(before), signal.SIGKILL)
    until(lambda: "The service registry ended" in home.output(), home.output())
    until(lambda: noted.exists() and noted.read_text() not in {"", before}, home.output())
    until(lambda: _is_ready(home, "registry"), home.output())
    assert "registry" in (home.data / "logs/up.log").read_text()


def _end_an_engine(home: Home, engine: str, name: str) -> None:
    """Kill an engine: it comes back, a line says so, and what stood on it is ready again."""
    noted = {"nats": home.data / "nats/nats.pid", "postgres": home.data / "postgres/data/postmaster.pid"}[
        engine
    ]
    os.kill(int(noted.read_text().split()[0]), signal.SIGKILL)
    until(lambda: f"{name} ended (code -9)" in home.output(), home.output())
    for service in ("registry", "campaigns", "metrics", "notifier"):
        until(partial(_is_ready, home, service), home.output())


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _import_unit(home: Home) -> str:
    folder = home.root / "units"
    folder.mkdir(exist_ok=True)
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    done = home.loa("import", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def _unit_names(home: Home) -> list[str]:
    answer = httpx.get(
        f"{home.current['urls']['registry']}/units", params={"q": "kiem thu"}, verify=NO_AUTHORITIES
    )
    return [unit["unit_name"] for unit in json.loads(answer.text)["items"]]


def _is_ready(home: Home, service: str) -> bool:
    try:
        return is_all_ready(httpx.get(f"{home.current['urls'][service]}/readyz", verify=NO_AUTHORITIES))
    except httpx.TransportError:
        return False


@contextmanager
def _taken(port: int) -> Iterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield
