"""Holds what the workload saw against the log, the mails and the services' logs. It reads; it runs nothing.

Every check gives the violations that it found, as sentences; an empty list is what a correct platform gives.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from shared.contracts.event import draft_id
from shared.contracts.vocabulary import Answer, Instrument, Procedure, Regime, Stage
from shared.rules.facts import Communication, DraftFacts, Scope, StageEntry
from tests.chaos.harness.history import Command, End, History
from tests.support.rules.naive import NaiveDraft

Log = Sequence[
    dict[str, Any]
]  # the events as they stand in the log, each with its `position` and `subject` on the wire
INVALID = 422
REQUESTED = "vn.loa.draft.request_raised.v1"
CLIENT_FAULTS = {"status", "kind"}


@dataclass(slots=True)
class Evidence:
    """Everything that a run leaves behind.

    `lines` are the log lines by replica; `taken` the mails by address that the mail server has, as (Message-ID,
    marked as a possible duplicate, text); `answers` and `fresh` what the platform and a fresh one on a copy of the log
    answer to the same questions; `added` how many events the fresh one appended; `gaps` what `GET /gaps` lists.
    """

    history: History
    log: Log
    lines: Mapping[str, Sequence[dict[str, Any] | str]] = field(default_factory=dict)
    taken: Mapping[str, Sequence[tuple[str, bool, str]]] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    fresh: Mapping[str, Any] = field(default_factory=dict)
    added: int = 0
    gaps: Sequence[Mapping[str, Any]] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)  # unit -> address
    today: date = date.min
    is_working: Callable[[date], bool] = lambda _: True
    exits: Mapping[str, Sequence[int]] = field(default_factory=dict)


def violations(evidence: Evidence) -> list[str]:
    """Carry out all checks."""
    return [sentence for check in CHECKS for sentence in check(evidence)]


def acknowledged_once(evidence: Evidence) -> Iterable[str]:
    """Every acknowledged command stands in the log once, where its answer says."""
    by_key = _by_key(evidence.log)
    for command in evidence.history.of(End.ACKNOWLEDGED):
        events, position = by_key.get(command.key, []), command.position
        if position is None:
            continue  # recipients: not in the log
        expected = command.answer.body.get("events", [])
        if len(events) != len(expected):
            yield f"{command.key}: {len(expected)} events acknowledged, {len(events)} in the log"
        elif events and events[-1]["position"] != position:
            yield f"{command.key}: acknowledged at {position}, in the log at {events[-1]['position']}"


def imported_once(evidence: Evidence) -> Iterable[str]:
    """A row that was acknowledged registered its draft once, one that was not at most once."""
    registered = Counter(
        event["data"]["draft_code"] for event in evidence.log if event["type"] == "vn.loa.draft.registered.v1"
    )
    for code, is_acknowledged in evidence.history.imported.items():
        number = registered[code]
        if number > 1 or (is_acknowledged and number == 0):
            words = "acknowledged" if is_acknowledged else "not acknowledged"
            yield f"row of {code}: {words}, {number} times in the log"


def pressed_once(evidence: Evidence) -> Iterable[str]:
    """An answer of a link that the page confirmed stands in the log once."""
    by_key = _by_key(evidence.log)
    for command in evidence.history.commands:
        if command.path.startswith("/answers/"):
            number = sum(
                event["subject"].partition("/")[0] in {"alert", "communication"} or event["type"] == REQUESTED
                for event in by_key.get(command.key, [])
            )
            if number > 1 or (command.end is End.ACKNOWLEDGED and number == 0):
                yield f"{command.about} by the link {command.key}: {command.end}, {number} times in the log"


def refused_never(evidence: Evidence) -> Iterable[str]:
    """Nothing of a refused command is in the log."""
    by_key = _by_key(evidence.log)
    for command in evidence.history.of(End.REFUSED):
        if by_key.get(command.key):
            yield f"{command.key}: refused ({command.answer.status}), but in the log"


def well_formed(evidence: Evidence) -> Iterable[str]:
    """No command was refused for its form: the harness would try nothing with it, and look as if all was well."""
    for command in evidence.history.of(End.REFUSED):
        body = command.answer.body
        if str(body.get("type", "")).endswith(":invalid-request") or (
            "page" in body and command.answer.status == INVALID
        ):
            words = body.get("detail") or body.get("page")
            yield f"{command.about} ({command.key}): the harness sent what no service takes: {words}"


def nothing_unasked(evidence: Evidence) -> Iterable[str]:
    """An event of the commands' contexts comes from a command, and no event id stands twice."""
    keys = {command.key for command in evidence.history.commands}
    imported = {f"draft/{draft_id(code)}" for code in evidence.history.imported}
    for event in evidence.log:
        context = event["subject"].partition("/")[0]
        if event["subject"] in imported:
            continue  # rows have no keys: `imported_once`
        if context in {"unit", "draft", "communication"} and event.get("idempotencykey") not in keys:
            yield f"{event['subject']} at {event['position']}: nobody asked for it"
    for event_id, number in Counter(event["id"] for event in evidence.log).items():
        if number > 1:
            yield f"event {event_id} stands {number} times in the log"


