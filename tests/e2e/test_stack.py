"""The stack of deploy/compose/compose.yaml as an operator starts it: samples in, figures, mail, crash, restart, upgrade."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.grafana import dashboard
from deploy.image.build import ON_REQUEST
from deploy.nats.permissions import SERVICES
from deploy.sample import exercise
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.platform.compose import DEPLOY, OBSERVABILITY, services
from tests.support.platform.service import eventually
from tests.support.platform.stack import Stack, running
from tests.support.servers.containers import Images
from tests.support.servers.plain import NO_AUTHORITIES

pytestmark = [pytest.mark.container, pytest.mark.timeout(1800)]

RULES = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
READ_MAIL = """
import json, pathlib
folder = pathlib.Path("/data/mail/new")
print(json.dumps([file.read_text() for file in folder.iterdir()] if folder.is_dir() else []))
"""


@pytest.fixture(scope="module")
def stack(images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    for name in ON_REQUEST:
        images.of(name)
    first = [
        *services("compose.yaml").keys() - {"loa"},
        *ON_REQUEST,
    ]  # Debian has no Grafana to make an image of
    with running(images, "compose.yaml", folder, "loatest", OBSERVABILITY, first=first) as running_stack:
        yield running_stack


def mails(stack: Stack) -> Sequence[EmailMessage]:
    output = stack.containers.call("exec", stack.names("sink")[0], "python3", "-c", READ_MAIL)
    return [message_from_string(text, policy=policy.default) for text in json.loads(output)]


def answers(stack: Stack) -> Mapping[str, Any]:
    """What people are told; positions aside, it must not change by a crash or an upgrade."""
    day = {"as_of": stack.day.isoformat()}
    asked = {
        "figures": stack.get("metrics", "/compliance", **day, group_by="unit")["groups"],
        "gaps": stack.get("metrics", "/gaps", **day)["gaps"],
        "drafts": stack.get("registry", "/drafts", limit=100),
        "communications": stack.get("campaigns", "/drafts/VD-QD-04/communications"),
        "alerts": stack.get("notifier", "/alerts", limit=100),
    }
    return {name: _without_positions(answer) for name, answer in asked.items()}


def _without_positions(answer: Any) -> Any:
    return {k: v for k, v in answer.items() if k != "position"} if isinstance(answer, dict) else answer


async def test_takes_the_samples_and_shows_their_figures(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = await stack.until_ready()
    stack.loa_inside("import", "/app/deploy/sample/open", "--dataset", "sample")
    exercise.write(tmp_path, stack.day, load_rulebook().calendar)
    done = stack.loa("import", tmp_path, "--dataset", "exercise")
    assert done.returncode == 0, done.stdout + done.stderr
    await stack.settled()

    inside = json.loads(stack.loa_inside("compliance", "--json"))
    assert inside["groups"] == json.loads(stack.loa("compliance", "--json").stdout)["groups"]
    with stack.client("metrics") as client:
        page = client.get("/details")
    assert page.status_code == 200
    assert f"{inside['groups'][0]['rate_full'] * 100:.1f}".replace(".", ",") in page.text
    assert "Sở Ví dụ B" in page.text
    with capsys.disabled():
        sys.stdout.write(
            f"\nready {ready:.1f} s after the last container was started; memory after the samples:"
        )
        sys.stdout.write("".join(f"\n  {name}: {used}" for name, used in stack.memory().items()) + "\n")


async def test_prometheus_finds_every_service_and_its_rules_hold_on_what_it_finds(stack: Stack) -> None:
    with httpx.Client(
        base_url=f"http://{stack.address(stack.names('prometheus')[0])}:9090/api/v1", verify=NO_AUTHORITIES
    ) as client:

        def asked(path: str, **query: str) -> Any:
            return client.get(path, params=query).raise_for_status().json()["data"]

        def scraped() -> bool:
            targets = asked("/targets")["activeTargets"]
            up = {target["labels"]["service"] for target in targets if target["health"] == "up"}
            return up == {*SERVICES, "disks"}

        def held() -> bool:
            rules = {rule["name"]: rule for rule in asked("/rules")["groups"][0]["rules"]}
            assert rules.keys() == {rule["alert"] for rule in RULES}
            assert [rule["lastError"] for rule in rules.values() if rule["health"] == "err"] == []
            return {rule["health"] for rule in rules.values()} == {"ok"} and (
                rules["LoaSendingHeld"]["state"] == "pending"
            )

        await eventually(_later(scraped), patience=90)  # asked every 15 s
        await eventually(_later(held), patience=90)
        drawn = {
            target["expr"]: len(asked("/query", query=target["expr"])["result"])
            for panel in dashboard.dashboard()["panels"]
            for target in panel["targets"]
        }
    assert drawn["max by (state) (loa_gaps)"] == 2
    assert drawn["max by (projection) (loa_projection_position)"] == len(SERVICES)
    assert drawn["max by (service) (loa_log_fence_closed)"] == len(SERVICES)
    assert [number for expression, number in drawn.items() if "by (disk)" in expression] == [2]


async def test_no_mail_is_sent_before_the_operator_releases_sending(stack: Stack) -> None:
    expected = stack.get("notifier", "/preview", at=stack.mail_hour.isoformat())["mails"]
    assert expected
    assert stack.loa("tick").returncode == 0
    assert mails(stack) == []

    assert stack.loa("release", "--reason", "đã xem trước").returncode == 0
    assert stack.loa("tick").returncode == 0
    await eventually(_later(lambda: len(mails(stack)) >= len(expected)))
    assert stack.loa("tick").returncode == 0
    actual = mails(stack)
    assert len({mail["Message-ID"] for mail in actual}) == len(actual)
    assert {mail["subject"] for mail in expected} <= {str(mail["Subject"]) for mail in actual}


async def test_a_service_that_crashes_is_back_by_itself(stack: Stack) -> None:
    before = answers(stack)
    for service in SERVICES:
        (container,) = stack.names(service)
        started = stack.inspect(container, ".State.StartedAt")
        stack.crash(container)
        await eventually(_later(lambda c=container, s=started: stack.inspect(c, ".State.StartedAt") != s))
    await stack.until_ready()
    await stack.settled()
    assert answers(stack) == before


async def test_broker_and_database_that_crash_lose_nothing(stack: Stack) -> None:
    before, length = answers(stack), await stack.settled()
    for engine in ("nats", "postgres"):
        stack.crash(stack.names(engine)[0])
    await stack.until_ready()
    assert await stack.settled() >= length
    assert answers(stack) == before


async def test_stops_in_order_and_starts_again_as_it_was(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    before, sent = answers(stack), len(mails(stack))
    stack.compose.stop(down=False)
    codes = {name: stack.inspect(stack.names(name)[0], ".State.ExitCode") for name in (*SERVICES, "postgres")}
    assert codes == dict.fromkeys((*SERVICES, "postgres"), "0")
    begun = time.monotonic()
    stack.compose.start()
    await stack.until_ready()
    with capsys.disabled():
        sys.stdout.write(f"\nagain ready {time.monotonic() - begun:.1f} s after the start ")
    await stack.settled()
    assert answers(stack) == before
    assert stack.loa("tick").returncode == 0
    assert len(mails(stack)) == sent


def _later(check: Any) -> Any:
    async def asked() -> Any:
        return check()

    return asked
