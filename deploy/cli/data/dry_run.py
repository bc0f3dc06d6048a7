"""A dry run of an import: the services validate the rows and record nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.cli.client import Services
from deploy.cli.console import CommandError
from deploy.cli.data.importer import Importer
from deploy.cli.data.requests import OUTCOMES, encode_end, rows_with_end
from deploy.cli.data.sources import Row, SheetFile

DRY_RUN_ROWS = 20_000  # rows of the registry: the limit of its route
DRY_RUN_TOO_LARGE = CommandError(
    "Chạy thử nhận nhiều nhất 20.000 dòng đơn vị, dự thảo, chính sách và giai đoạn; hãy chia nhỏ thư mục để chạy thử.",
    "A dry run takes at most 20,000 rows of units, drafts, policies and stages; split the folder.",
)
_CODES = {"drafts": "draft_code", "units": "code"}
_NAMES = {  # the columns by which rows of other services name drafts and units
    "drafts": ("draft_code",),
    "units": (
        *("unit_code", "responsible_unit_code", "lead_unit_code", "coordinating_unit_codes"),
        "verified_by_unit_code",
    ),
}


@dataclass(slots=True)
class DryRun(Importer):
    """A dry run: the registry gets all its rows in one request, because rows may depend on others."""

    codes: dict[str, set[str]] = field(default_factory=lambda: {"drafts": set(), "units": set()})

    def _registry(self, sheets: Sequence[SheetFile]) -> None:
        sent: list[bytes] = []
        rows: dict[tuple[str, int], Row] = {}
        for sheet in sheets:
            self._begin(sheet)
            for row in self._readable(sheet):
                rows[sheet.name, row.line] = row
                sent.append(self._body_line(sheet, row))
                if len(sent) > DRY_RUN_ROWS:
                    raise DRY_RUN_TOO_LARGE
        ends = [row for sheet in sheets if sheet.name == "drafts" for row in rows_with_end(sheet)]
        by_name = {sheet.name: sheet for sheet in sheets}
        for outcome in self._send("registry", [*sent, *map(encode_end, ends)], {"dry_run": True}):
            self._note_answer(outcome, by_name, rows)
        self.progress(", ".join(sheet.label for sheet in sheets), len(rows))

    def _keep(self, sheet: SheetFile, row: Row) -> None:
        """Leave the file where it is: nothing is recorded."""

    def _note_answer(
        self,
        outcome: Mapping[str, Any],
        sheets: Mapping[str, SheetFile],
        rows: Mapping[tuple[str, int], Row],
    ) -> None:
        name, line = outcome["sheet"], outcome["line"]
        if name == OUTCOMES:
            if line not in self.result.refused_drafts:
                self._note(sheets["drafts"], outcome, counting=False)
            return
        row = rows[name, line]
        self._note(sheets[name], outcome, row)
        if outcome["status"] != "refused" and name in self.codes:
            self.codes[name].add(row.cells[_CODES[name]].strip())

    def _query(self, service: str, rows: Sequence[Row]) -> Mapping[str, object]:  # noqa: ARG002  overrides the method of Importer
        named = {name: _named(rows, columns) & self.codes[name] for name, columns in _NAMES.items()}
        return {"dry_run": True} | {
            f"assume_{name}": ",".join(sorted(codes)) for name, codes in named.items() if codes
        }


def _named(rows: Sequence[Row], columns: Sequence[str]) -> set[str]:
    cells = (row.cells.get(column, "") for row in rows for column in columns)
    return {name.strip() for cell in cells for name in re.split("[;,]", cell)}


def require_dry_run(services: Services, service: str) -> None:
    """Check that the service supports dry runs: an older one would ignore the parameter and record the rows."""
    parameters = services.get(service, "/openapi.json")["paths"]["/imports"]["post"].get("parameters", [])
    if not any(parameter["name"] == "dry_run" for parameter in parameters):
        raise CommandError(
            f"Dịch vụ {service} là bản cũ, chưa chạy thử được. Hãy nâng cấp dịch vụ, hoặc nhập không có --dry-run.",
            f"The service {service} is too old for a dry run. Upgrade it, or import without --dry-run.",
        )
