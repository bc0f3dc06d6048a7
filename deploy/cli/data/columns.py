"""The import format: files, columns, and checks of the header."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from deploy.cli.data.tables.headings import HEADINGS
from shared.contracts.event import Event
from shared.contracts.registry import DraftRegistered
from shared.kernel.errors import Text
from shared.rules.words.suggestions import folded

ORDER = {  # of the import; the service of each sheet
    "units": "registry",
    "unit_successions": "registry",
    "supervision": "registry",
    "targets": "registry",
    "drafts": "registry",
    "policies": "registry",
    "stages": "registry",
    "opinions": "registry",
    "exemptions": "registry",
    "postings": "registry",
    "plans": "campaigns",
    "activities": "campaigns",
    "communications": "campaigns",
    "evidence": "campaigns",
    "programme": "campaigns",
    "recipients": "notifier",
}
DATES = frozenset(
    {
        *(
            "valid_from",
            "valid_to",
            "date",
            "decided_on",
            "entered_on",
            "opened_on",
            "closes_on",
            "extended_to",
        ),
        *("closed_on", "approved_on", "planned_on", "held_on", "explained_on", "verified_on", "captured_on"),
        *(
            "procedure_decided_on",
            "due_on",
            "happened_on",
            "document_date",
            "from",
            "summarised_on",
            "period_from",
            "period_to",
        ),
    }
)
NUMBERS = frozenset(
    {
        *(
            "year",
            "target_percent",
            "policy_no",
            "attendance",
            "items",
            "reach_count",
            "cost_state",
            "cost_social",
            "due_days",
        ),
        *("received", "accepted", "explained", "agree", "disagree"),
        *("comments_received", "comments_accepted", "comments_explained", "quantity", "amount", "budget"),
        "examined",
        "percent",
    }
)
ANSWERS = frozenset(
    {
        *("in_scope", "requires_proposal", "affects_rights", "contested", "wide_impact", "state_secret"),
        *("expected", "needs_acceptance"),
    }
)
DATASET = "dataset"  # optional where an installation holds several kinds of data


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a sheet; with `notes`, unknown columns are kept with the row."""

    mandatory: Sequence[str]
    optional: Sequence[str]
    notes: bool = False

    @property
    def names(self) -> Sequence[str]:
        return (*self.mandatory, *self.optional)


_DRAFTS = ("draft_code", "title", "instrument", "lead_unit_code", "regime")
_DRAFTS_OPTIONAL = (
    *("procedure", "in_scope", "requires_proposal", "affects_rights", "contested", "wide_impact"),
    *("scope_basis", "state_secret", "procedure_document", "final_number", "outcome", "source"),
    *("procedure_authority", "procedure_decided_on"),
)


def _added(event: type[Event], *named: str) -> Iterator[str]:
    """Give the fields that an event got since these columns were named: a new one is a new optional column."""
    return (name for name in event.model_fields if name not in {*named, "draft_id", "notes", DATASET})


