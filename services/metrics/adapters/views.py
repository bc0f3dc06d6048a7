"""How metrics' answers are written as JSON; names are those of the contract."""

from collections.abc import Iterable
from typing import Any

from services.metrics.application.ports import Todo
from services.metrics.application.queries import Compliance, Gaps, SeenGap
from services.metrics.domain.coverage import Coverage
from services.metrics.domain.units import Units
from shared.contracts.datasets import banners
from shared.contracts.vocabulary import Dataset
from shared.rules.figures import DEFINITION


def banner_views(present: Iterable[Dataset]) -> list[dict[str, str]]:
    return [{"vi": text.vi, "en": text.en} for text in banners(present)]


def compliance_view(answer: Compliance, rules_version: str) -> dict[str, Any]:
    question = answer.question
    period = question.period
    return {
        "as_of": question.as_of.isoformat(),
        "period": {
            "from": period.from_day.isoformat() if period else None,
            "to": period.to_day.isoformat() if period else None,
        },
        "view": question.view,
        "unit": question.unit_code,
        "group_by": question.group_by,
        "position": answer.position,
        "rules_version": rules_version,
        "definition": DEFINITION.vi,
        "definition_en": DEFINITION.en,
        "banners": banner_views(answer.datasets),
        "groups": [group.as_dict() for group in answer.groups],
    }


def gaps_view(answer: Gaps, rules_version: str) -> dict[str, Any]:
    return {
        "as_of": answer.as_of.isoformat(),
        "position": answer.position,
        "rules_version": rules_version,
        "banners": banner_views(answer.datasets),
        "gaps": [_gap(seen) for seen in answer.gaps],
    }


def _gap(seen: SeenGap) -> dict[str, Any]:
    gap = seen.gap
    return {
        "gap_id": str(gap.gap_id),
        "draft_code": gap.draft_code,
        "title": gap.title,
        "instrument": gap.instrument,
        "procedure": gap.procedure,
        "unit_code": gap.unit_code,
        "unit_name": seen.unit_name,
        "stage": gap.stage,
        "since": gap.since.isoformat(),
        "due_on": gap.due_on.isoformat(),
        "state": seen.state,
        "overdue_working_days": seen.overdue_working_days,
        "working_days_left": seen.working_days_left,
        "policies": list(gap.policies),
        "dataset": gap.dataset,
    }


def coverage_view(answer: Coverage, as_of: str, rules_version: str) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "position": answer.position,
        "rules_version": rules_version,
        "banners": banner_views([answer.dataset]),
        **answer.body,
    }


def todos_view(todos: Iterable[Todo], units: Units, as_of: str) -> dict[str, Any]:
    rows = list(todos)
    return {
        "as_of": as_of,
        "banners": banner_views({todo.dataset for todo in rows}),
        "todos": [
            {
                "kind": todo.kind,
                "draft_code": todo.draft_code,
                "title": todo.title,
                "unit_code": todo.unit_code,
                "unit_name": units.name(todo.unit_code),
                "since": todo.since.isoformat() if todo.since else None,
            }
            for todo in rows
        ],
    }