def versions_in_order(evidence: Evidence) -> Iterable[str]:
    """The versions of an aggregate are 1, 2, 3 … in the order of the log."""
    last: dict[str, int] = defaultdict(int)
    for event in evidence.log:
        if event["aggregateversion"] != last[event["subject"]] + 1:
            yield f"{event['subject']}: version {event['aggregateversion']} after {last[event['subject']]}"
        last[event["subject"]] = event["aggregateversion"]


def real_time_order(evidence: Evidence) -> Iterable[str]:
    """A command that began after another on the same aggregate was acknowledged stands after it."""
    of: dict[str, list[Command]] = defaultdict(list)
    for command in evidence.history.of(End.ACKNOWLEDGED):
        if command.position is not None:
            of[str(command.answer.body.get("id"))].append(command)
    for commands in of.values():
        for before in commands:
            for after in commands:
                if after.began > before.answer.ended and (after.position or 0) < (before.position or 0):
                    yield f"{after.key} at {after.position} before {before.key} at {before.position}"


def no_internal_error(evidence: Evidence) -> Iterable[str]:
    """No answer is a 500: what fails is said to be temporary or wrong."""
    for command in evidence.history.commands:
        for attempt in command.attempts:
            if attempt.status == 500:
                yield f"{command.key}: 500 from {attempt.replica}: {json.dumps(attempt.body)[:300]}"


def everything_ended(evidence: Evidence) -> Iterable[str]:
    """After the faults are healed every command gets an answer."""
    for command in evidence.history.of(End.UNKNOWN):
        yield f"{command.key}: no answer in {len(command.attempts)} attempts; the last: {command.answer.body}"


def gaps_announced_once(evidence: Evidence) -> Iterable[str]:
    """A gap is opened, changed and closed in turn, and never announced twice in one state."""
    state: dict[str, tuple[str, str]] = {}
    for event in evidence.log:
        context, _, gap = event["subject"].partition("/")
        kind = event["type"].split(".")[-2]
        if context != "compliance" or not kind.startswith("gap_"):
            continue
        content = json.dumps(
            {name: value for name, value in event["data"].items() if name != "facts_position"}, sort_keys=True
        )
        before = state.get(gap)
        is_open = before is not None and before[0] != "gap_closed"
        if (kind == "gap_opened") == is_open:
            yield f"gap {gap}: {kind} at {event['position']} after {before[0] if before else 'nothing'}"
        if before == (kind, content):
            yield f"gap {gap}: announced twice at {event['position']}"
        state[gap] = (kind, content)


def alerts_raised_once(evidence: Evidence) -> Iterable[str]:
    """An alert is raised once until it is resolved; a mail is announced once per alert and digest."""
    raised: set[str] = set()
    sent: Counter[tuple[str, str]] = Counter()
    for event in evidence.log:
        context, _, alert = event["subject"].partition("/")
        kind = event["type"].split(".")[-2]
        if context != "alert":
            continue
        if kind == "raised":
            if alert in raised:
                yield f"alert {alert}: raised twice, again at {event['position']}"
            raised.add(alert)
        if kind == "resolved":
            raised.discard(alert)
        if kind == "sent":
            sent[alert, event["data"]["digest_key"]] += 1
    for (alert, key), number in sent.items():
        if number > 1:
            yield f"alert {alert}: {number} times sent with {key}"


def mails_once_or_marked(evidence: Evidence) -> Iterable[str]:
    """A mail that came more than once says so from its second copy on."""
    for address, mails in evidence.taken.items():
        copies: dict[str, list[bool]] = defaultdict(list)
        for message_id, is_marked, _ in mails:
            copies[message_id].append(is_marked)
        for message_id, marks in copies.items():
            if not all(marks[1:]):
                yield f"{address}: {message_id} came {len(marks)} times, marked {marks}"


def owed_is_mailed(evidence: Evidence) -> Iterable[str]:
    """Who owes something at the end has been written to of it."""
    for gap in evidence.gaps:
        address = evidence.addresses.get(gap["unit_code"])
        if address is None:
            continue
        texts = [text for _, _, text in evidence.taken.get(address, ())]
        if not any(gap["draft_code"] in text for text in texts):
            yield f"{address} was never written to of {gap['draft_code']}"


