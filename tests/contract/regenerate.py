"""Writes all schemas anew, and a sample of each new or grown type: `python -m tests.contract.regenerate`.

Samples that exist are never touched: they are bytes that stand in logs out there. A type that got a field
(which is left out where nobody said it: default None) gets one more sample. Read what changed (`git
diff tests/contract`) before you commit it; what breaks the rule "only ever added" fails the tests even so.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from enum import EnumType
from typing import Any, get_args, get_origin
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from shared.contracts.envelope import AggregateRef, Metadata, NewEvent, encode
from shared.contracts.event import ABOUT_DRAFTS, About, Event, draft_id, programme_id, unit_id
from tests.contract import golden

_DRAFT = "LUAT-DATDAI"
_TEXTS = {
    "draft_code": _DRAFT,
    "into_draft_code": "LUAT-NHAO",
    "unit_code": "BTP",
    "to_unit_code": "BTC",
    "responsible_unit_code": "BTP",
    "coordinating_unit_codes": "BTC",
    "by_unit_code": "BTP",
    "decider_code": "STP-15",
    "activity_code": "HN-01",
    "area_of": "STP-15",
    "view": "original",
    "language": "tiếng Mông",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "lead_unit_code": "BTP",
    "parent_code": "CP",
    "supervisor_code": "HAN-STP",
    "to_code": "BTC",
    "province_code": "15",
    "unit_name": "Bộ Tư pháp",
    "title": "Luật Đất đai (sửa đổi)",
    "rules_version": "3f0c9d",
    "sha256_json": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sha256_xlsx": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "sha256_docx": "fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
    "url": "https://example.vn/hoi-thao",
    "digest_key": "2024-03-11/BTP/focal_point",
    "message_id": "<0f8b4c@loa>",
    "document": "Công văn 12/BTP-PBGDPL",
    "final_number": "31/2024/QH15",
    "outcome": "promulgated",
    "organiser": "Bộ Tư pháp",
    "place": "Hà Nội",
    "reach": "63 tỉnh, thành phố",
    "source": "Cổng Thông tin điện tử Chính phủ",
    "to_unit": "Bộ Tài chính",
    "explanation": "Nội dung thuộc chức năng của Bộ Tài chính",
    "authority": "Thủ tướng Chính phủ",
    "obstacle": "Chưa được bố trí kinh phí truyền thông",
    "legal_basis": "Nghị quyết 202/2025/QH15",
}
_NUMBERS = {"policy_no": 2, "year": 2024, "facts_position": 4711, "attendance": 120, "target_percent": 70.0}
_NUMBERS |= {"level": 1, "overdue_working_days": 5}
_NUMBERS |= {
    "received": 42,
    "agree": 25,
    "size": 48_213,
    "disagree": 17,
    "accepted": 30,
    "explained": 12,
    "budget": 15_000_000,
    "quantity": 3,
    "amount": 15_000_000,
    "items": 30,
    "reach_count": 12_500,
    "percent": 60,
    "examined": 32,
    "due_days": 10,
    "cost_state": 15_000_000,
    "cost_social": 5_000_000,
}
META = Metadata(
    time=datetime(2024, 3, 11, 1, 30, tzinfo=UTC),
    actor="unit/5d0f",
    correlation_id="c-1",
    causation_id="e-1",
    idempotency_key="k-1",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)


def filled(model: type[Event]) -> Event:
    """Make an event with every field filled."""
    return model.model_validate({name: _value(name, f.annotation) for name, f in model.model_fields.items()})


def _value(name: str, annotation: Any) -> Any:  # noqa: PLR0911  one line a kind of field
    kinds = [kind for kind in get_args(annotation) if kind not in (type(None), Ellipsis)]
    kind = kinds[0] if kinds and get_origin(annotation) not in (tuple, dict) else annotation
    if get_origin(kind) is dict:
        return {"VNeID": 40} if get_args(kind)[1] is int else {"ghi_chu": "nhập từ tệp"}
    if get_origin(kind) is tuple:
        return _several(name, get_args(kind)[0])
    if kind is UUID:
        return draft_id(_DRAFT) if name == "draft_id" else uuid5(NAMESPACE_URL, name)
    if kind is date:
        return date(2024, 3, 15) if name == "due_on" else date(2024, 3, 4)
    if kind is bool:
        return True
    if kind in (int, float):
        return _NUMBERS[name]
    if isinstance(kind, EnumType):
        return next(iter(kind))
    return _TEXTS.get(name, "theo kế hoạch")


def _several(name: str, kind: Any) -> Any:
    return [1, 2] if kind is int else [_value(name, kind)]


def _aggregate(event: Event) -> UUID:
    own = {"unit": unit_id("BTP"), "draft": draft_id(_DRAFT), "plan": draft_id(_DRAFT)}
    own["programme"] = programme_id("BTP", 2024)
    ids = (getattr(event, name, None) for name in (f"{event.context}_id", "gap_id", "draft_id", "report_id"))
    return own.get(event.context) or next(id_ for id_ in ids if id_)


def _about(model: type[Event]) -> About:
    draft_code = _DRAFT if model.context in ABOUT_DRAFTS else None
    return About(draft_code=draft_code, unit_code="BTP", dataset="live")


def full_sample(model: type[Event]) -> dict[str, Any]:
    event = filled(model)
    ref = AggregateRef(model.context, _aggregate(event))
    new = NewEvent(uuid5(NAMESPACE_URL, model.type_name()), event, replace(META, about=_about(model)))
    document: dict[str, Any] = orjson.loads(encode(ref, new, 3))
    return document


def main() -> None:
    for model in golden.MODELS:
        golden.schema_file(model).write_bytes(golden.pretty(golden.schema(model)))
        if not _is_sampled(model):
            golden.next_sample_file(model).write_bytes(golden.pretty(full_sample(model)))


def _is_sampled(model: type[Event]) -> bool:
    if not golden.sample_files(model)[0].exists():
        return False
    newest = golden.sample(model)
    extended = model.context not in ABOUT_DRAFTS or set(newest) >= golden.EXTENSIONS
    return extended and set(newest["data"]) == set(model.model_fields)


if __name__ == "__main__":
    main()
