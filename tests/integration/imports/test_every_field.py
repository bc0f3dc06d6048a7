"""Every field of every event that files can bring, by the contract: exported, imported into an empty system, it is the same there.

What no file brings stands in tables with the reason: a new field of the contract that is neither entered here nor listed
fails the test, and so does one that is listed and comes back.
"""

import asyncio
import csv
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from deploy.local.keys.keyring import Keyring
from services.campaigns.domain.entry_checks import ONLY_OF
from shared.contracts.campaigns import CommunicationEvent, PlanEvent
from shared.contracts.envelope import Recorded
from shared.contracts.event import Event, activity_id, communication_id, entry_id
from shared.contracts.programme import ProgrammeEvent
from shared.contracts.registry import DraftEvent, UnitEvent
from shared.contracts.vocabulary import Channel, Precision, ProgrammeKind
from shared.rules.programme.kinds import CHANGES, KINDS
from tests.integration.campaigns.test_evidence_files import PDF
from tests.integration.campaigns.test_round_trip import carried
from tests.integration.metrics.office import log_of
from tests.support.platform.files import exported
from tests.support.platform.service import Platform, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

Kind = ProgrammeKind
Row = Mapping[str, Any]
NOTE = {"linh_vuc": "theo tệp"}  # a column that is kept with --keep-notes
SAMPLE = {"dataset": "sample"}
CHANGE = "a change: an export writes what holds after it"
END = "what was withdrawn from the record is not written"
EVENTS_LEFT_OUT = {
    **dict.fromkeys(("unit.amended", "unit.renamed", "unit.moved", "draft.amended"), CHANGE),
    **dict.fromkeys(("draft.retitled", "draft.policy_amended", "draft.stage_corrected"), CHANGE),
    **dict.fromkeys(("draft.transferred", "plan.activity_rescheduled", "communication.corrected"), CHANGE),
    **dict.fromkeys(("programme.entry_corrected", "communication.role_confirmed"), CHANGE),
    **dict.fromkeys(("draft.policy_removed", "plan.activity_cancelled", "communication.retracted"), END),
    **dict.fromkeys(("programme.entry_cancelled", "communication.evidence_erased"), END),
    "unit.change_cancelled": END,
    **dict.fromkeys(("draft.exemption_cancelled", "draft.stage_cancelled", "draft.posting_cancelled"), END),
    **dict.fromkeys(("draft.request_raised", "draft.request_decided"), "settled where it was asked"),
    **dict.fromkeys(("draft.request_answered", "draft.request_forwarded"), "settled where it was asked"),
    "communication.verification_refused": "the communication comes back as a claim, which can be verified again",
}
REASON = "the reason of a change"
FIELDS_LEFT_OUT = {
    "draft.posting_extended reason": REASON,
    "draft.posting_closed reason": REASON,
    "draft.merged into_draft_code": "no form, route or column enters it",
    "programme.report_submitted report_id": "a published report is kept where it was published",
}
PAPER = {"document_no": "12/TTr-STP", "document_date": "2024-03-01", "issuer": "Sở Tư pháp"}
TALK = communication_id("NQ-1", date(2024, 4, 1), Precision.MONTH, Channel.CONFERENCE, "Hội nghị", (1,))
PLANNED = activity_id("NQ-1", date(2024, 4, 1), Precision.MONTH, None, None, "Đối thoại")


def stage(name: str, on: str, **more: str) -> Row:
    row = {"draft_code": "NQ-1", "stage": name, "entered_on": on, "what": "Lần đầu", "source": "sổ theo dõi"}
    return row | PAPER | NOTE | more


def coming(name: str, on: str, session: str) -> Row:
    return {
        "draft_code": "NQ-1",
        "stage": name,
        "entered_on": on,
        "expected": "yes",
        "session": session,
        "what": "Theo chương trình",
        "source": "nghị quyết",
        **NOTE,
    }