def gaps_by_the_naive_reading(evidence: Evidence) -> Iterable[str]:
    """`GET /gaps` lists what a slow, independent reading of the log finds."""
    expected = {}
    for code, facts in facts_of(evidence.log).items():
        gap = NaiveDraft(facts, evidence.is_working, evidence.today).gap()
        if gap is not None:
            expected[code] = (str(gap.gap_id), gap.stage, gap.due_on.isoformat(), sorted(gap.policies))
    actual = {
        gap["draft_code"]: (gap["gap_id"], gap["stage"], gap["due_on"], sorted(gap["policies"]))
        for gap in evidence.gaps
    }
    for code in sorted(expected.keys() | actual.keys()):
        if expected.get(code) != actual.get(code):
            yield f"gap of {code}: {actual.get(code)}, by the naive reading {expected.get(code)}"


def as_a_fresh_platform(evidence: Evidence) -> Iterable[str]:
    """A platform with empty databases on a copy of the log answers the same, and appends nothing."""
    if evidence.added:
        yield f"a fresh platform on a copy of the log appended {evidence.added} events"
    for question, answer in evidence.answers.items():
        if answer != evidence.fresh.get(question):
            yield f"{question}: {_difference(answer, evidence.fresh.get(question))}"


def logs_are_json(evidence: Evidence) -> Iterable[str]:
    """Every line of a service's log is JSON, and an expected fault has no traceback."""
    for replica, lines in evidence.lines.items():
        not_json = [line for line in lines if isinstance(line, str)]
        if not_json:
            yield f"{replica}: {len(not_json)} lines are not JSON, the first: {not_json[0][:200]}"
        for line in lines:
            if isinstance(line, dict) and ("exception" in line or "Traceback" in json.dumps(line)):
                yield f"{replica}: traceback for {line.get('event')}: {str(line.get('exception'))[-300:]}"


def exits_are_clean(evidence: Evidence) -> Iterable[str]:
    """A service that is told to end (SIGTERM) ends with status 0."""
    for replica, statuses in evidence.exits.items():
        for status in statuses:
            if status != 0:
                yield f"{replica}: ended with {status} after SIGTERM"


CHECKS = (
    acknowledged_once,
    imported_once,
    pressed_once,
    refused_never,
    well_formed,
    nothing_unasked,
    versions_in_order,
    real_time_order,
    no_internal_error,
    everything_ended,
    gaps_announced_once,
    alerts_raised_once,
    mails_once_or_marked,
    owed_is_mailed,
    gaps_by_the_naive_reading,
    as_a_fresh_platform,
    logs_are_json,
    exits_are_clean,
)


def facts_of(log: Log) -> dict[str, DraftFacts]:
    """Read the facts of each draft from the log: only what the workload writes."""
    drafts: dict[str, dict[str, Any]] = {}
    for event in log:
        context, _, aggregate = event["subject"].partition("/")
        kind, data = event["type"].split(".")[-2], event["data"]
        if (context, kind) == ("draft", "registered"):
            drafts[aggregate] = {
                "code": data["draft_code"],
                "data": data,
                "policies": set(),
                "entries": [],
                "held": [],
            }
        elif (context, kind) == ("draft", "policy_added"):
            drafts[aggregate]["policies"].add(data["policy_no"])
        elif (context, kind) == ("draft", "stage_entered"):
            entry = StageEntry(
                entry_id=UUID(event["id"]),
                stage=Stage(data["stage"]),
                entered_on=date.fromisoformat(data["entered_on"]),
            )
            drafts[aggregate]["entries"].append(entry)
        elif (context, kind) == ("communication", "recorded"):
            held = Communication(
                communication_id=UUID(aggregate),
                held_on=date.fromisoformat(data["held_on"]),
                policies=frozenset(data.get("policies") or ()),
            )
            drafts[str(draft_id(data["draft_code"]))]["held"].append(held)
    return {draft["code"]: _facts(aggregate, draft) for aggregate, draft in drafts.items()}


def _facts(aggregate: str, draft: Mapping[str, Any]) -> DraftFacts:
    data = draft["data"]
    return DraftFacts(
        draft_id=UUID(aggregate),
        instrument=Instrument(data["instrument"]),
        regime=Regime(data["regime"]),
        procedure=Procedure(data.get("procedure") or "ordinary"),
        lead_unit_code=data["lead_unit_code"],
        scope=Scope(explicit=Answer.YES),
        policies=frozenset(draft["policies"]),
        entries=tuple(draft["entries"]),
        communications=tuple(draft["held"]),
    )


def _by_key(log: Log) -> dict[str, list[dict[str, Any]]]:
    by_key: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in log:
        if event.get("idempotencykey"):
            by_key[event["idempotencykey"]].append(event)
    return by_key


def _difference(ours: Any, fresh: Any) -> str:
    if isinstance(ours, list) and isinstance(fresh, list):
        only_ours = [item for item in ours if item not in fresh][:2]
        only_fresh = [item for item in fresh if item not in ours][:2]
        return f"only here {json.dumps(only_ours)[:400]}, only fresh {json.dumps(only_fresh)[:400]}"
    return f"here {json.dumps(ours)[:300]}, fresh {json.dumps(fresh)[:300]}"
