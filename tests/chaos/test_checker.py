"""The checker finds what is planted: each mutation of a good run is one that a platform with a fault could leave behind."""

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from shared.contracts.event import draft_id
from tests.chaos.harness.checker import Evidence, violations
from tests.chaos.harness.history import Attempt, Command, End, History

UNIT, DRAFT, ADDRESS = "STP", "NQ-1", "dau.moi@stp.example.vn"
TODAY = date(2026, 11, 27)
ENTERED, DUE = date(2026, 11, 2), date(2026, 11, 9)
NAMESPACE = UUID(int=7)
ENTRY = uuid5(NAMESPACE, "event 3")
ALERT = uuid5(NAMESPACE, "alert")
GAP_EVENT = {"draft_code": DRAFT, "unit_code": UNIT, "stage": "draft_consultation", "facts_position": 3}
Mutation = Callable[[Evidence], None]


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


def event(position: int, subject: str, kind: str, version: int, data: Any, key: str = "") -> dict[str, Any]:
    context = subject.partition("/")[0]
    return {
        "position": position,
        "id": str(uuid5(NAMESPACE, f"event {position}")),
        "subject": subject,
        "type": f"vn.loa.{context}.{kind}.v1",
        "aggregateversion": version,
        "data": data,
        **({"idempotencykey": key} if key else {}),
    }


def command(key: str, began: float, about: str, position: int, *events: str, status: int = 201) -> Command:
    end = End.ACKNOWLEDGED if status < 300 else End.REFUSED
    body = {"id": about, "position": position, "events": list(events)} if events else {}
    attempt = Attempt("registry-a", began, began + 1, status, body)
    return Command(key, "registry", "POST", "/drafts", {}, about, [attempt], end)


def good() -> Evidence:
    """Give what a correct platform leaves behind: one unit, one draft with a gap, one mail of it."""
    draft = str(draft_id(DRAFT))
    registered = {
        "draft_code": DRAFT, "instrument": "provincial_resolution", "regime": "law_2025_amended",
        "procedure": "ordinary", "lead_unit_code": UNIT,
    }  # fmt: skip
    stage = {"stage": "draft_consultation", "entered_on": ENTERED.isoformat()}
    log = [
        event(1, "unit/u", "registered", 1, {"unit_code": UNIT}, "k1"),
        event(2, f"draft/{draft}", "registered", 1, registered, "k2"),
        event(3, f"draft/{draft}", "stage_entered", 2, stage, "k3"),
        event(4, f"compliance/{ENTRY}", "gap_opened", 1, GAP_EVENT),
        event(5, f"alert/{ALERT}", "raised", 1, {"gap_id": str(ENTRY)}),
        event(6, f"alert/{ALERT}", "sent", 2, {"digest_key": "one"}),
    ]
    commands = [
        command("k1", 0, "u", 1, "registered"),
        command("k2", 2, draft, 2, "registered"),
        command("k3", 4, draft, 3, "stage_entered"),
        command("k4", 6, draft, 0, status=422),
    ]
    gap = {
        "gap_id": str(ENTRY), "draft_code": DRAFT, "unit_code": UNIT, "stage": "draft_consultation",
        "due_on": DUE.isoformat(), "policies": [0],
    }  # fmt: skip
    answers = {"metrics /gaps": [gap]}
    return Evidence(
        history=History(commands),
        log=log,
        lines={"registry-a": [{"event": "service_started"}]},
        taken={ADDRESS: [("<1@loa>", False, f"Dự thảo {DRAFT}")]},
        answers=answers,
        fresh=copy.deepcopy(answers),
        gaps=answers["metrics /gaps"],
        addresses={UNIT: ADDRESS},
        today=TODAY,
        is_working=is_weekday,
        exits={"registry-a": [0]},
    )


def changed(position: int, /, **changes: Any) -> Mutation:
    def mutation(evidence: Evidence) -> None:
        evidence.log[position - 1].update(changes)

    return mutation


def lost(position: int) -> Mutation:
    def mutation(evidence: Evidence) -> None:
        evidence.log = [entry for entry in evidence.log if entry["position"] != position]

    return mutation


def appended(subject: str, kind: str, version: int, data: Any, key: str = "") -> Mutation:
    def mutation(evidence: Evidence) -> None:
        evidence.log = [*evidence.log, event(len(evidence.log) + 1, subject, kind, version, data, key)]

    return mutation


def _doubled(evidence: Evidence) -> None:
    again = dict(evidence.log[2], position=7, aggregateversion=3)
    evidence.log = [*evidence.log, again]


def _out_of_order(evidence: Evidence) -> None:
    late = evidence.history.commands[1]
    late.attempts[0].began, late.attempts[0].ended = 10, 11