FILES: dict[str, Sequence[Row]] = {
    "units": [
        {
            "code": "UBND",
            "name": "Ủy ban nhân dân tỉnh",
            "level": "provincial",
            "kind": "provincial_committee",
        },
        {
            "code": "SO-A",
            "name": "Sở A",
            "level": "provincial",
            "kind": "department",
            "parent_code": "UBND",
            "province_code": "01",
            "valid_from": "2020-01-01",
            "valid_to": "2030-12-31",
            "note": "ghi chú",
            "source": "quyết định",
            **NOTE,
            **SAMPLE,
        },
        *(
            {"code": code, "name": code, "level": "provincial", "kind": "department", "parent_code": "UBND"}
            for code in ("SO-B", "SO-C", "SO-D")
        ),
    ],
    "unit_successions": [
        {
            "from_code": "SO-B",
            "to_code": "SO-A",
            "kind": "merge",
            "date": "2025-03-01",
            "legal_basis": "NQ 1",
            "source": "công báo",
            **NOTE,
        },
        {
            "from_code": "SO-C",
            "kind": "dissolve",
            "date": "2025-03-01",
            "legal_basis": "NQ 1",
            "source": "x",
            **NOTE,
        },
    ],
    "supervision": [
        {
            "unit_code": "SO-A",
            "supervisor_code": "UBND",
            "kind": "supervisor",
            "from": "2024-01-01",
            "document": "QĐ 5",
            **NOTE,
        }
    ],
    "targets": [{"unit_code": "SO-A", "year": "2024", "target_percent": "70", "document": "KH 1", **NOTE}],
    "drafts": [
        {
            "draft_code": "NQ-1",
            "title": "Nghị quyết học phí",
            "instrument": "provincial_resolution",
            "lead_unit_code": "SO-A",
            "regime": "law_2015",
            "procedure": "simplified",
            "procedure_document": "CV 7",
            "procedure_authority": "Chủ tịch UBND tỉnh",
            "procedure_decided_on": "2024-02-02",
            "in_scope": "yes",
            "scope_basis": "local_plan",
            **dict.fromkeys(("requires_proposal", "affects_rights", "contested", "wide_impact"), "yes"),
            "state_secret": "no",
            "final_number": "12/2024/NQ-HĐND",
            "outcome": "adopted",
            "source": "kế hoạch",
            "handling": "replace",
            "amends": "1/2020/NQ-HĐND",
            "replaces": "3/2020/NQ-HĐND",
            "external_ref": "VB-1",
            **NOTE,
            **SAMPLE,
        },
        *(
            {
                "draft_code": code,
                "title": code,
                "instrument": "decree",
                "lead_unit_code": "SO-A",
                "regime": "law_2015",
            }
            for code in ("ND-1", "ND-2")
        ),
    ],
    "policies": [
        {
            "draft_code": "NQ-1",
            "policy_no": "1",
            "title": "Hỗ trợ",
            "affected_groups": "học sinh;phụ huynh",
            "source": "tờ trình",
            **NOTE,
        }
    ],
    "stages": [
        stage("drafting", "2024-02-01", precision="month"),
        coming("draft_consultation", "2024-03-10", "Kỳ họp thứ 20"),
        stage("draft_consultation", "2024-03-12"),
        stage("suspended", "2024-04-10"),
        stage("draft_consultation", "2024-04-20"),
        coming("adopted", "2030-12-10", "Kỳ họp thứ 21"),
        {**stage("withdrawn", "2024-05-01"), "draft_code": "ND-1"},
        {**stage("merged", "2024-05-01"), "draft_code": "ND-2"},
    ],
    "opinions": [
        {
            "draft_code": "NQ-1",
            "stage": "draft_consultation",
            "summarised_on": "2024-05-20",
            "received": "10",
            "accepted": "4",
            "explained": "6",
            "agree": "8",
            "disagree": "2",
            "groups": "doanh nghiệp: 3",
            "published_at": "https://example.vn/y-kien",
            "document": "BC 9",
            "source": "cổng",
            "counting_rule": "không tính ý kiến nói",
            **NOTE,
        }
    ],
    "exemptions": [
        {
            "draft_code": "NQ-1",
            "stages": "appraisal",
            "document": "CV 8",
            "authority": "UBND tỉnh",
            "decided_on": "2024-05-02",
            **NOTE,
        }
    ],
    "postings": [
        {
            "draft_code": "NQ-1",
            "stage": "draft_consultation",
            "opened_on": "2024-03-12",
            "closes_on": "2024-03-31",
            "extended_to": "2024-04-15",
            "closed_on": "2024-04-16",
            "place": "cổng thông tin",
            "source": "cổng",
            **NOTE,
        }
    ],
    "plans": [
        {
            "draft_code": "NQ-1",
            "document": "210/KH",
            "approved_on": "2024-02-03",
            "authority": "UBND tỉnh",
            "note": "kèm phụ lục",
            **NOTE,
        }
    ],
    "activities": [
        {
            "draft_code": "NQ-1",
            "planned_on": "2024-04-01",
            "precision": "month",
            "stage": "draft_consultation",
            "channel": "dialogue",
            "audience": "học sinh",
            "area": "toàn tỉnh",
            "responsible_unit_code": "SO-A",
            "budget": "1000000",
            "title": "Đối thoại",
            "activity_id": str(PLANNED),
            "gap_id": str(TALK),
            **NOTE,
        }
    ],
    "communications": [
        {
            "draft_code": "NQ-1",
            "held_on": "2024-04-01",
            "precision": "month",
            "channel": "conference",
            "title": "Hội nghị",
            "organiser": "Sở A",
            "place": "Huế",
            "attendance": "120",
            "reach": "rộng",
            "policy_no": "1",
            "url": "https://example.vn/1",
            "content": "necessity;scope",
            "comments_received": "5",
            "comments_accepted": "2",
            "comments_explained": "3",
            "explanation_url": "https://example.vn/2",
            "explained_on": "2024-05-05",
            "verified_on": "2024-05-06",
            "verified_by_unit_code": "UBND",
            "verified_note": "đã đối chiếu",
            "role": "support",
            "requested_role": "coordinating",
            "unit_code": "SO-A",
            "coordinating_units": "UBND; Đoàn thanh niên",
            "audience": "học sinh",
            "area": "toàn tỉnh",
            "items": "2",
            "reach_count": "900",
            "cost_state": "5",
            "cost_social": "6",
            "language": "vi",
            "activity_code": "HN-1",
            "communication_id": str(TALK),
            "activity_id": str(PLANNED),
            **NOTE,
        }
    ],
    "evidence": [
        {
            "communication_id": str(TALK),
            "title": "Biên bản",
            "url": "https://example.vn/bb",
            "captured_on": "2024-05-07",
            "reach": "300 lượt",
        },
        {"communication_id": str(TALK), "title": "Biên bản", "file": "bien-ban.pdf"},
    ],
}
ENTRY = {
    "unit_code": "SO-A",
    "year": "2024",
    "document": "KH 3",
    "happened_on": "2024-06-01",
    "precision": "month",
    "year_reason": "theo kế hoạch",
    "lead_unit_code": "SO-D",
    "coordinating_unit_codes": "SO-A",
    "coordinating_text": "các đoàn thể",
    "due_on": "2024-12-31",
    "due_precision": "quarter",
    "product": "báo cáo",
    "quantity": "1",
    "examined": "2",
    "amount": "3",
    "note": "ghi chú",
    "draft_code": "NQ-1",
    "gap_id": str(TALK),
    **NOTE,
}
OWN = {
    "percent": "40",
    "needs_acceptance": "yes",
    "report_period": "own",
    "period_from": "2024-01-01",
    "period_to": "2024-06-30",
    "due_days": "10",
    "duty_id": str(entry_id("SO-A", 2024, Kind.REPORT_REQUIRED, "E-report_required", date(2024, 6, 1))),
    "figures": "activities: 3",
    "reason": "vì thiếu",
}


