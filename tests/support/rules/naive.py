"""A second, deliberately slow reading of the compliance rules, straight from their text, one day at a time.

It shares the facts and the vocabulary with `shared.rules`, and the question whether a day is a working day;
everything else is its own. Where the two disagree, one of them misread the rules.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from uuid import UUID

from shared.contracts.vocabulary import Answer, Precision, Procedure, Stage
from shared.rules.facts import Communication, DraftFacts, StageEntry

OPENING = {"policy_consultation", "draft_consultation"}
BY_LAW = {"adopted", "promulgated", "published"}
ENDS = {"withdrawn", "merged"}
PARALLEL = {"social_criticism"}
NOT_REQUIRED = {
    "policy_approved",
    "proposal_approved",
    "executive_review",
    "submitted",
    "registered",
    "suspended",
}
GRACE = {Procedure.ORDINARY: 5, Procedure.SIMPLIFIED: 2}
STATUTORY = {"written_request", "portal_posting"}
NO_PROPOSAL_STEP = {
    "provincial_resolution", "provincial_decision", "provincial_chair_decision", "special_unit_document",
    "commune_resolution", "commune_decision",
}  # fmt: skip
LAST_OF_A_DATE = ("suspended", "withdrawn", "merged")

IsWorking = Callable[[date], bool]


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    entry_id: UUID
    stage: str
    entered_on: date
    exited_on: date | None
    due_on: date
    required: bool


@dataclass(frozen=True, kw_only=True)
class PolicyAnswer:
    policy_no: int
    verdict: str
    on_time: bool
    any_communication: bool
    from_start: bool
    begun: bool
    statutory_only: bool
    verified: bool
    provisional: bool
    waived: int
    pairs: tuple[tuple[UUID, str, date], ...]  # the required occurrences: entry, verdict, due day


@dataclass(frozen=True, kw_only=True)
class GapAnswer:
    gap_id: UUID
    unit_code: str
    stage: str
    since: date
    due_on: date
    policies: tuple[int, ...]
    state: str
    overdue_working_days: int


@lru_cache(maxsize=4096)
def possible_days(first: date, precision: Precision) -> tuple[date, ...]:
    """List every day on which something dated like that may have happened."""
    days = [first]
    while precision is not Precision.DAY:
        following = days[-1] + timedelta(days=1)
        same = following.year == first.year and (
            precision is Precision.YEAR or following.month == first.month
        )
        if not same:
            break
        days.append(following)
    return tuple(days)


def scope_of(facts: DraftFacts) -> str:
    scope = facts.scope
    if scope.explicit in {Answer.YES, Answer.NO}:
        return scope.explicit.value
    if scope.state_secret == "yes":
        return "no"
    asked = [scope.requires_proposal, scope.affects_rights, scope.contested, scope.wide_impact]
    if facts.instrument in NO_PROPOSAL_STEP and facts.regime in {"law_2025", "law_2025_amended"}:
        asked = asked[1:]
    if any(answer == "no" for answer in asked):
        return "no"
    return "yes" if all(answer == "yes" for answer in asked) else "unknown"


def lead_on(facts: DraftFacts, day: date) -> str:
    code = facts.lead_unit_code
    for transfer in sorted(facts.transfers, key=lambda transfer: transfer.on):
        if transfer.on <= day:
            code = transfer.unit_code
    return code


def role_in(facts: DraftFacts, held: Communication) -> str:
    if held.role is not None:
        return held.role.value
    if held.unit_code is None or held.unit_code == lead_on(facts, held.held_on):
        return "lead"
    return "support"


def ordered(entries: Iterable[StageEntry]) -> list[StageEntry]:
    """Order by date; within a date by the list of stages with the three last ones last; walk and drop."""
    sequence: list[StageEntry] = []
    todo = [entry for entry in entries if entry.stage not in PARALLEL]
    for day in sorted({entry.entered_on for entry in todo}):
        before = sequence[-1].stage if sequence else None
        for entry in _order_of_one_date([entry for entry in todo if entry.entered_on == day], before):
            if any(earlier.stage in ENDS for earlier in sequence):
                continue  # ends are final
            if sequence and sequence[-1].stage == entry.stage:
                continue  # it continues the occurrence that the draft is in
            sequence.append(entry)
    return sequence


def _order_of_one_date(entries: list[StageEntry], stood_in: Stage | None) -> list[StageEntry]:
    suspended_now = stood_in != "suspended" and any(entry.stage == "suspended" for entry in entries)
    later = [entry for entry in entries if entry.resumed and suspended_now]
    plain = [entry for entry in entries if entry not in later]
    if len(entries) == 1:
        return entries
    result: list[StageEntry] = []
    for stage in [stage for stage in Stage if stage not in LAST_OF_A_DATE]:
        result += _most_precise_first(entry for entry in plain if entry.stage == stage)
    result += _most_precise_first(entry for entry in plain if entry.stage == "suspended")
    for stage in Stage:
        result += _most_precise_first(entry for entry in later if entry.stage == stage)
    for end in ("withdrawn", "merged"):
        result += _most_precise_first(entry for entry in plain if entry.stage == end)
    return result


def _most_precise_first(entries: Iterable[StageEntry]) -> list[StageEntry]:
    by_id = sorted(entries, key=lambda entry: str(entry.entry_id))
    return [
        entry for precision in ("day", "month", "year") for entry in by_id if entry.precision == precision
    ]


class NaiveDraft:
    """One draft as of one day: every answer is looked for anew."""

    def __init__(self, facts: DraftFacts, is_working: IsWorking, as_of: date) -> None:
        self.facts, self.is_working, self.as_of = facts, is_working, as_of
        self.sequence = ordered(entry for entry in facts.entries if entry.entered_on <= as_of)
        self.held = [
            held
            for held in facts.communications
            if held.held_on <= as_of and role_in(facts, held) in {"lead", "coordinating"}
        ]
        self.opened, self.closed = self._window()
        self.occurrences = [self._occurrence(place) for place in range(len(self.sequence))]

    @property
    def policies(self) -> list[int]:
        return sorted(self.facts.policies) or [0]

    @property
    def unit_code(self) -> str:
        return lead_on(self.facts, self.as_of)

    @property
    def exempt(self) -> bool:
        return any(len(exemption.stages) == 0 for exemption in self.facts.exemptions)

    def _window(self) -> tuple[StageEntry | None, StageEntry | None]:
        opened: StageEntry | None = None
        for entry in self.sequence:
            if opened is None and entry.stage in BY_LAW:
                return None, None  # what opens later opens no window
            if opened is None and entry.stage in OPENING:
                opened = entry
            elif opened is not None and entry.stage in BY_LAW | ENDS:
                return opened, entry
        return opened, None

    @property
    def unopened_closing(self) -> StageEntry | None:
        for entry in self.sequence:
            if entry.stage in OPENING:
                return None
            if entry.stage in BY_LAW:
                return entry
        return None

    @property
    def window_days(self) -> list[date]:
        """List the days of the window so far."""
        if self.opened is None:
            return []
        first = self.opened.entered_on
        if self.closed and self.closed.entered_on == first:
            return [first]
        last = self.closed.entered_on - timedelta(days=1) if self.closed else self.as_of
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def _occurrence(self, place: int) -> Occurrence:
        entry = self.sequence[place]
        exited = self.sequence[place + 1].entered_on if place + 1 < len(self.sequence) else None
        return Occurrence(
            entry_id=entry.entry_id,
            stage=entry.stage.value,
            entered_on=entry.entered_on,
            exited_on=exited,
            due_on=self._due_on(entry),
            required=self._is_required(entry, exited),
        )

    def _due_on(self, entry: StageEntry) -> date:
        day = possible_days(entry.entered_on, entry.precision)[-1]
        left = GRACE[self.facts.procedure]
        while left:
            day += timedelta(days=1)
            if self.is_working(day):
                left -= 1
        return day

    def _is_required(self, entry: StageEntry, exited: date | None) -> bool:
        exempted = {stage for exemption in self.facts.exemptions for stage in exemption.stages}
        if self.opened is None or entry.stage in NOT_REQUIRED or entry.stage in exempted:
            return False
        if exited == entry.entered_on or entry.entered_on < self.opened.entered_on:
            return False
        return self.closed is None or entry.entered_on < self.closed.entered_on

    def about(self, number: int) -> list[Communication]:
        return [
            held for held in self.held if not held.policies or 0 in held.policies or number in held.policies
        ]

    def occurrence_verdict(self, occurrence: Occurrence, number: int) -> str:
        last = self.as_of
        if occurrence.exited_on:
            last = min(last, occurrence.exited_on - timedelta(days=1))
        days = [
            day
            for held in self.about(number)
            for day in possible_days(held.held_on, held.precision)
            if occurrence.entered_on <= day <= last
        ]
        if days:
            return "covered" if min(days) <= occurrence.due_on else "covered_late"
        if last > occurrence.due_on:
            return "missed"
        return "waived" if occurrence.exited_on else "pending"

    def in_window(self, number: int) -> list[Communication]:
        window = set(self.window_days)
        return [
            held
            for held in self.about(number)
            if any(day in window for day in possible_days(held.held_on, held.precision))
        ]

    def _has_communication(self, number: int) -> bool:
        return len(self.in_window(number)) > 0

    def _begun(self, number: int) -> bool:
        for occurrence in self.occurrences:
            verdict = self.occurrence_verdict(occurrence, number)
            if occurrence.required and verdict != "waived":
                return verdict in {"covered", "covered_late"}
        return self._has_communication(number)

    def policy_verdict(self, number: int) -> str:
        ended = any(entry.stage in ENDS for entry in self.sequence)
        closed_by_law = self.closed is not None and self.closed.stage in BY_LAW
        if ended and not closed_by_law:
            return "ended"
        if self.exempt:
            return "exempt"
        if self.unopened_closing:
            return "closed_unopened"
        return "not_opened" if self.opened is None else self._verdict_in_window(number)

    def _verdict_in_window(self, number: int) -> str:
        seen = [
            self.occurrence_verdict(occurrence, number)
            for occurrence in self.occurrences
            if occurrence.required
        ]
        if "missed" in seen or (self.closed and not self._has_communication(number)):
            return "missed"
        if "covered" in seen or "covered_late" in seen or self.closed:
            return "met"
        return "pending"

    def policy(self, number: int) -> PolicyAnswer:
        verdict = self.policy_verdict(number)
        required = [occurrence for occurrence in self.occurrences if occurrence.required]
        seen = [self.occurrence_verdict(occurrence, number) for occurrence in required]
        judged = verdict in {"met", "missed"}
        return PolicyAnswer(
            policy_no=number,
            verdict=verdict,
            on_time=verdict == "met" and "covered_late" not in seen,
            any_communication=judged and self._has_communication(number),
            from_start=judged and bool(seen) and seen[0] == "covered",
            begun=judged and self._begun(number),
            statutory_only=judged
            and self._has_communication(number)
            and all(held.channel in STATUTORY for held in self.in_window(number)),
            verified=judged and any(held.verified for held in self.in_window(number)),
            provisional=judged and self.closed is None,
            waived=seen.count("waived") if verdict in {"met", "missed", "pending"} else 0,
            pairs=tuple(
                (occurrence.entry_id, verdict, occurrence.due_on)
                for occurrence, verdict in zip(required, seen, strict=True)
            ),
        )

    def gap(self) -> GapAnswer | None:
        if (
            scope_of(self.facts) != "yes"
            or self.exempt
            or not self.occurrences
            or not self.occurrences[-1].required
        ):
            return None
        occurrence = self.occurrences[-1]
        open_ = [
            number for number in self.policies if "covered" not in self.occurrence_verdict(occurrence, number)
        ]
        if not open_:
            return None
        late = [
            occurrence.due_on + timedelta(days=n + 1) for n in range((self.as_of - occurrence.due_on).days)
        ]
        return GapAnswer(
            gap_id=occurrence.entry_id,
            unit_code=self.unit_code,
            stage=occurrence.stage,
            since=occurrence.entered_on,
            due_on=occurrence.due_on,
            policies=tuple(open_),
            state="in_grace" if self.as_of <= occurrence.due_on else "overdue",
            overdue_working_days=sum(self.is_working(day) for day in late),
        )

    def belongs(self, period: tuple[date, date] | None, number: int) -> bool:
        if period is None:
            return True
        if self.policy_verdict(number) == "closed_unopened" and self.unopened_closing:
            return period[0] <= self.unopened_closing.entered_on <= period[1]
        return any(period[0] <= day <= period[1] for day in self.window_days)

    def opening_year(self, number: int) -> int | None:
        day = self.opened.entered_on if self.opened else None
        if self.policy_verdict(number) == "closed_unopened" and self.unopened_closing:
            day = self.unopened_closing.entered_on
        if day is None:
            return None
        return day.year + 1 if day >= date(day.year, 12, 15) else day.year


Group = Callable[[NaiveDraft, int], object]


def naive_counts(
    drafts: Iterable[DraftFacts],
    is_working: IsWorking,
    as_of: date,
    period: tuple[date, date] | None = None,
    group: Group = lambda _draft, _number: None,
) -> dict[object, dict[str, int]]:
    """Count by group, with the names of the figures' counts; empty groups do not appear."""
    groups: dict[object, dict[str, int]] = {}
    if period and period[0] > as_of:
        return groups
    day = min(as_of, period[1]) if period else as_of
    for facts in drafts:
        draft = NaiveDraft(facts, is_working, day)
        for number in draft.policies:
            if scope_of(facts) != "no" and draft.belongs(period, number):
                counted = groups.setdefault(group(draft, number), {})
                for name in _counted(draft, number, period):
                    counted[name] = counted.get(name, 0) + 1
        for key in {group(draft, number) for number in draft.policies}:
            belonging = [n for n in draft.policies if draft.belongs(period, n) and group(draft, n) == key]
            for name in _draft_counted(draft, belonging):
                groups[key][name] = groups[key].get(name, 0) + 1
    return groups


