"""Writes the fictitious exercise data in the import format: `python -m deploy.sample.exercise FOLDER [DAY]`."""

import csv
import sys
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from deploy.sample.cases import CASES, TODAY, Case
from shared.contracts.vocabulary import Answer, Procedure, Stage
from shared.kernel import runtime
from shared.kernel.counted import counted
from shared.kernel.local_day import day_in_vietnam
from shared.rules.figures import reporting_year
from shared.rules.rulebook.rulebook import Calendar, load_rulebook

ROOT_UNIT = "VD-TINH"
SOURCE = "dữ liệu thực tập, hư cấu"

Row = Mapping[str, object]

UNITS = (  # code, name, level, kind, parent
    ("VD-TINH", "Tỉnh Ví Dụ", "provincial", "province", ""),
    ("VD-UBND", "Ủy ban nhân dân tỉnh Ví Dụ", "provincial", "peoples_committee", "VD-TINH"),
    ("VD-STP", "Sở Tư pháp Ví dụ", "provincial", "provincial_justice_department", "VD-UBND"),
    ("VD-SO-A", "Sở Ví dụ A", "provincial", "department", "VD-UBND"),
    ("VD-SO-B", "Sở Ví dụ B", "provincial", "department", "VD-UBND"),
    ("VD-SO-C", "Sở Ví dụ C", "provincial", "department", "VD-UBND"),
    ("VD-SO-D", "Sở Ví dụ D", "provincial", "department", "VD-UBND"),
    ("VD-SO-E", "Sở Ví dụ E", "provincial", "department", "VD-UBND"),
    ("VD-XA", "Ủy ban nhân dân xã Ví Dụ", "commune", "commune_committee", "VD-UBND"),
)
RECIPIENTS = (  # unit, role, e-mail, language
    ("VD-SO-A", "focal_point", "dau-moi.so-a@example.vn", "vi"),
    ("VD-SO-A", "head", "giam-doc.so-a@example.vn", "vi"),
    ("VD-SO-B", "focal_point", "dau-moi.so-b@example.vn", "vi"),
    ("VD-SO-B", "head", "giam-doc.so-b@example.vn", "en"),
    ("VD-SO-C", "focal_point", "dau-moi.so-c@example.vn", "en"),
    ("VD-SO-D", "focal_point", "dau-moi.so-d@example.vn", "vi"),
    ("VD-XA", "focal_point", "cong-chuc-tu-phap.xa@example.vn", "vi"),
    ("VD-STP", "supervisor", "theo-doi.stp@example.vn", "vi"),
    ("VD-UBND", "supervisor", "van-phong.ubnd@example.vn", "vi"),
)
TARGET_PERCENT = 70


class WorkingDays:
    """Days counted in working days back from `today`; 0 is today, or the last working day before it."""

    def __init__(self, today: date, calendar: Calendar) -> None:
        self.today = today
        self._calendar = calendar

    def ago(self, number: int) -> date:
        if number == TODAY:
            return self.today
        day = self.today
        while (
            not self._calendar.is_working(day)
            or self._calendar.working_days_between(day, self.today) < number
        ):
            day -= timedelta(days=1)
        return day


def sheets(today: date, calendar: Calendar) -> Mapping[str, list[Row]]:
    """Give every file as rows; the same day gives the same rows."""
    days = WorkingDays(today, calendar)
    return {
        "units": [_unit(*unit) for unit in UNITS],
        "targets": [_target(today)],
        "drafts": [_draft(case) for case in CASES],
        "policies": [row for case in CASES for row in _policies(case)],
        "stages": [row for case in CASES for row in _stages(case, days)],
        "exemptions": [_exemption(case, days) for case in CASES if case.exemption],
        "postings": [row for case in CASES for row in _postings(case, days)],
        "communications": [row for case in CASES for row in _communications(case, days)],
        "recipients": [
            {"unit_code": unit, "role": role, "email": email, "language": language}
            for unit, role, email, language in RECIPIENTS
        ],
    }


def write(folder: Path, today: date, calendar: Calendar) -> None:
    """Write the files that `loa import` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in sheets(today, calendar).items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _unit(code: str, name: str, level: str, kind: str, parent: str) -> Row:
    row = {"code": code, "name": name, "level": level, "kind": kind, "parent_code": parent}
    return {**row, "valid_from": "2025-07-01", "source": SOURCE}


def _target(today: date) -> Row:
    document = "Kế hoạch số VD-12/KH-UBND của xã Ví Dụ"
    year = reporting_year(today)
    return {"unit_code": "VD-XA", "year": year, "target_percent": TARGET_PERCENT, "document": document}


def _draft(case: Case) -> Row:
    in_scope = case.in_scope is Answer.YES
    return {
        "draft_code": case.code,
        "title": case.title,
        "instrument": case.instrument.value,
        "lead_unit_code": case.unit,
        "regime": "law_2025_amended",
        "procedure": case.procedure.value,
        "procedure_document": case.allowed_by,
        "in_scope": "yes" if in_scope else "",
        "requires_proposal": "",
        "affects_rights": "yes",
        "contested": "yes" if in_scope else "",
        "wide_impact": "yes",
        "scope_basis": "national_407" if in_scope else "",
        "final_number": case.number,
        "outcome": case.outcome,
        "source": SOURCE,
    }


def _policies(case: Case) -> Iterator[Row]:
    for number, title in enumerate(case.policies, start=1):
        yield {"draft_code": case.code, "policy_no": number, "title": title, "source": SOURCE}


def _stages(case: Case, days: WorkingDays) -> Iterator[Row]:
    hurried = " (trình tự, thủ tục rút gọn)" if case.procedure is Procedure.SIMPLIFIED else ""
    for stage, number in case.stages:
        entered = days.ago(number).isoformat()
        yield {
            "draft_code": case.code,
            "stage": stage.value,
            "entered_on": entered,
            "precision": "day",
            "what": f"Ví dụ{hurried}",
            "source": SOURCE,
        }


def _exemption(case: Case, days: WorkingDays) -> Row:
    decided = days.ago(case.stages[0][1]).isoformat()
    authority = "Chủ tịch Ủy ban nhân dân tỉnh Ví Dụ"
    return {
        "draft_code": case.code,
        "stages": "*",
        "document": case.exemption,
        "authority": authority,
        "decided_on": decided,
    }


def _postings(case: Case, days: WorkingDays) -> Iterator[Row]:
    for opened, closed in case.posted:
        yield {
            "draft_code": case.code,
            "stage": Stage.DRAFT_CONSULTATION.value,
            "opened_on": days.ago(opened).isoformat(),
            "closed_on": days.ago(closed).isoformat() if closed is not None else "",
            "place": "Cổng Thông tin điện tử tỉnh Ví Dụ",
            "source": SOURCE,
        }


def _communications(case: Case, days: WorkingDays) -> Iterator[Row]:
    organiser = next(unit[1] for unit in UNITS if unit[0] == case.unit)
    for talk in case.talks:
        yield {
            "draft_code": case.code,
            "held_on": days.ago(talk.days_ago).isoformat(),
            "precision": "day",
            "channel": talk.channel.value,
            "title": talk.title,
            "organiser": organiser,
            "place": "tỉnh Ví Dụ",
            "attendance": talk.attendance or "",
            "policy_no": talk.policies,
        }


def main(folder: str, day: str | None = None) -> None:
    today = date.fromisoformat(day) if day else day_in_vietnam(runtime.now())
    write(Path(folder), today, load_rulebook().calendar)
    print(f"{folder}: {counted(len(CASES), 'draft')} as of {today}")


if __name__ == "__main__":
    main(*sys.argv[1:])
