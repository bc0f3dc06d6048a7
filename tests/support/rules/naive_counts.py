"""A second, slow reading of the counts that offices publish, sentence by sentence of their rule."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from shared.rules.counts import Member

Period = tuple[date, date] | None


def _year_of(day: date) -> int:
    return next(
        year for year in (day.year, day.year + 1) if date(year - 1, 12, 15) <= day <= date(year, 12, 14)
    )


def _month_of(day: date) -> str:
    year, month = day.year, day.month
    if day.day > 14:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return f"{year}-{month:02}"


def _same(member: Member, other: Member) -> bool:
    if member is other:
        return True
    return (
        member.activity_code is not None
        and member.activity_code == other.activity_code
        and member.unit_code == other.unit_code
        and _year_of(member.held_on) == _year_of(other.held_on)
    )


def naive_activities(
    members: Iterable[Member], as_of: date, period: Period, scope: str | None
) -> list[list[Member]]:
    last = min(as_of, period[1]) if period else as_of
    left = [m for m in members if m.held_on <= last and (scope is None or m.scope == scope)]
    activities: list[list[Member]] = []
    while left:
        together = [m for m in left if _same(left[0], m)]
        left = [m for m in left if m not in together]
        day = min(m.held_on for m in together)
        if period is None or (period[0] <= day <= period[1] and period[0] <= as_of):
            activities.append(together)
    return activities


def _leading(activity: list[Member]) -> Member:
    day = min(m.held_on for m in activity)
    return min((m for m in activity if m.held_on == day), key=lambda m: m.position)


def naive_keys(activity: list[Member], by: str, unit_of: Callable[[str], str]) -> set[str | None]:
    member = _leading(activity)
    if by == "none":
        return {None}
    if by in {"audience", "area"}:
        return {value for m in activity for value in getattr(m, by)} or {None}
    if by == "draft":
        return {m.draft_code for m in activity}
    if by == "instrument":
        return {m.instrument.value for m in activity if m.instrument} or {None}
    if by == "month":
        return {None if member.precision == "year" else _month_of(member.held_on)}
    return {unit_of(member.unit_code)} if by == "unit" else {getattr(member, by).value}


def naive_published(
    members: Iterable[Member],
    as_of: date,
    period: Period,
    *,
    scope: str | None = None,
    by: str = "none",
    unit_of: Callable[[str], str] = str,
    units: set[str] | None = None,
) -> dict[str | None, dict[str, Any]]:
    """Count by key, with the names of the contract; keys without activities don't appear."""
    last = min(as_of, period[1]) if period else as_of
    groups: dict[str | None, list[list[Member]]] = {}
    for activity in naive_activities(members, as_of, period, scope):
        if units is None or unit_of(activity[0].unit_code) in units:
            for key in naive_keys(activity, by, unit_of):
                groups.setdefault(key, []).append(activity)
    form = by == "instrument"
    return {key: _figures(activities, last, key if form else None) for key, activities in groups.items()}


def _figures(activities: list[list[Member]], last: date, form: str | None) -> dict[str, Any]:
    figures: dict[str, Any] = {"activities": 0, "items": 0, "drafts_communicated": 0}
    for name in ("attendance", "reach_count", "cost_state", "cost_social"):
        figures |= {name: None, f"{name}_recorded": 0}
    figures |= {"opinions_received": 0, "opinions_accepted": 0, "opinions_explained": 0}
    drafts: set[str] = set()
    for activity in activities:
        figures["activities"] += 1
        figures["items"] += max([m.items for m in activity if m.items is not None], default=1)
        drafts |= {m.draft_code for m in activity if form is None or m.instrument == form}
        for name in ("attendance", "reach_count", "cost_state", "cost_social"):
            given = [getattr(m, name) for m in activity if getattr(m, name) is not None]
            if given:
                figures[name] = (figures[name] or 0) + max(given)
                figures[f"{name}_recorded"] += 1
        for m in activity:
            ordered = sorted(m.opinions, key=lambda summary: summary.position)
            latest = None
            for summary in ordered:
                if summary.day <= last and (latest is None or summary.day >= latest.day):
                    latest = summary
            if latest:
                for name in ("received", "accepted", "explained"):
                    figures[f"opinions_{name}"] += getattr(latest, name)
    figures["drafts_communicated"] = len(drafts)
    return figures


def naive_year_before(day: date) -> date:
    before = day.year - 1
    while True:
        try:
            return date(before, day.month, day.day)
        except ValueError:
            day -= timedelta(days=1)
