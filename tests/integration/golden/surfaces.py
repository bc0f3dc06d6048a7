"""What the golden files hold: figures, read models, pages, mails and answer pages of both samples."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from services.metrics.domain.grouping import GroupBy, View
from shared.contracts.vocabulary import Stage
from tests.integration.golden import answers, mails
from tests.integration.golden.office import MONDAY, Office
from tests.integration.golden.plain import Plain

DAYS = (
    "2020-06-30",
    "2023-12-14",
    "2024-07-08",
    "2024-12-14",
    "2025-05-20",
    "2025-12-14",
    "2026-11-23",
    "2027-01-04",
)
PERIODS = ("", "year=2024", "year=2025", "year=2026", "from=2024-01-01&to=2024-12-31")
FEW = ("2024-12-14", "2025-12-14", "2026-11-23")  # days of what is recorded by checksums, or by unit
# Drafts in full; of all others a checksum for each of a few days.
FULL = (
    "LUAT-DULIEU",
    "LUAT-DATDAI",  # suspended
    "LUAT-BHXH",  # many stages
    "LUAT-TTDB",
    "VD-NQ-01",
    "VD-QD-06",  # simplified procedure
    "VD-NQ-07",  # suspended
    "VD-QD-12",  # exempt
)


async def record(office: Office) -> dict[str, str]:
    """Give the text of every golden file by its name; the services are changed by it (mails, answers)."""
    plain = Plain(await office.recipients())
    drafts = [item["draft_code"] for item in (await office.get("registry", "/drafts?limit=500"))["items"]]
    units = [item["unit_code"] for item in (await office.get("registry", "/units?limit=500"))["items"]]
    recorded = {
        "registry/lists.json": plain.document(await _answers(office, "registry", _lists())),
        "registry/units.json": plain.document(await _answers(office, "registry", _each("/units", units))),
        "registry/drafts.json": plain.document(await _answers(office, "registry", _each("/drafts", drafts))),
        "registry/histories.json": plain.document(await _answers(office, "registry", _histories(drafts))),
        "campaigns/communications.json": plain.document(
            await _answers(office, "campaigns", _each("/drafts", drafts, "/communications?limit=500"))
        ),
        "metrics/compliance.json": plain.document(await _answers(office, "metrics", _compliance())),
        "metrics/gaps.json": plain.document(await _answers(office, "metrics", _gaps())),
        "metrics/report.json": plain.document(await _answers(office, "metrics", _reports())),
        "metrics/coverage.json": plain.document(await _answers(office, "metrics", _coverage(drafts))),
        "metrics/coverage_checksums.json": plain.document(await _checksums(office, drafts)),
        "notifier/alerts.json": plain.document({"/alerts": await office.alerts()}),
    }
    for name, path in _pages(drafts):
        recorded[f"pages/{name}.html"] = plain.page(await office.get("metrics", path))
    recorded |= await mails.record(office, plain)
    recorded |= await answers.record(office, plain)
    styles = sorted(style.strip() for style in plain.styles)
    texts = plain.document({f"{key} (text)": text for key, text in plain.texts.items()})
    return recorded | {"styles.txt": "\n\n".join(styles) + "\n", "metrics/texts.json": texts}


async def _answers(office: Office, service: str, paths: Iterable[str]) -> dict[str, Any]:
    return {path: await office.get(service, path) for path in paths}


def _each(resource: str, codes: Iterable[str], rest: str = "") -> Iterator[str]:
    return (f"{resource}/{code}{rest}" for code in codes)


def _lists() -> Iterator[str]:
    yield from ("/units?limit=500", "/drafts?limit=500", "/drafts?q=luật", "/units?q=bộ", "/procedures")
    yield from (f"/drafts?limit=500&stage={stage}" for stage in Stage)


def _histories(drafts: Iterable[str]) -> Iterator[str]:
    return (f"/drafts/{code}/history" for code in drafts if code in FULL)


def _compliance() -> Iterator[str]:
    for view, group, day in product(View, GroupBy, DAYS):
        if group is not GroupBy.UNIT or day in FEW:
            yield f"/compliance?view={view}&group_by={group}&as_of={day}"
    for view, period in product(View, PERIODS):
        yield f"/compliance?view={view}&as_of={MONDAY}&group_by=unit&{period}"
    for unit in ("VD-TINH", "VD-UBND", "BTP", "BCA"):
        yield f"/compliance?unit={unit}&include_descendants=true&group_by=unit&as_of={MONDAY}"


def _gaps() -> Iterator[str]:
    for day in DAYS:
        yield from (f"/gaps?as_of={day}", f"/todos?as_of={day}")
    yield f"/gaps?unit=VD-UBND&include_descendants=true&as_of={MONDAY}"


def _reports() -> Iterator[str]:
    yield f"/reports/407?as_of={MONDAY}&unit=VD-TINH&include_descendants=true"
    yield "/reports/407?as_of=2025-12-14&year=2025&unit=BTP"


def _coverage(drafts: Iterable[str]) -> Iterator[str]:
    full = [code for code in drafts if code in FULL]
    return (f"/drafts/{code}/coverage?as_of={MONDAY}" for code in full)


async def _checksums(office: Office, drafts: Iterable[str]) -> dict[str, Any]:
    checksums: dict[str, dict[str, str]] = {}
    for code in drafts:
        for day in FEW:
            answer = await office.get("metrics", f"/drafts/{code}/coverage?as_of={day}")
            text = Plain().document(answer)
            checksums.setdefault(code, {})[day] = hashlib.sha256(text.encode()).hexdigest()[:12]
    return checksums


def _pages(drafts: Iterable[str]) -> Iterator[tuple[str, str]]:
    yield "leaders", f"/?as_of={MONDAY}"
    yield "leaders_2024", "/?as_of=2024-12-14&year=2024"
    yield "leaders_exercise_en", f"/?as_of={MONDAY}&unit=VD-TINH&include_descendants=true&lang=en"
    yield "report", f"/reports?as_of={MONDAY}&unit=VD-TINH&include_descendants=true"
    yield "details", f"/details?as_of={MONDAY}"
    yield "details_2024", "/details?as_of=2024-12-14&year=2024"
    yield "details_successor", f"/details?as_of={MONDAY}&year=2026&view=successor"
    yield "details_exercise", f"/details?as_of={MONDAY}&unit=VD-TINH&include_descendants=true"
    yield from ((f"draft_{code}", f"/drafts/{code}?as_of={MONDAY}") for code in drafts if code in FULL)
