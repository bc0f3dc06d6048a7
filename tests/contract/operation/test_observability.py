"""Rules, dashboard, table and runbook speak of what the services really have, and of commands that exist."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
import yaml

from deploy.cli.main import app as loa
from deploy.grafana import dashboard
from tests.contract.http.test_endpoints import app_of
from tests.support.platform.service import SERVICES

DEPLOY = Path(__file__).parents[3] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
RUNBOOK = (DEPLOY / "RUNBOOK.md").read_text(encoding="utf-8")
RULES = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
OURS = re.compile(r"\bloa_[a-z_]+")
SUFFIXES = re.compile(r"_(bucket|count|sum|created)$")


@pytest.fixture(scope="module")
async def exposed() -> set[str]:
    """Ask every service's own /metrics for the names that it has."""
    names: set[str] = set()
    for service in SERVICES:
        transport = httpx.ASGITransport(app_of(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            text = (await client.get("/metrics")).text
        names |= {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    return {name for name in names if not name.endswith("_created")}


def used(text: str) -> set[str]:
    return {SUFFIXES.sub("", name) for name in OURS.findall(text)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_metrics_that_exist_and_its_runbook_entry_too(
    rule: dict[str, dict[str, str]], exposed: set[str]
) -> None:
    assert used(str(rule["expr"])) <= exposed
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page == "RUNBOOK.md"
    assert anchor in anchors()


def anchors() -> set[str]:
    """Give the anchors of headings as the viewers of Markdown make them."""
    headings = re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_dashboard_is_as_its_table_and_draws_what_exists(exposed: set[str]) -> None:
    assert dashboard.FILE.read_text(encoding="utf-8") == dashboard.text()
    panels = json.loads(dashboard.text())["panels"]
    for panel in panels:
        assert all(used(target["expr"]) <= exposed for target in panel["targets"]), panel["title"]
    assert len(panels) == len(dashboard.PANELS) + 1  # the banner


def test_the_table_lists_every_metric_and_no_other(exposed: set[str]) -> None:
    table = (PROMETHEUS / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(loa_[a-z_]+)`", table, re.MULTILINE))
    assert listed == {name for name in exposed if name.startswith("loa_")}


def commands() -> Iterator[str]:
    """Give the `loa` lines of the runbook's blocks, without their comments."""
    for block in re.findall(r"^```sh\n(.*?)^```", RUNBOOK, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("loa "):
                yield line


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_a_command_of_the_runbook_exists_with_its_options(line: str) -> None:
    _, *words = shlex.split(line, comments=True)
    command: Any = typer.main.get_command(loa)
    while hasattr(command, "commands"):
        if words[0].startswith("-") and command.invoke_without_command:
            break  # `loa token --role reader`: the group is a command too
        assert words[0] in command.commands
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, words)


def test_a_command_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(AssertionError):
        test_a_command_of_the_runbook_exists_with_its_options("loa mend everything")
    with pytest.raises(Exception, match=r"(?i)no such option"):
        test_a_command_of_the_runbook_exists_with_its_options("loa status --fast")


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian: apt-get install prometheus)"
)
def test_the_rules_fire_when_they_should() -> None:
    for arguments in (
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
    ):
        done = subprocess.run(
            ["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_rule_is_fired_once_by_its_tests() -> None:
    tests = (PROMETHEUS / "alerts_test.yml").read_text(encoding="utf-8")
    assert {rule["alert"] for rule in RULES} == set(re.findall(r"alertname: (Loa\w+)\}", tests))
