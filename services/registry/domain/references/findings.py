"""Lasting findings about references: what the law or a later fact has made untrue; nothing is refused for it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from services.registry.domain.draft_state import Draft
from services.registry.domain.references import provinces, unit_checks
from services.registry.domain.references.unit_checks import Related
from shared.contracts.vocabulary import ENDS
from shared.directory.folds import Unit
from shared.kernel.errors import Text
from shared.rules.facts import StageEntry
from shared.rules.findings import Finding, FindingKind

BY_ITSELF = frozenset({FindingKind.PROVINCE_ENDED, FindingKind.DISTRICT_ENDED})
"""What follows from the unit alone; the others may be put right by rows that come further down."""


def unit_findings(
    unit: Unit, province_code: str | None, related: Related, as_of: date
) -> tuple[Finding, ...]:
    """Give what contradicts the unit on a day; a parent only as long as the unit goes on."""
    return (*_of_reorganisation(unit, province_code, as_of), *_of_parent(unit, related, as_of))


def lead_findings(draft: Draft, entries: Iterable[StageEntry], related: Related) -> tuple[Finding, ...]:
    """Give the first stage that each lead unit entered after its last day: the draft was not transferred."""
    first: dict[str, Finding] = {}
    for entry in entries:
        lead = related.get(draft.lead_on(entry.entered_on))
        if lead is None or lead.last_day is None or entry.entered_on <= lead.last_day or entry.stage in ENDS:
            continue
        first.setdefault(lead.unit_code, _lead_ended(lead, lead.last_day, entry))
    return tuple(first.values())


def _lead_ended(lead: Unit, last_day: date, entry: StageEntry) -> Finding:
    vi, en = _carried_on(lead.successors_on(entry.entered_on))
    text = Text(
        f"Cơ quan chủ trì soạn thảo “{lead.unit_code}” đã kết thúc hoạt động ngày {last_day:%d/%m/%Y}{vi}; đề nghị ghi việc chuyển "
        "cơ quan chủ trì (POST /drafts/{mã}/transfer)",
        f"The lead unit '{lead.unit_code}' ended on {last_day}{en}; record to which unit the draft was transferred (POST "
        "/drafts/{code}/transfer)",
    )
    return Finding(FindingKind.LEAD_ENDED, entry.entry_id, entry.entered_on, text)


def _carried_on(successors: Sequence[str]) -> tuple[str, str]:
    names = ", ".join(successors)
    return (f" (kế thừa: {names})", f" (succeeded by {names})") if names else ("", "")


def _of_reorganisation(unit: Unit, province_code: str | None, day: date) -> Iterator[Finding]:
    ended = unit.last_day is not None and unit.last_day <= provinces.REORGANISED_ON
    if ended or day < provinces.REORGANISED_ON or unit.successors_on(day):
        return
    before = provinces.REORGANISED_ON - timedelta(days=1)
    if province_code is not None and provinces.ended(province_code):
        now = provinces.MERGED_INTO[province_code]
        text = Text(
            f"Mã tỉnh “{province_code}” chỉ dùng đến ngày {before:%d/%m/%Y}, mã hiện nay là “{now}” ({provinces.SINCE[now]}); "
            "đề nghị ghi ngày kết thúc, đơn vị kế thừa, hoặc đính chính mã (POST /units/{mã}/amend)",
            f"The province code '{province_code}' was in use until {before}, the present one is '{now}' "
            f"({provinces.SINCE[now]}); record the end or the successor, or amend the code (POST /units/{{code}}/amend)",
        )
        yield Finding(
            FindingKind.PROVINCE_ENDED, None, provinces.REORGANISED_ON, text, "Quyết định 19/2025/QĐ-TTg"
        )
    if unit_checks.is_district(unit):
        text = Text(
            f"Cấp huyện kết thúc hoạt động ngày {before:%d/%m/%Y} nhưng đơn vị này chưa có ngày kết thúc; đề nghị ghi đơn vị "
            "kế thừa hoặc việc giải thể",
            f"The district level ended on {before}, and no end of this unit is recorded; record its successors or its "
            "dissolution",
        )
        yield Finding(
            FindingKind.DISTRICT_ENDED, None, provinces.REORGANISED_ON, text, "Nghị quyết 203/2025/QH15"
        )


def _of_parent(unit: Unit, related: Related, day: date) -> Iterator[Finding]:
    ended = unit.last_day is not None and unit.last_day <= day
    if ended or (code := unit.parent_on(day)) is None:
        return
    if (parent := related.get(code)) is None:
        yield _about_parent(
            f"Đơn vị cấp trên “{code}” chưa được đăng ký; đề nghị đăng ký hoặc đính chính mã",
            f"The parent '{code}' is not registered; register it, or amend the code",
        )
    elif unit_checks.is_below(parent, unit):
        yield _about_parent(
            f"Đơn vị cấp trên “{code}” thuộc cấp thấp hơn; đề nghị đính chính cấp hoặc đơn vị cấp trên",
            f"The parent '{code}' is of a lower level; amend the level or the parent",
        )
    elif parent.last_day is not None and parent.last_day < day:
        vi, en = _carried_on(parent.successors_on(day))
        yield _about_parent(
            f"Đơn vị cấp trên “{code}” đã kết thúc hoạt động ngày {parent.last_day:%d/%m/%Y}{vi}; đề nghị ghi đơn vị cấp trên "
            "mới (POST /units/{mã}/move)",
            f"The parent '{code}' ended on {parent.last_day}{en}; record the new parent (POST /units/{{code}}/move)",
        )


def _about_parent(vi: str, en: str) -> Finding:
    return Finding(FindingKind.PARENT_CONTRADICTS, None, None, Text(vi, en))