def entries() -> Iterator[Row]:
    """Give an entry of each kind, with every field that the kind has; follow-ups follow the first of what they may."""
    kinds = sorted(KINDS, key=lambda kind: (_depth(kind), _ORDER.index(kind) if kind in _ORDER else -1))
    for kind in kinds:
        if kind in CHANGES:
            continue
        own = {name: value for name, value in OWN.items() if kind in ONLY_OF.get(name, ())}
        row = {**ENTRY, "kind": kind.value, "title": kind.value, "entry_ref": f"E-{kind.value}", **own}
        if KINDS[kind].follows:
            row["of_ref"] = f"E-{KINDS[kind].follows_first.value}"
        if kind is Kind.REPORT_REQUIRED:  # of its own period; another has only due_days
            yield {**row, "due_days": "", "entry_ref": "E-own", "happened_on": "2024-05-01"}
            row |= dict.fromkeys(("period_from", "period_to", "due_on", "due_precision"), "")
            row |= {"report_period": "half_year", "coordinating_unit_codes": "SO-A; SO-D"}
        if kind in _ABOUT_TIME:  # of the report of SO-D for the first half of the year
            row |= {"of_ref": f"E-{Kind.REPORT_REQUIRED.value}", "period_from": "2023-12-15"}
        yield row