def _unanswered(evidence: Evidence) -> None:
    evidence.history.commands[2].end = End.UNKNOWN


def _malformed(evidence: Evidence) -> None:
    refused = Attempt("registry-b", 0, 1, 422, {"type": "urn:loa:problem:invalid-request", "detail": "stage"})
    evidence.history.commands.append(
        Command("k5", "registry", "POST", "/units", {}, "u", [refused], End.REFUSED)
    )


def _internal_error(evidence: Evidence) -> None:
    evidence.history.commands[0].attempts.insert(0, Attempt("registry-b", 0, 1, 500, {"type": "internal"}))


def _mail(marked: bool) -> Mutation:
    def mutation(evidence: Evidence) -> None:
        evidence.taken = {ADDRESS: [*evidence.taken[ADDRESS], ("<1@loa>", marked, f"Dự thảo {DRAFT}")]}

    return mutation


def _no_mail(evidence: Evidence) -> None:
    evidence.taken = {ADDRESS: [("<1@loa>", False, "Dự thảo khác")]}


def _other_due_day(evidence: Evidence) -> None:
    due = (DUE + timedelta(days=1)).isoformat()
    evidence.gaps = [{**evidence.gaps[0], "due_on": due}]


def _no_gap(evidence: Evidence) -> None:
    evidence.gaps = []


def _fresh_differs(evidence: Evidence) -> None:
    evidence.fresh = {"metrics /gaps": []}


def _fresh_appends(evidence: Evidence) -> None:
    evidence.added = 1


def _log_line(line: dict[str, Any] | str) -> Mutation:
    def mutation(evidence: Evidence) -> None:
        evidence.lines = {"registry-a": [line]}

    return mutation


def _exit(evidence: Evidence) -> None:
    evidence.exits = {"registry-a": [0, -15]}


MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "an acknowledged event is lost": (lost(3), "1 events acknowledged, 0 in the log"),
    "an acknowledged event stands elsewhere": (changed(3, position=9), "acknowledged at 3, in the log at 9"),
    "an event stands twice": (_doubled, "2 times in the log"),
    "an event of a refused command": (
        appended(f"draft/{draft_id(DRAFT)}", "retitled", 3, {}, "k4"),
        "refused (422), but in the log",
    ),
    "an event that nobody asked for": (
        appended(f"draft/{draft_id(DRAFT)}", "retitled", 3, {}, "k99"),
        "nobody asked",
    ),
    "a version is left out": (changed(3, aggregateversion=3), "version 3 after 1"),
    "a later command stands before an earlier one": (_out_of_order, "before k3"),
    "a command without an answer": (_unanswered, "no answer"),
    "a command that no service takes": (_malformed, "sent what no service takes: stage"),
    "an internal error": (_internal_error, "500 from registry-b"),
    "a gap is opened twice": (
        appended(f"compliance/{ENTRY}", "gap_opened", 2, GAP_EVENT),
        "gap_opened at 7 after gap_opened",
    ),
    "a gap is closed that is not open": (
        appended("compliance/other", "gap_closed", 1, GAP_EVENT),
        "gap_closed at 7 after nothing",
    ),
    "an alert is raised twice": (
        appended(f"alert/{ALERT}", "raised", 3, {"gap_id": str(ENTRY)}),
        "raised twice",
    ),
    "a mail is announced twice": (
        appended(f"alert/{ALERT}", "sent", 3, {"digest_key": "one"}),
        "2 times sent with one",
    ),
    "a mail comes twice, unmarked": (_mail(marked=False), "came 2 times"),
    "nobody is written to": (_no_mail, "never written to of NQ-1"),
    "a due day is wrong": (_other_due_day, "by the naive reading"),
    "a gap is not listed": (_no_gap, "by the naive reading"),
    "a fresh platform answers otherwise": (_fresh_differs, "metrics /gaps"),
    "a fresh platform appends": (_fresh_appends, "appended 1 events"),
    "a log line is not JSON": (_log_line("WARNING: broken"), "not JSON"),
    "a traceback": (_log_line({"event": "x", "exception": "Traceback …"}), "traceback for x"),
    "a service ends by a signal": (_exit, "ended with -15 after SIGTERM"),
}


def test_a_good_run_has_no_violation() -> None:
    assert violations(good()) == []


def test_a_marked_copy_of_a_mail_is_no_violation() -> None:
    evidence = good()
    _mail(marked=True)(evidence)
    assert violations(evidence) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_planted_fault_is_found(name: str) -> None:
    mutation, expected = MUTATIONS[name]
    evidence = good()
    mutation(evidence)
    assert any(expected in sentence for sentence in violations(evidence)), violations(evidence)
