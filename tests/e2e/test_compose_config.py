"""The compose files as Compose itself reads them: the unit tests' own reading of `extends` gives the same containers."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.cli.operate import keys
from deploy.compose.client import NoCompose, compose
from tests.support.platform.compose import COMPOSE, FILES, OBSERVABILITY, services
from tests.support.required import leave_out
from tests.support.servers.containers import PROMISE

pytestmark = pytest.mark.container

AS_WRITTEN = ("cap_drop", "security_opt", "read_only", "user", "pids_limit", "scale")


def read_by_compose(file: str, folder: Path) -> dict[str, Any]:
    try:
        program = compose(COMPOSE / file)
    except NoCompose as missing:
        leave_out(str(missing), PROMISE)
    keys.make(folder, "postgres:5432", None)
    environment = {**os.environ, "LOA_SECRETS": str(folder), "COMPOSE_PROFILES": "command"}
    done = subprocess.run(
        [*program.command, "config"], capture_output=True, check=False, env=environment, text=True
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return read


def names(entries: Any, key: str) -> set[str]:
    """Name the entries of a list of mappings or texts, or of a mapping: Compose writes either."""
    return {str(entry[key] if isinstance(entry, dict) else entry) for entry in entries or ()}


@pytest.mark.parametrize("file", [*FILES, OBSERVABILITY])
def test_compose_reads_what_the_unit_tests_read(file: str, tmp_path: Path) -> None:
    real, ours = read_by_compose(file, tmp_path), services(file)
    assert real.keys() == ours.keys()
    for name, container in ours.items():
        read = real[name]
        for field in AS_WRITTEN:
            assert read.get(field) == container.get(field), (name, field)
        assert names(read.get("environment"), "") == set(container.get("environment", {})), name
        assert names(read.get("secrets"), "source") == names(container.get("secrets"), "source"), name
        assert set(read.get("depends_on", {})) == set(container.get("depends_on", {})), name
        assert {"mem_limit", "logging"} <= read.keys() or "deploy" in read, name