_ABOUT_TIME = (Kind.EXTENSION_REQUESTED, Kind.EXTENSION_REFUSED, Kind.TASK_EXTENDED)
_ORDER = [
    *_ABOUT_TIME,
    *(Kind.TASK_REPORTED, Kind.TASK_RETURNED, Kind.TASK_ACCEPTED),
    *(Kind.OBSTACLE_DECIDED, Kind.OBSTACLE_ANSWERED),
]


def _depth(kind: Kind) -> int:
    return 1 + _depth(KINDS[kind].follows_first) if KINDS[kind].follows and kind not in CHANGES else 0


def write(folder: Path) -> None:
    folder.mkdir()
    (folder / "bien-ban.pdf").write_bytes(PDF)
    for name, rows in (FILES | {"programme": list(entries())}).items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(rows)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def by_name(log: Sequence[Recorded]) -> dict[str, list[dict[str, Any]]]:
    """Give what the events of each type say, in an order of its own: an export writes units and drafts by their codes."""
    named: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in (recorded.data for recorded in log):
        if isinstance(event, Event):
            named[f"{event.context}.{event.name}"].append(event.model_dump(mode="json"))
    return {name: sorted(said, key=json.dumps) for name, said in named.items()}


@pytest.fixture
async def systems(
    keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> AsyncIterator[list[Platform]]:
    """Two empty systems that keep files."""
    async with AsyncExitStack() as stack:
        opened = []
        for name in ("first", "second"):
            server = await stack.enter_async_context(fresh_nats(tmp_path / name, keys))
            kept = (tmp_path / f"{name}-files").as_uri()
            opened.append(
                await stack.enter_async_context(
                    open_platform(
                        server, keys, token_issuer, new_database, "registry", "campaigns", evidence_url=kept
                    )
                )
            )
        yield opened


async def test_every_field_comes_back(systems: list[Platform], tmp_path: Path) -> None:
    platform, other = systems
    write(tmp_path / "in")
    refused = await asyncio.to_thread(carried, platform, tmp_path / "in")
    assert "\n".join(f"{each.label} {each.line}: {each.why.en}" for each in refused) == ""
    await platform.settled()
    await asyncio.to_thread(exported, platform, tmp_path / "out")
    refused = await asyncio.to_thread(carried, other, tmp_path / "out")
    assert "\n".join(f"{each.label} {each.line}: {each.why.en}" for each in refused) == ""
    await other.settled()
    before, after = by_name(await log_of(platform)), by_name(await log_of(other))
    await asyncio.to_thread(exported, other, tmp_path / "again")
    for name, recorded in before.items():
        assert after[name] == recorded, name
    assert bytes_of(tmp_path / "again") == bytes_of(tmp_path / "out")

    models = [
        model
        for union in (UnitEvent, DraftEvent, PlanEvent, CommunicationEvent, ProgrammeEvent)
        for model in get_args(union)
    ]
    names = {f"{model.context}.{model.name}": model for model in models}
    assert names.keys() - before.keys() == EVENTS_LEFT_OUT.keys()
    missing = {
        f"{name} {field}"
        for name, model in names.items()
        for field in model.model_fields
        if name in before and not any(event[field] not in (None, [], {}) for event in before[name])
        if not (model.context == "programme" and model.name not in ONLY_OF.get(field, {model.name}))
    }
    assert missing == FIELDS_LEFT_OUT.keys()
