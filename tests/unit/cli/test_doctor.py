"""`loa doctor`: every bad reading becomes one finding in two languages with the command that fixes it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.cli.operate.health import doctor
from deploy.cli.operate.health.diagnosis import diagnose
from deploy.cli.operate.health.engine_diagnosis import synced
from deploy.cli.operate.health.engine_readings import Broker, ConsumerState, Database
from deploy.cli.operate.health.readings import Answer, Disk, Readings, clock_ahead, collect, provisional_years
from deploy.local import state
from deploy.local.keys import tokens
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
    "halted_at": None,
    "problem": None,
}
READY: Mapping[str, Any] = {"ready": True, "checks": {"database": {"ok": True, "detail": "ok"}}}
SYNCED = Answer(200, {"jetstream": {"config": {"sync_always": True}}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doctor")


@pytest.fixture(scope="module")
def healthy(folder: Path) -> Readings:
    answers = {name: _answers(name) for name in SERVICES}
    answers["notifier"] |= {
        "/digests/counts": Answer(200, {"sent": 3}),
        "/preview": Answer(200, {"skipped": []}),
    }
    return Readings(
        now=NOW,
        current=state.Current(dict.fromkeys(SERVICES, "http://x"), _token(folder, 30), str(folder)),
        folder=folder,
        answers=answers,
        monitor=SYNCED,
        broker=Broker(version="2.15.1", consumers=(ConsumerState("campaigns-answers"),), last=7),
        database=Database(version="18.4"),
        disk=Disk(100 * GIB, 50 * GIB),
    )


def _answers(name: str) -> dict[str, Answer]:
    return {"/readyz": Answer(200, READY), "/projections": Answer(200, {"projection": name, **RUNNING})}


def _token(folder: Path, days: float) -> str:
    return tokens.signer(folder).token("x", Role.OPERATOR, NOW + timedelta(days=days))


def _with(healthy: Readings, name: str, path: str, answer: Answer | None) -> Readings:
    answers = {key: dict(value) for key, value in healthy.answers.items()}
    answers[name].pop(path, None)
    if answer is not None:
        answers[name][path] = answer
    return replace(healthy, answers=answers)


def _only_finding(readings: Readings) -> tuple[str, str, str]:
    (finding,) = diagnose(readings)
    assert finding.what.vi != finding.what.en
    return finding.part, finding.what.en, finding.fix


def _halted(at: int | None) -> Answer:
    return Answer(
        200, {"projection": "metrics", **RUNNING, "state": "halted", "halted_at": at, "problem": "bad"}
    )


def test_a_healthy_platform_has_no_findings(healthy: Readings) -> None:
    assert diagnose(healthy) == []


def _log(**changes: object) -> Answer:
    log = {
        "state": "closed",
        "kind": "shorter",
        "meaning": {"vi": "ngắn hơn", "en": "it is shorter"},
        "rows": {"position": 20},
        "log": {"position": 12},
        "others": {},
    }
    return Answer(200, log | changes)


def test_a_year_without_a_notice_on_its_days_off_is_named(healthy: Readings) -> None:
    part, what, fix = _only_finding(replace(healthy, provisional_years=(2028,)))
    assert (part, "2028 is provisional" in what) == ("rules", True)
    assert "2028-01-01,confirmed," in fix
    assert provisional_years(NOW) == ()
    assert provisional_years(NOW.replace(year=2027, month=12, day=20)) == (2028,)


def test_a_log_that_the_rows_do_not_come_from_is_named_with_both_ends(healthy: Readings) -> None:
    part, what, fix = _only_finding(_with(healthy, "metrics", "/log", _log()))
    assert (part, fix) == ("metrics", "loa recover")
    assert "the rows are at position 20, the log ends at 12" in what
    assert "do not rebuild" in what


def test_a_log_that_another_service_refuses_is_named(healthy: Readings) -> None:
    others = _log(kind=None, others={"registry": "the log ends at 12"})
    assert "the rows of registry" in _only_finding(_with(healthy, "metrics", "/log", others))[1]
    assert _only_finding(_with(healthy, "metrics", "/log", others))[2] == "loa recover"


def test_a_halted_read_model_names_the_command(healthy: Readings) -> None:
    at = _with(healthy, "metrics", "/projections", _halted(41))
    assert _only_finding(at) == ("metrics", "halted at event 41: bad", 'loa skip 41 --all --reason "…"')
    nowhere = _with(healthy, "metrics", "/projections", _halted(None))
    assert _only_finding(nowhere)[2] == "loa recover"


def test_a_finding_names_the_check_that_fails(healthy: Readings) -> None:
    failing = {"ready": False, "checks": {"database": {"ok": False, "detail": "refused"}}}
    part, what, fix = _only_finding(_with(healthy, "registry", "/readyz", Answer(503, failing)))
    assert (part, what, "registry.log" in fix) == ("registry", "not ready: database (refused)", True)
    slow = _with(healthy, "registry", "/projections", Answer(200, {**RUNNING, "pending": 5000}))
    assert _only_finding(slow)[1] == "5.000 events behind"
    behind = {"ready": False, "checks": {"projection": {"ok": False, "detail": "no word of the log"}}}
    assert "no word" in _only_finding(_with(healthy, "registry", "/readyz", Answer(503, behind)))[1]


def test_a_service_that_does_not_answer_is_started_or_killed_first(healthy: Readings) -> None:
    silent = _with(healthy, "registry", "/readyz", None)
    assert _only_finding(silent)[:2] == ("registry", "does not answer")
    assert _only_finding(silent)[2].startswith("tail")
    hangs = replace(silent, pid_files=frozenset({"registry"}))
    assert _only_finding(hangs)[2] == f'kill -9 "$(cat {healthy.folder}/run/registry.pid)"'
    nothing_answers = replace(healthy, answers={})
    assert {item.fix for item in diagnose(nothing_answers) if item.part in SERVICES} == {
        f"loa up --data-dir {healthy.folder}"
    }


def test_the_broker_is_as_declared_and_syncs_every_write(healthy: Readings) -> None:
    not_synced = Answer(200, {"jetstream": {"config": {"sync_interval": 120_000_000_000}}})
    assert "not sync every write" in _only_finding(replace(healthy, monitor=not_synced))[1]
    no_monitoring = replace(healthy, monitor=None)
    assert _only_finding(no_monitoring)[2].startswith("export LOA_NATS_MONITOR_URL")
    assert synced(replace(no_monitoring, configured="jetstream {\n  sync_interval: always\n}")) is True
    assert synced(replace(no_monitoring, configured="# sync_interval: always\nsync_interval: 2m")) is False
    other = Broker(differences=(Difference("LOA_EVENTS", "deny_purge", False, True),))
    assert _only_finding(replace(healthy, broker=other))[2] == "loa streams apply"
    redelivered = Broker(consumers=(ConsumerState("campaigns-answers", 2, 2, 2),))
    assert _only_finding(replace(healthy, broker=redelivered))[1] == "2 messages pending, 2 redelivered"
    assert _only_finding(replace(healthy, broker=Broker("refused")))[0] == "nats"


@pytest.mark.parametrize(
    ("change", "part", "english", "fix"),
    [
        ({"database": Database("refused")}, "postgresql", "cannot be reached: refused", "postgres.log"),
        ({"database": Database("", "18.4", "off")}, "postgresql", "fsync is off", "ALTER SYSTEM"),
        ({"disk": Disk(100 * GIB, 5 * GIB)}, "disk", "only 5.0 GiB free", "df -h"),
        ({"monitor": replace(SYNCED, ahead=-60)}, "nats", "its clock is 60 s behind", "timedatectl"),
    ],
)
def test_engines_disk_and_clocks(
    healthy: Readings, change: Mapping[str, Any], part: str, english: str, fix: str
) -> None:
    finding = _only_finding(replace(healthy, **change))
    assert (finding[0], english in finding[1], fix in finding[2]) == (part, True, True)


def test_mail_that_waits_failed_or_has_no_recipient(healthy: Readings) -> None:
    counts = Answer(200, {"queued": 1, "failed": 2, "unsure": 3, "sent": 4, "claimed": 5})
    actual = diagnose(_with(healthy, "notifier", "/digests/counts", counts))
    assert [(item.what.en.split()[0], item.fix) for item in actual] == [
        ("1", "loa tick"),
        ("2", "http://x/outbox  # loa mail retry | acknowledge"),
        ("3", "http://x/outbox  # loa mail acknowledge --all"),
    ]
    skipped = [{"unit_code": unit, "reason": "no_recipient"} for unit in ("B", "A")]
    without = _with(healthy, "notifier", "/preview", Answer(200, {"skipped": skipped}))
    assert "without a mail recipient: A, B" in _only_finding(without)[1]


@pytest.mark.parametrize(
    ("days", "english"), [(-1, "has expired"), (2, "about to expire"), (None, "no access")]
)
def test_a_token_that_ends(healthy: Readings, folder: Path, days: float | None, english: str) -> None:
    token = "" if days is None else _token(folder, days)
    part, what, fix = _only_finding(replace(healthy, current=replace(healthy.current, token=token)))
    assert (part, english in what, fix) == ("token", True, 'export LOA_TOKEN="$(loa token)"')


def test_a_rejected_token_is_one_finding(healthy: Readings) -> None:
    rejected = replace(
        healthy, answers={name: {**_answers(name), "/projections": Answer(401, {})} for name in SERVICES}
    )
    assert _only_finding(rejected)[:2] == ("token", "the services reject this access token")


def test_only_a_certain_clock_difference_counts() -> None:
    sent = datetime(2026, 11, 22, 2, 0, 0, 500_000, tzinfo=UTC)
    received = sent + timedelta(seconds=2)
    header = "Sun, 22 Nov 2026 02:00:{:02d} GMT"
    assert [clock_ahead(header.format(second), sent, received) for second in (0, 2, 10)] == [0.0, 0.0, 7.5]
    assert clock_ahead("Sun, 22 Nov 2026 01:59:50 GMT", sent, received) == -9.5
    assert (clock_ahead(None, sent, received), clock_ahead("nonsense", sent, received)) == (0.0, 0.0)


def test_when_everything_is_down_the_finding_names_the_command(tmp_path: Path) -> None:
    gone = state.Current({"registry": "http://127.0.0.1:9"}, "", str(tmp_path), "nats://127.0.0.1:9")
    seen = asyncio.run(collect(gone, tmp_path, LocalSettings()))
    part, english, fix = _only_finding(seen)
    assert (part, "nothing is running" in english, fix) == ("loa", True, f"loa up --data-dir {tmp_path}")
    assert list(tmp_path.iterdir()) == []


def test_the_document_has_all_readings_but_not_the_token(healthy: Readings) -> None:
    document = doctor.as_document(healthy, diagnose(replace(healthy, disk=Disk(GIB, 0))))
    assert (document["well"], document["every_write_synced"], document["last_position"]) == (False, True, 7)
    assert [problem["part"] for problem in document["problems"]] == ["disk"]  # type: ignore[attr-defined]
    assert healthy.current.token not in str(document)