COLUMNS: Mapping[str, Columns] = {
    "units": Columns(
        ("code", "name", "level", "kind"),
        ("parent_code", "province_code", "valid_from", "valid_to", "note", "source", DATASET),
        notes=True,
    ),
    "unit_successions": Columns(
        ("from_code", "kind", "date"), ("to_code", "legal_basis", "source"), notes=True
    ),
    "supervision": Columns(("unit_code", "supervisor_code", "kind", "from"), ("document",), notes=True),
    "targets": Columns(("unit_code", "year", "target_percent"), ("document",), notes=True),
    "drafts": Columns(
        _DRAFTS,
        (*_DRAFTS_OPTIONAL, *_added(DraftRegistered, *_DRAFTS, *_DRAFTS_OPTIONAL), DATASET),
        notes=True,
    ),
    "policies": Columns(("draft_code", "policy_no", "title"), ("affected_groups", "source"), notes=True),
    "stages": Columns(
        ("draft_code", "stage", "entered_on"),
        ("precision", "what", "source", "document_no", "document_date", "issuer", "expected", "session"),
        notes=True,
    ),
    "opinions": Columns(
        ("draft_code", "stage", "summarised_on", "received"),
        (
            *("accepted", "explained", "agree", "disagree", "groups", "published_at", "document", "source"),
            "counting_rule",
        ),
        notes=True,
    ),
    "exemptions": Columns(("draft_code",), ("stages", "document", "authority", "decided_on"), notes=True),
    "plans": Columns(("draft_code", "document", "approved_on"), ("authority", "note", DATASET), notes=True),
    "activities": Columns(
        ("draft_code", "planned_on"),
        (
            *(
                "precision",
                "stage",
                "channel",
                "audience",
                "area",
                "responsible_unit_code",
                "budget",
                "title",
            ),
            *("activity_id", "gap_id", DATASET),
        ),
        notes=True,
    ),
    "postings": Columns(
        ("draft_code", "stage", "opened_on"),
        ("closes_on", "extended_to", "closed_on", "place", "source"),
        notes=True,
    ),
    "communications": Columns(
        ("draft_code", "held_on", "channel", "title"),
        (
            *("precision", "organiser", "place", "attendance", "reach", "policy_no", "url", "activity_id"),
            *("content", "comments_received", "comments_accepted", "comments_explained", "explanation_url"),
            *("explained_on", "verified_on", "verified_by_unit_code", "communication_id", DATASET),
            "verified_note",
            *("role", "requested_role", "unit_code", "coordinating_units", "audience", "area", "items"),
            *("reach_count", "cost_state", "cost_social", "language", "activity_code"),
        ),
        notes=True,
    ),
    "evidence": Columns(("communication_id",), ("title", "url", "sha256", "captured_on", "reach", "file")),
    "programme": Columns(
        ("unit_code", "year", "kind"),
        (
            *("title", "document", "lead_unit_code", "coordinating_unit_codes", "due_on", "product"),
            *("happened_on", "precision", "quantity", "examined", "amount", "note", "draft_code", "gap_id"),
            *("entry_id", "of_entry", DATASET),
            *(
                "entry_ref",
                "of_ref",
                "due_precision",
                "coordinating_text",
                "year_reason",
                "percent",
                "reason",
                "needs_acceptance",
            ),
            *("report_period", "period_from", "period_to", "due_days", "duty_id", "figures"),
        ),
        notes=True,
    ),
    "recipients": Columns(("unit_code", "role", "email"), ("language",)),
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A row, or a whole file (`line` 0), that cannot even be read; not `refused`: only something to know about it."""

    line: int
    column: str
    value: str
    why: Text
    refused: bool = True


SEPARATORS = {
    ";": Text("dấu chấm phẩy", "semicolons"),
    "\t": Text("dấu tab", "tabs"),
    "|": Text("dấu gạch đứng", "vertical bars"),
}


def check_header(sheet: str, line: int, header: Sequence[str], kept: Collection[str] = ()) -> list[Broken]:
    """Report the problems of a header; empty if its rows can be read. `kept`: other columns that are taken as notes."""
    for mark, name in SEPARATORS.items():
        if len(header) == 1 and mark in header[0]:
            return [_separated(line, header[0], name)]
    twice = [
        name
        for name, number in Counter(header).items()
        if name and number > 1 and (name in kept or _is_ours(name, sheet))
    ]
    missing = [name for name in _mandatory(sheet) if name not in header]
    return [
        *(_twice(line, name) for name in twice),
        *(_missing(line, missing, sheet, header) if missing else ()),
    ]


def _is_ours(name: str, sheet: str) -> bool:
    return sheet not in COLUMNS or name in COLUMNS[sheet].names


def unknown_columns(sheet: str, header: Iterable[str]) -> list[str]:
    names = COLUMNS[sheet].names
    return [name for name in dict.fromkeys(cell.strip() for cell in header) if name and name not in names]


def _mandatory(sheet: str) -> Sequence[str]:
    return COLUMNS[sheet].mandatory if sheet in COLUMNS else ()


def _separated(line: int, header: str, name: Text) -> Broken:
    why = Text(
        f"các cột phải cách nhau bằng dấu phẩy, tệp này dùng {name.vi}; hãy lưu lại dưới dạng “CSV UTF-8 (phân cách bằng dấu phẩy)”, hoặc nhập thẳng tệp .xlsx",
        f"columns are separated by commas, this file uses {name.en}; save it again as 'CSV UTF-8 (comma delimited)', or import the .xlsx itself",
    )
    return Broken(line, "", header.replace("\t", "⇥")[:60], why)


def _twice(line: int, name: str) -> Broken:
    why = Text(
        "tên cột xuất hiện nhiều lần; hãy giữ một cột",
        "the column occurs more than once; keep one of them",
    )
    return Broken(line, name, name, why)


def _missing(line: int, names: Sequence[str], sheet: str, header: Sequence[str]) -> list[Broken]:
    """Name all columns that are missing at once, each with the heading that it probably has."""
    meant = {name: _heading(name, sheet, header) for name in names}
    vi = ", ".join(f"“{name}”" + (f" (“{result}”?)" if result else "") for name, result in meant.items())
    en = ", ".join(f"'{name}'" + (f" ('{result}'?)" if result else "") for name, result in meant.items())
    item = len(names) == 1
    why = Text(
        f"thiếu {'' if item else 'các '}cột bắt buộc {vi}; hãy thêm hoặc sửa tên cột ở dòng {'đầu' if line == 1 else line}",
        f"the mandatory column{' ' if item else 's '}{en} {'is' if item else 'are'} missing; "
        f"add {'it' if item else 'them'} to {'the first line' if line == 1 else f'line {line}'}, or correct "
        f"{'its name' if item else 'their names'}",
    )
    return [Broken(line, names[0] if item else "", meant[names[0]] if item else "", why)]


def _heading(name: str, sheet: str, header: Sequence[str]) -> str:
    """Find the heading that stands for a column, under another name."""
    others = [cell for cell in header if cell and cell not in COLUMNS[sheet].names]
    likes = {folded(cell): cell for cell in reversed(others)}
    spelt = get_close_matches(name, list(likes), n=1, cutoff=0.75)
    if spelt:
        return likes[spelt[0]]
    return next((cell for cell in others if name in HEADINGS.get(folded(cell), "").split()), "")
