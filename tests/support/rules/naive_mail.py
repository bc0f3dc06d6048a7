"""A second, slow reading of the rules of mail: who is written to on a day, of what, and why.

It reads the events of the log and its own memory of what went out, counts working days one by one, and
shares with the notifier nothing but the vocabulary and the question whether a day is a working day.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from shared.contracts.event import Event

Box = tuple[str, str, str]  # address, unit, role
Expected = dict[tuple[str, str], dict[str, str]]  # (address, kind) -> gap -> why

ONLY_NOW = {"exempted", "out_of_scope", "policy_removed", "corrected", "rules_changed"}
NOT_OF_THE_UNIT = {"rules_changed", "corrected"}
FILLING = {"still_owed", "planned", "closed_otherwise", "still_escalated", "closed_below"}
RANK = {"in_grace": 0, "due_soon": 1, "overdue": 2}
FIRST_WORD = {"in_grace": "first_notice", "due_soon": "due_soon", "overdue": "overdue_first"}


@dataclass
class Quiet:
    """A silence: what it names, and its days."""

    unit: str | None
    draft: str | None
    first: date
    last: date


@dataclass
class NaiveNotifier:
    works: Callable[[date], bool]
    boxes: list[Box] = field(default_factory=list)
    silences: list[Quiet] = field(default_factory=list)
    units: dict[str, Any] = field(default_factory=dict)
    heirs: dict[str, list[tuple[date, str]]] = field(default_factory=lambda: defaultdict(list))
    gaps: dict[Any, Any] = field(default_factory=dict)
    ended: dict[Any, tuple[date, str]] = field(default_factory=dict)
    plans: dict[tuple[Any, str], date] = field(default_factory=dict)
    snoozes: dict[tuple[Any, str], date] = field(default_factory=dict)
    mailed: dict[tuple[str, Any], dict[str, Any]] = field(default_factory=dict)
    escalated: set[tuple[Any, str, int, str]] = field(default_factory=set)
    silenced: set[tuple[Any, str]] = field(default_factory=set)
    halted: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    weekdays: dict[str, int] = field(default_factory=dict)  # address -> the day of its reminders, Monday is 1
    lined: set[str] = field(default_factory=set)  # gaps that ever stood in a mail
    unwanted: set[tuple[str, str]] = field(default_factory=set)  # address and kind that it takes no more

    def learn(self, event: Event) -> None:
        name = f"{event.context}.{event.name}"
        event_data: Any = event
        if name == "unit.registered":
            self.units[event_data.unit_code] = event_data
        elif name == "unit.succeeded":
            self.heirs[event_data.unit_code].append((event_data.on, event_data.to_code))
        elif name in {"compliance.gap_opened", "compliance.gap_changed"}:
            before = self.gaps.get(event_data.gap_id)
            if before is not None and before.unit_code != event_data.unit_code:
                self.plans.pop((event_data.gap_id, event_data.unit_code), None)
            self.gaps[event_data.gap_id] = event_data
            if name == "compliance.gap_opened":
                self.ended.pop(event_data.gap_id, None)
        elif name == "compliance.gap_closed":
            self.ended[event_data.gap_id] = (event_data.closed_on, str(event_data.reason))
        elif name == "alert.acknowledged":
            of = event_data.gap_id, event_data.unit_code  # a later day does not put off what was put off once
            self.plans[of] = min(event_data.planned_on, self.plans.get(of, date.max))
        elif name == "alert.snoozed":
            self.snoozes[event_data.gap_id, event_data.unit_code] = event_data.until

    def morning(self, day: date) -> Expected:
        """The mails of 08:00; nothing on a day off."""
        if not self.works(day):
            return {}
        out: Expected = {}
        climbed = {gap_id: list(self._climb(gap_id, day)) for gap_id in self.gaps}
        late = bool(self.made)
        if self._is_time(f"week {day.isocalendar()[:2]}", day - timedelta(days=day.weekday()), day, late):
            self._weekly(day, climbed, out)
        if self._is_time(f"month {_cut(day)}", _cut(day), day, late):
            self._monthly(day, out)
        for box in self.boxes:
            self._digest(box, day, climbed, out)
        self.made.add(f"day {day}")
        self._note(day, climbed)
        self.lined.update(gap for lines in out.values() for gap in lines)
        return self._one_each({key: lines for key, lines in out.items() if lines or "month" in key[1]})

    def _one_each(self, out: Expected) -> Expected:
        """An address gets what is due of a day in one mail; a gap that two parts name stands there as one that presses."""
        together: Expected = {}
        for address in {box[0] for box in self.boxes}:
            kinds = [kind for kind in ("digest", "weekly_list", "monthly_summary") if (address, kind) in out]
            lines: dict[str, str] = {}
            for kind in kinds:
                for gap, why in out[address, kind].items():
                    if lines.get(gap, "listed") == "listed":
                        lines[gap] = why
            if kinds:
                together[address, kinds[0] if len(kinds) == 1 else "joint"] = lines
        return together

    def at_once(self, day: date, hour: int) -> Expected:
        """The mails that can't wait for the next digest: simplified procedures, in office hours."""
        out: Expected = {}
        if not self.works(day) or not 8 <= hour < 17:
            return out
        following = self._after(day, 1)
        hurried = [
            gap_id
            for gap_id, gap in self.gaps.items()
            if gap.procedure == "simplified" and day <= gap.due_on <= following and self._is_open(gap_id, day)
        ]
        if any(str(gap_id) not in self.lined for gap_id in hurried):  # the day is looked at once more
            self._note(day, {gap_id: list(self._climb(gap_id, day)) for gap_id in self.gaps})
        for gap_id in hurried:
            gap = self.gaps[gap_id]
            if not self._is_quiet(gap_id, day):
                for box, _ in self._recipients(gap.unit_code, day):
                    mailed_or_planned = (box[0], gap_id) in self.mailed or self._is_planned(gap_id, day)
                    if not mailed_or_planned and not self._is_snoozed(gap_id, day):
                        out[box[0], f"immediate {gap_id}"] = {str(gap_id): "no_time"}
                        self._record_mail(box, gap_id, day, above=False)
        self.lined.update(gap for lines in out.values() for gap in lines)
        return out

    # -- what stands in a digest --------------------------------------------------------------------

    def _digest(self, box: Box, day: date, climbed: dict[Any, Any], out: Expected) -> None:
        lines: dict[Any, tuple[str, bool]] = {}
        for gap_id, gap in self.gaps.items():
            mine = any(box == reader for reader, _ in self._recipients(gap.unit_code, day))
            over_me = any(box in recipients for _, _, recipients in climbed[gap_id])
            reason = self._why(box, gap_id, day, mine=mine, over_me=over_me)
            if reason is not None:
                lines[gap_id] = reason
        named = out.get((box[0], "weekly_list"), {})
        lines = {gap: why for gap, why in lines.items() if named.get(str(gap), "listed") == "listed"}
        if not any(why not in FILLING for why, _ in lines.values()):
            return
        if self._waits(box[0], lines, day):
            return
        out[box[0], "digest"] = {str(gap_id): why for gap_id, (why, _) in lines.items()}
        for gap_id, (why, above) in lines.items():
            if why in {"resolved_since", "closed_otherwise", "closed_below"}:
                del self.mailed[box[0], gap_id]
            else:
                self._record_mail(box, gap_id, day, above=above)

    def _waits(self, address: str, lines: dict[Any, tuple[str, bool]], day: date) -> bool:
        """Whether a mailbox is left alone today: it wants no thanks alone, or chose another day and nothing presses."""
        news = {gap_id for gap_id, (why, _) in lines.items() if why not in FILLING}
        if (address, "thanks") in self.unwanted and {lines[gap_id][0] for gap_id in news} == {
            "resolved_since"
        }:
            return True
        if address not in self.weekdays or self._is_its_day(address, day):
            return False
        following = day + timedelta(days=1)
        while following.isoweekday() != self.weekdays[address]:
            following += timedelta(days=1)
        while not self.works(following):
            following += timedelta(days=1)
        due = [self.gaps[gap_id].due_on for gap_id in news if self._is_open(gap_id, day)]
        return all(item > following for item in due)

    def _is_its_day(self, address: str, day: date) -> bool:
        """The chosen day of the week; if that was no working day, or nobody was there, the first day since."""
        opens = day
        while opens.isoweekday() != self.weekdays[address]:
            opens -= timedelta(days=1)
        before = [opens + timedelta(days=n) for n in range((day - opens).days)]
        if not any(self.works(item) for item in before):
            return True
        began = min((item for item in self.made if item.startswith("day ")), default=f"day {day}")
        return began <= f"day {opens}" and not any(f"day {item}" in self.made for item in before)

    def _why(self, box: Box, gap_id: Any, day: date, *, mine: bool, over_me: bool) -> tuple[str, bool] | None:
        gap, mailed = self.gaps[gap_id], self.mailed.get((box[0], gap_id))
        if not self._is_open(gap_id, day):
            return self._why_of_closed(gap_id, mailed)
        if mine:
            own = mailed if mailed and not mailed["above"] and mailed["unit"] == gap.unit_code else None
            why = self._why_owed(gap_id, own, day)
            return (why, False) if why else None
        if over_me:
            return (self._why_above(gap_id, mailed), True)
        if mailed and not mailed["above"] and mailed["unit"] != gap.unit_code:
            return ("closed_otherwise", False)
        return None

    def _why_of_closed(self, gap_id: Any, mailed: dict[str, Any] | None) -> tuple[str, bool] | None:
        if mailed is None:
            return None
        reason, same = self.ended[gap_id][1], mailed["unit"] == self.gaps[gap_id].unit_code
        if mailed["above"]:
            return ("closed_below", True) if same else None
        if not same:
            return ("closed_otherwise", False)
        if reason in NOT_OF_THE_UNIT:
            return None
        return ("resolved_since" if reason == "covered" else "closed_otherwise", False)

    def _why_owed(self, gap_id: Any, mailed: dict[str, Any] | None, day: date) -> str | None:
        gap, now = self.gaps[gap_id], self._standing(gap_id, day)
        plan = self.plans.get((gap_id, gap.unit_code))
        if self._is_quiet(gap_id, day) or self._is_snoozed(gap_id, day):
            return None
        if mailed and (gap.due_on < mailed["due"] or set(gap.policies) - set(mailed["policies"])):
            return FIRST_WORD[now] if RANK[now] > RANK[mailed["standing"]] else "worse"
        if plan and day <= plan:
            return "planned"
        if mailed is None or RANK[now] > RANK[mailed["standing"]]:
            return FIRST_WORD[now]
        if plan and mailed["day"] <= plan:
            return "plan_passed"
        return "overdue_repeat" if now == "overdue" and self._days(mailed["day"], day) >= 5 else "still_owed"

    def _why_above(self, gap_id: Any, mailed: dict[str, Any] | None) -> str:
        gap = self.gaps[gap_id]
        plan = self.plans.get((gap_id, gap.unit_code))
        if mailed is None or not mailed["above"] or mailed["unit"] != gap.unit_code:
            return "escalated"
        return "escalated" if plan and mailed["day"] <= plan else "still_escalated"

    # -- lists and summaries -----------------------------------------------------------------------

    def _weekly(self, day: date, climbed: dict[Any, Any], out: Expected) -> None:
        for box in self.boxes:
            if box[2] != "supervisor" or self._has_ended(box, "weekly_list"):
                continue
            lines = {}
            for gap_id, gap in self.gaps.items():
                if not self._is_open(gap_id, day) or day <= gap.due_on or self._is_quiet(gap_id, day):
                    continue
                if gap.unit_code in self._below(box[1]):
                    via = {how for reader, how in self._recipients(gap.unit_code, day) if box == reader}
                    if via & {"itself", "heir"}:
                        continue
                    up = any(box in recipients for _, _, recipients in climbed[gap_id])
                    mailed = self.mailed.get((box[0], gap_id))
                    own = (
                        mailed if mailed and not mailed["above"] and mailed["unit"] == gap.unit_code else None
                    )
                    why = self._why_owed(gap_id, own, day) if via else "escalated" if up else None
                    lines[str(gap_id)] = why or "listed"
                    if why:
                        self._record_mail(box, gap_id, day, above=not via)
            out[box[0], "weekly_list"] = lines

    def _has_ended(self, box: Box, kind: str) -> bool:
        """Lists and pages are a duty of who must follow others, and can't be ended there."""
        overseers = {"provincial_justice_department", "pbgdpl_council"}
        return self.units[box[1]].kind not in overseers and (box[0], kind) in self.unwanted

    def _monthly(self, day: date, out: Expected) -> None:
        last = _cut(day) - timedelta(days=1)
        first = _cut(last)
        for box in self.boxes:
            heads = [b for b in self.boxes if b[1] == box[1] and b[2] == "head"]
            if not (box in heads or (not heads and box[2] == "supervisor")):
                continue
            if self._has_ended(box, "monthly_summary"):
                continue
            area = {*self._below(box[1]), box[1]}
            for gap_id, gap in self.gaps.items():
                end = self.ended.get(gap_id)
                if gap.unit_code not in area or (end and end[1] in ONLY_NOW):
                    continue
                came = first <= gap.since <= last
                went = end is not None and first <= end[0] <= last
                if came or went or self._is_open(gap_id, last):
                    out[box[0], "monthly_summary"] = {}

    def _is_time(self, key: str, opens: date, day: date, late: bool) -> bool:
        """On the first working day of its period, or later if nobody was there although we had begun by then."""
        if key in self.made:
            return False
        begun = min((item for item in self.made if item.startswith("day ")), default="day 9999")
        late = late and begun <= f"day {opens}"
        first = opens
        while not self.works(first):
            first += timedelta(days=1)
        if day == first or late:
            self.made.add(key)
            return True
        return False

    # -- units and people --------------------------------------------------------------------------

    def _recipients(self, unit: str, day: date) -> list[tuple[Box, str]]:
        """Who answers for what a unit owes."""
        heirs = self._last_heirs(unit, day, {unit})
        of_heirs = [(box, "heir") for heir in sorted(heirs) for box in self._duty(heir)] if heirs else []
        if of_heirs:
            return of_heirs
        if own := self._duty(unit):
            return [(box, "itself") for box in own]
        parent = self.units[unit].parent_code
        return [(box, "superior") for box in self._urgers(parent)[1]] if parent else []

    def _last_heirs(self, unit: str, day: date, seen: set[str]) -> set[str]:
        heirs: set[str] = set()
        for on, heir in self.heirs.get(unit, ()):
            if on <= day and heir not in seen:
                heirs |= self._last_heirs(heir, day, seen | {heir}) or {heir}
        return heirs

    def _duty(self, unit: str) -> list[Box]:
        of_unit = [box for box in self.boxes if box[1] == unit]
        return [box for box in of_unit if box[2] in {"focal_point", "head"}] or of_unit

    def _urgers(self, unit: str | None) -> tuple[str, list[Box]]:
        while unit:
            for role in ("supervisor", "head", "focal_point"):
                if boxes := [box for box in self.boxes if box[1] == unit and box[2] == role]:
                    return unit, boxes
            unit = self.units[unit].parent_code
        return "", []

    def _climb(self, gap_id: Any, day: date) -> Iterator[tuple[int, str, list[Box]]]:
        """Five working days: the unit above. Ten: the justice body of the province."""
        gap = self.gaps[gap_id]
        if not self._is_open(gap_id, day) or self._is_quiet(gap_id, day) or self._is_planned(gap_id, day):
            return
        overdue = self._days(gap.due_on, day)
        steps = [(1, 5, self.units[gap.unit_code].parent_code), (2, 10, self._justice(gap.unit_code))]
        reached: set[str] = set()
        for level, after, unit in steps:
            if overdue >= after and unit:
                reader, boxes = self._urgers(unit)
                if boxes and reader not in reached:
                    reached.add(reader)
                    yield level, reader, boxes

    def _justice(self, unit: str) -> str | None:
        above: str | None = unit
        while above:
            for code, other in self.units.items():
                if other.kind == "provincial_justice_department" and other.parent_code == above:
                    return None if code == unit else code
            above = self.units[above].parent_code
        return None

    def _below(self, unit: str) -> set[str]:
        first = self.units[unit]
        root = first.parent_code if first.kind == "provincial_justice_department" else unit
        below = set()
        for code in self.units:
            above = self.units[code].parent_code
            while above:
                if above == root:
                    below.add(code)
                above = self.units[above].parent_code
        return below - {unit}

    # -- gaps and days -----------------------------------------------------------------------------

    def _note(self, day: date, climbed: dict[Any, Any]) -> None:
        """What the log is to know: who was told above, what was kept quiet."""
        for gap_id, gap in self.gaps.items():
            if not self._is_open(gap_id, day):
                continue
            for level, unit, _ in climbed[gap_id]:
                self.escalated.add((gap_id, gap.unit_code, level, unit))
            recipients = self._recipients(gap.unit_code, day)
            if recipients and recipients[0][1] == "superior" and not self._is_quiet(gap_id, day):
                self.escalated.add((gap_id, gap.unit_code, 0, recipients[0][0][1]))
            if self._why_quiet(gap_id, day):
                self.silenced.add((gap_id, gap.unit_code))

    def _record_mail(self, box: Box, gap_id: Any, day: date, *, above: bool) -> None:
        gap = self.gaps[gap_id]
        self.mailed[box[0], gap_id] = {
            "day": day,
            "standing": self._standing(gap_id, day),
            "due": gap.due_on,
            "policies": gap.policies,
            "unit": gap.unit_code,
            "above": above,
        }

    def _is_quiet(self, gap_id: Any, day: date) -> bool:
        return self.gaps[gap_id].draft_code in self.halted or self._why_quiet(gap_id, day) is not None

    def _is_open(self, gap_id: Any, day: date) -> bool:
        if self.gaps[gap_id].since > day:
            return False
        end = self.ended.get(gap_id)
        return end is None or (end[1] not in ONLY_NOW and day < end[0])

    def _standing(self, gap_id: Any, day: date) -> str:
        due = self.gaps[gap_id].due_on
        if day > due:
            return "overdue"
        return "due_soon" if self._days(day, due) <= 2 else "in_grace"

    def _why_quiet(self, gap_id: Any, day: date) -> Quiet | None:
        gap = self.gaps[gap_id]
        for silence in self.silences:
            named = silence.unit in (None, gap.unit_code) and silence.draft in (None, gap.draft_code)
            if named and silence.first <= day <= silence.last:
                return silence
        return None

    def _is_planned(self, gap_id: Any, day: date) -> bool:
        plan = self.plans.get((gap_id, self.gaps[gap_id].unit_code))
        return plan is not None and day <= plan

    def _is_snoozed(self, gap_id: Any, day: date) -> bool:
        until = self.snoozes.get((gap_id, self.gaps[gap_id].unit_code))
        return until is not None and day <= until

    def _days(self, after: date, until: date) -> int:
        count = 0
        while after < until:
            after += timedelta(days=1)
            count += self.works(after)
        return count

    def _after(self, day: date, number: int) -> date:
        while number:
            day += timedelta(days=1)
            number -= self.works(day)
        return day


def _cut(day: date) -> date:
    """The 15th on which the newest reporting month that has ended had ended."""
    if day.day >= 15:
        return day.replace(day=15)
    return (day.replace(day=1) - timedelta(days=1)).replace(day=15)
