"""Files of evidence beside the tables of an import or export: the column `file` of evidence.csv names them, below their folder."""

import hashlib
from dataclasses import replace
from pathlib import Path

from deploy.cli.client import ServiceRefused, Services
from deploy.cli.data.columns import Broken
from deploy.cli.data.tables.sheet_rows import Row
from shared.kernel.errors import Text

SHEET, COLUMN = "evidence", "file"
FOLDER = "evidence-files"  # of an export
NO_FILE = Text(
    "không có tệp này trong thư mục nhập; hãy đặt tệp vào thư mục, hoặc để trống cột “file”",
    "there is no such file in the folder of the import; put it there, or leave the column 'file' empty",
)
ANOTHER = Text(
    "tệp không khớp với mã SHA-256 ghi ở cột “sha256”; hãy kiểm tra lại tệp",
    "the file does not have the SHA-256 of the column 'sha256'; look at it again",
)


def named(row: Row, folder: Path | None) -> tuple[Row, Path | None] | Broken:
    """Give a row without its file, with the file's SHA-256, and where the file is; or what keeps it from being read."""
    name = row.cells.get(COLUMN, "").strip()
    cells = {column: cell for column, cell in row.cells.items() if column != COLUMN}
    if not name:
        return replace(row, cells=cells), None
    path = (folder / name).resolve() if folder else None
    if path is None or folder is None or not path.is_relative_to(folder.resolve()) or not path.is_file():
        return Broken(row.line, COLUMN, name, NO_FILE)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if cells.get("sha256", "").strip().lower() not in {"", digest}:
        return Broken(row.line, COLUMN, name, ANOTHER)
    return replace(row, cells={**cells, "sha256": digest}), path


def send(services: Services, row: Row, path: Path) -> Text | None:
    """Have Loa keep the file of an evidence; returns why it is refused. Sent again it changes nothing."""
    title = {"title": row.cells["title"].strip()} if row.cells.get("title", "").strip() else {}
    where = f"/communications/{row.cells['communication_id'].strip()}/evidence/files"
    try:
        with path.open("rb") as file:
            services.send(
                "POST", "campaigns", where, files={"file": (path.name, file)}, data=title, timeout=600
            )
    except ServiceRefused as refusal:
        return refusal.message
    return None


def fetch(services: Services, communication_id: str, evidence_id: str, folder: Path) -> str | None:
    """Download a kept file into an export; returns its name below the folder, None if it was deleted meanwhile."""
    target = folder / FOLDER / evidence_id
    target.parent.mkdir(exist_ok=True)
    path = f"/communications/{communication_id}/evidence/{evidence_id}/file"
    return f"{FOLDER}/{evidence_id}" if services.download_if_there("campaigns", path, target) else None
