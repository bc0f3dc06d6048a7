"""Three brokers, two replicas of everything: whatever single part dies during an import, nothing is lost or doubled.

Each trouble gets offices of its own to import; what is reported about them afterwards must be what is reported about an office
whose import nobody disturbed.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.projections.rows import State
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.platform.service import eventually
from tests.support.platform.stack import Stack, running
from tests.support.samples import offices
from tests.support.servers.containers import Images

pytestmark = [pytest.mark.container, pytest.mark.timeout(1200)]

OFFICES = 12  # imported at once: some 1,500 rows, so that the trouble comes in the middle
MOST_RUNS = 20
TAKEOVER_SECONDS = 5.0
UNDISTURBED = "A"

Trouble = Callable[[Stack], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def cluster(images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("cluster")
    with running(images, "cluster.yaml", folder, "loachaos") as stack:
        yield stack


@pytest.fixture(scope="module")
async def expected(cluster: Stack, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What is reported about offices whose import nobody disturbed."""
    await cluster.until_ready()
    await bring_in(cluster, UNDISTURBED, tmp_path_factory.mktemp("undisturbed"))
    return reports(cluster, UNDISTURBED)


def prefixes(letter: str) -> Sequence[str]:
    return [f"{letter}{number:02}-" for number in range(OFFICES)]


async def bring_in(stack: Stack, letter: str, folder: Path) -> Sequence[str]:
    """Import offices; as an operator would, run the command again until all is in. Give what runs that failed said."""
    rows = folder / "rows"
    offices.write(rows, prefixes(letter), stack.day, load_rulebook().calendar)
    failed: list[str] = []
    while len(failed) < MOST_RUNS:
        done = await asyncio.to_thread(stack.loa, "import", rows, "--dataset", "exercise")
        if done.returncode == 0:
            await stack.settled()
            return failed
        failed.append(done.stdout[-2000:] + done.stderr[-2000:])
        await asyncio.sleep(1)
    raise AssertionError("\n".join(failed))


def reports(stack: Stack, letter: str) -> Sequence[Any]:
    """What people read about each office, and every event of its drafts."""
    return [_about(stack, prefix) for prefix in prefixes(letter)]


def _about(stack: Stack, prefix: str) -> Any:
    of_unit = {"as_of": stack.day.isoformat(), "unit": f"{prefix}TINH", "include_descendants": "true"}
    figures = stack.get("metrics", "/compliance", **of_unit, group_by="unit")["groups"]
    gaps = stack.get("metrics", "/gaps", **of_unit)["gaps"]
    codes = offices.codes(prefix, stack.day, load_rulebook().calendar)
    answers = {
        "figures": figures,
        "gaps": sorted(gaps, key=lambda gap: str(gap["draft_code"])),
        "histories": [_history(stack, code) for code in codes],
        "communications": [stack.get("campaigns", f"/drafts/{code}/communications") for code in codes],
    }
    return offices.alike(answers, prefix)


def _history(stack: Stack, code: str) -> Sequence[str]:
    """Name every event of a draft; rows of one file that go in again later may stand in another order."""
    return sorted(event["type"] for event in stack.get("registry", f"/drafts/{code}/history")["events"])


def down(service: str, number: int = 0) -> Trouble:
    return lambda stack: stack.down(stack.names(service)[number])


def cut_off(service: str) -> Trouble:
    return lambda stack: stack.cut_off(stack.names(service)[0])


@contextmanager
def database_crashes(stack: Stack) -> Iterator[None]:
    stack.crash(stack.names("postgres")[0])
    yield


TROUBLES = {
    "B": ("a broker is gone", down("nats-1")),
    "C": ("another broker is gone", down("nats-2")),
    "D": ("the third broker is gone", down("nats-3")),
    "E": ("a broker's cable is pulled", cut_off("nats-2")),
    "F": ("the database crashes", database_crashes),
    "G": ("a registry is gone", down("registry", 0)),
    "H": ("the other registry is gone", down("registry", 1)),
    "J": ("a campaigns is gone", down("campaigns")),
    "K": ("a metrics is gone", down("metrics")),
    "L": ("a notifier is gone", down("notifier")),
}


@pytest.mark.parametrize("letter", [pytest.param(key, id=words) for key, (words, _) in TROUBLES.items()])
async def test_nothing_is_lost_when(
    cluster: Stack, expected: Any, tmp_path: Path, letter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, trouble = TROUBLES[letter]
    before = await cluster.settled()
    importing = asyncio.create_task(bring_in(cluster, letter, tmp_path))
    middle = await eventually(lambda: _begun(cluster, before), patience=60)
    begun = time.monotonic()
    held = trouble(cluster)
    await asyncio.to_thread(held.__enter__)
    try:
        failed = await importing
        seconds = time.monotonic() - begun
        answers = await asyncio.to_thread(reports, cluster, letter)
    finally:
        await asyncio.to_thread(held.__exit__, None, None, None)
    assert answers == expected
    await cluster.until_ready()
    length = await cluster.settled()
    assert before < middle < length, "the trouble came before or after the import"
    with capsys.disabled():
        sys.stdout.write(
            f"\n{words}: {length - before} events, {len(failed) + 1} run(s) of the import, {seconds:.0f} s "
            + "".join(failed)
        )


async def _begun(stack: Stack, before: int) -> int:
    """Give the position once the import is on its way; a replica that stands by would tell an older one."""
    position = int(stack.get("registry", "/projections")["position"])
    return position if position > before + 50 else 0


@pytest.mark.parametrize("way", ["killed", "cut off"])
async def test_another_projector_takes_over(
    cluster: Stack, expected: Any, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected
    await cluster.until_ready()
    active = next(name for name in cluster.names("metrics") if _state(cluster, name) == State.RUNNING)
    (other,) = (name for name in cluster.names("metrics") if name != active)
    with cluster.down(active) if way == "killed" else cluster.cut_off(active):
        begun = time.monotonic()
        await eventually(
            lambda: asyncio.to_thread(lambda: _state(cluster, other) == State.RUNNING), patience=30
        )
        seconds = time.monotonic() - begun
    await cluster.until_ready()
    with capsys.disabled():
        sys.stdout.write(f"\nprojector {way}: another took over after {seconds:.1f} s ")
    assert seconds < TAKEOVER_SECONDS


async def test_a_gateway_without_replicas_answers_retry_after(cluster: Stack) -> None:
    first, other = cluster.names("notifier")
    with cluster.down(first), cluster.down(other):
        answer = await eventually(lambda: asyncio.to_thread(_refusal, cluster), patience=30)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"].isdigit()
    assert answer.json()["messages"].keys() == {"vi", "en"}
    await cluster.until_ready()


def _refusal(stack: Stack) -> httpx.Response | None:
    with stack.client("notifier") as client:
        answer = client.get("/alerts")
    return answer if answer.status_code == 503 else None


def _state(stack: Stack, container: str) -> str:
    with stack.client("metrics", container) as client:
        return str(client.get("/projections").json()["state"])
