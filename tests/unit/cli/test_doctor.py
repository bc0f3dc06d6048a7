"""Every reading that is not well becomes one line, in two languages, with the command that mends it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.cli import doctor
from deploy.cli.diagnosis import diagnose
from deploy.cli.engine_diagnosis import synced
from deploy.cli.engine_vitals import Broker, Database, Queue
from deploy.cli.vitals import Answer, Disk, Vitals, clock_ahead, take
from deploy.local import state, tokens
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import SERVICES
from shared.contracts.vocabulary import Role
from shared.eventstore.streams import Difference

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GIB = 1 << 30
RUNNING: Mapping[str, Any] = {
    "state": "running",
    "position": 7,
    "pending": 0,
    "stuck_at": None,
    "problem": None,
}
READY: Mapping[str, Any] = {"ready": True, "checks": {"database": {"ok": True, "detail": "ok"}}}
SYNCED = Answer(200, {"jetstream": {"config": {"sync_always": True}}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doctor")


@pytest.fixture(scope="module")
def well(folder: Path) -> Vitals:
    doors = {name: _doors(name) for name in SERVICES}
    doors["notifier"] |= {
        "/digests/counts": Answer(200, {"sent": 3}),
        "/preview": Answer(200, {"skipped": []}),
    }
    return Vitals(
        now=NOW,
        current=state.Current(dict.fromkeys(SERVICES, "http://x"), _token(folder, 30), str(folder)),
        folder=folder,
        doors=doors,
        monitor=SYNCED,
        broker=Broker(version="2.15.1", queues=(Queue("campaigns-answers"),), last=7),
        database=Database(version="18.4"),
        disk=Disk(100 * GIB, 50 * GIB),
    )


def _doors(name: str) -> dict[str, Answer]:
    return {"/readyz": Answer(200, READY), "/projections": Answer(200, {"projection": name, **RUNNING})}


def _token(folder: Path, days: float) -> str:
    return tokens.signer(folder).token("x", Role.OPERATOR, NOW + timedelta(days=days))


def _with(well: Vitals, name: str, path: str, answer: Answer | None) -> Vitals:
    doors = {key: dict(value) for key, value in well.doors.items()}
    doors[name].pop(path)
    if answer is not None:
        doors[name][path] = answer
    return replace(well, doors=doors)


def _said(vitals: Vitals) -> tuple[str, str, str]:
    (found,) = diagnose(vitals)
    assert found.what.vi != found.what.en
    return found.part, found.what.en, found.mend


def _stuck(at: int | None) -> Answer:
    return Answer(
        200, {"projection": "metrics", **RUNNING, "state": "stuck", "stuck_at": at, "problem": "bad"}
    )


def test_what_is_well_needs_no_word(well: Vitals) -> None:
    assert diagnose(well) == []


def test_a_stuck_read_model_names_the_command(well: Vitals) -> None:
    at = _with(well, "metrics", "/projections", _stuck(41))
    assert _said(at) == ("metrics", "stuck at event 41: bad", 'loa skip metrics 41 --reason "…"')
    nowhere = _with(well, "metrics", "/projections", _stuck(None))
    assert _said(nowhere)[2] == "loa rebuild metrics"


def test_a_service_says_which_check_fails(well: Vitals) -> None:
    ill = {"ready": False, "checks": {"database": {"ok": False, "detail": "refused"}}}
    part, what, mend = _said(_with(well, "registry", "/readyz", Answer(503, ill)))
    assert (part, what, "registry.log" in mend) == ("registry", "not ready: database (refused)", True)
    slow = _with(well, "registry", "/projections", Answer(200, {**RUNNING, "pending": 5000}))
    assert _said(slow)[1] == "5.000 events behind"
    behind = {"ready": False, "checks": {"projection": {"ok": False, "detail": "no word of the log"}}}
    assert "no word" in _said(_with(well, "registry", "/readyz", Answer(503, behind)))[1]


def test_a_service_that_does_not_answer_is_started_or_ended_first(well: Vitals) -> None:
    silent = _with(well, "registry", "/readyz", None)
    assert _said(silent)[:2] == ("registry", "does not answer")
    assert _said(silent)[2].startswith("tail")
    hangs = replace(silent, noted=frozenset({"registry"}))
    assert _said(hangs)[2] == f'kill -9 "$(cat {well.folder}/run/registry.pid)"'
    alone = replace(well, doors={})
    assert {one.mend for one in diagnose(alone) if one.part in SERVICES} == {"loa up"}


def test_the_broker_is_as_declared_and_syncs_every_write(well: Vitals) -> None:
    asleep = Answer(200, {"jetstream": {"config": {"sync_interval": 120_000_000_000}}})
    assert "not sync every write" in _said(replace(well, monitor=asleep))[1]
    blind = replace(well, monitor=None)
    assert _said(blind)[2].startswith("export LOA_NATS_MONITOR_URL")
    assert synced(replace(blind, configured="jetstream {\n  sync_interval: always\n}")) is True
    assert synced(replace(blind, configured="# sync_interval: always\nsync_interval: 2m")) is False
    other = Broker(differences=(Difference("LOA_EVENTS", "deny_purge", False, True),))
    assert _said(replace(well, broker=other))[2] == "loa streams apply"
    again = Broker(queues=(Queue("campaigns-answers", 2, 2, 2),))
    assert _said(replace(well, broker=again))[1] == "2 messages wait, 2 had to come again"
    assert _said(replace(well, broker=Broker("refused")))[0] == "nats"


@pytest.mark.parametrize(
    ("change", "part", "english", "mend"),
    [
        ({"database": Database("refused")}, "postgresql", "cannot be reached: refused", "postgres.log"),
        ({"database": Database("", "18.4", "off")}, "postgresql", "fsync is off", "ALTER SYSTEM"),
        ({"disk": Disk(100 * GIB, 5 * GIB)}, "disk", "only 5.0 GiB are free", "df -h"),
        ({"monitor": replace(SYNCED, ahead=-60)}, "nats", "its clock is 60 s behind", "timedatectl"),
    ],
)
def test_engines_disk_and_clocks(
    well: Vitals, change: Mapping[str, Any], part: str, english: str, mend: str
) -> None:
    said = _said(replace(well, **change))
    assert (said[0], english in said[1], mend in said[2]) == (part, True, True)


def test_mail_that_waits_fails_or_has_nobody(well: Vitals) -> None:
    counts = Answer(200, {"queued": 1, "failed": 2, "unsure": 3, "sent": 4, "claimed": 5})
    found = diagnose(_with(well, "notifier", "/digests/counts", counts))
    assert [(one.what.en.split()[0], one.mend) for one in found] == [
        ("1", "loa tick"),
        ("2", "http://x/outbox  # loa mail retry | acknowledge"),
        ("3", "http://x/outbox  # loa mail acknowledge"),
    ]
    skipped = [{"unit_code": unit, "reason": "no_recipient"} for unit in ("B", "A")]
    alone = _with(well, "notifier", "/preview", Answer(200, {"skipped": skipped}))
    assert "nobody to write to: A, B" in _said(alone)[1]


@pytest.mark.parametrize(
    ("days", "english"), [(-1, "has expired"), (2, "about to expire"), (None, "no access")]
)
def test_a_token_that_ends(well: Vitals, folder: Path, days: float | None, english: str) -> None:
    token = "" if days is None else _token(folder, days)
    part, what, mend = _said(replace(well, current=replace(well.current, token=token)))
    assert (part, english in what, mend) == ("token", True, 'export LOA_TOKEN="$(loa token)"')


def test_a_token_that_nobody_takes_is_one_problem(well: Vitals) -> None:
    stranger = replace(
        well, doors={name: {**_doors(name), "/projections": Answer(401, {})} for name in SERVICES}
    )
    assert _said(stranger)[:2] == ("token", "the services do not take this access token")


def test_another_clock_is_only_blamed_for_what_is_certain() -> None:
    sent = datetime(2026, 11, 22, 2, 0, 0, 500_000, tzinfo=UTC)
    received = sent + timedelta(seconds=2)
    said = "Sun, 22 Nov 2026 02:00:{:02d} GMT"
    assert [clock_ahead(said.format(second), sent, received) for second in (0, 2, 10)] == [0.0, 0.0, 7.5]
    assert clock_ahead("Sun, 22 Nov 2026 01:59:50 GMT", sent, received) == -9.5
    assert (clock_ahead(None, sent, received), clock_ahead("nonsense", sent, received)) == (0.0, 0.0)


def test_when_everything_is_down_it_says_what_to_start(tmp_path: Path) -> None:
    gone = state.Current({"registry": "http://127.0.0.1:9"}, "", str(tmp_path), "nats://127.0.0.1:9")
    seen = asyncio.run(take(gone, tmp_path, LocalSettings()))
    part, english, mend = _said(seen)
    assert (part, "nothing runs" in english, mend) == ("loa", True, f"loa up --data-dir {tmp_path}")
    assert list(tmp_path.iterdir()) == []


def test_the_document_says_all_and_keeps_the_token(well: Vitals) -> None:
    document = doctor.as_document(well, diagnose(replace(well, disk=Disk(GIB, 0))))
    assert (document["well"], document["every_write_synced"], document["last_position"]) == (False, True, 7)
    assert [problem["part"] for problem in document["problems"]] == ["disk"]  # type: ignore[attr-defined]
    assert well.current.token not in str(document)