def _draft_counted(draft: NaiveDraft, numbers: list[int]) -> list[str]:
    """In drafts, as offices report: the names that one draft adds one to."""
    if scope_of(draft.facts) != "yes" or not numbers:
        return []
    answers = [draft.policy(number) for number in numbers]
    judged = [answer for answer in answers if answer.verdict in {"met", "missed"}]
    if not judged:
        return ["drafts"]
    return ["drafts", "drafts_judged"] + ["drafts_plan"] * all(answer.begun for answer in judged)


def _counted(draft: NaiveDraft, number: int, period: tuple[date, date] | None) -> list[str]:
    if scope_of(draft.facts) == "unknown":
        return ["undetermined"]
    answer = draft.policy(number)
    flags = ("on_time", "any_communication", "from_start", "begun", "provisional")
    names = [answer.verdict, *(flag for flag in flags if getattr(answer, flag))]
    names += ["any_statutory_only"] * answer.statutory_only + ["any_verified"] * answer.verified
    names += ["waived_occurrences"] * answer.waived
    if answer.verdict in {"met", "missed", "pending"}:
        for _, verdict, due_on in answer.pairs:
            if verdict in {"covered", "covered_late", "missed"} and (
                period is None or period[0] <= due_on <= period[1]
            ):
                names += ["occurrences_judged"] + ["occurrences_covered"] * (verdict != "missed")
    return names


def naive_gaps(drafts: Iterable[DraftFacts], is_working: IsWorking, as_of: date) -> list[GapAnswer]:
    gaps = (NaiveDraft(facts, is_working, as_of).gap() for facts in drafts)
    return sorted((gap for gap in gaps if gap), key=lambda gap: str(gap.gap_id))


def naive_amended(
    registered: Mapping[str, object], amendments: Iterable[Mapping[str, object]]
) -> dict[str, object]:
    """Read amendments from their text: each puts what it names in the place of what was said before.

    What it doesn't name stays; what it clears has no value until a later one gives it one again.
    """
    now = dict(registered)
    for amendment in amendments:
        for name in registered:
            if name in amendment["cleared"]:  # type: ignore[operator]
                now[name] = None
            elif amendment[name] is not None:
                now[name] = amendment[name]
    return now
