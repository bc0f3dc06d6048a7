"""Files of evidence in a backup, each a member of the archive that is named by the id of its evidence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from deploy.cli.backup.archive import Manifest, described
from deploy.cli.client import Services
from deploy.cli.console import CommandError

PATH = "/own-files"
PREFIX = "evidence-"


def save(services: Services, folder: Path, position: int) -> dict[str, dict[str, Any]]:
    """Download the files that the log up to a position names; describes each by its name.

    One that was deleted meanwhile is left out.
    """
    listed = folder / "evidence.ndjson"
    services.download("campaigns", f"{PATH}?min_position={position}", listed)
    saved: dict[str, dict[str, Any]] = {}
    for row in _rows(listed):
        saved |= _save(services, folder, row)
    listed.unlink()
    return saved


def _rows(listed: Path) -> Sequence[dict[str, Any]]:
    *rows, last = [orjson.loads(line) for line in listed.read_bytes().splitlines()] or [{}]
    if last != {"files": len(rows)}:
        raise CommandError(
            "Dịch vụ campaigns gửi thiếu danh sách tệp minh chứng; xem nhật ký của dịch vụ rồi chạy lại.",
            "The service campaigns did not list all files of evidence; see its log and run the command again.",
        )
    return rows


def _save(services: Services, folder: Path, row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    number = str(row["evidence_id"])
    path = folder / f"{PREFIX}{number}"
    if not services.download_if_there("campaigns", f"{PATH}/{number}", path):
        return {}
    about = described(path)
    if about["sha256"] != row["sha256"]:
        raise CommandError(
            f"Tệp của minh chứng {number} không khớp với mã SHA-256 đã ghi nhận; kiểm tra nơi lưu tệp (LOA_EVIDENCE_URL).",
            f"The file of the evidence {number} does not have the SHA-256 on record; check the place of files (LOA_EVIDENCE_URL).",
        )
    return {path.name: about}


def put_back(services: Services, folder: Path, manifest: Manifest) -> None:
    """Send the files of a backup to an empty installation, before the events that name them."""
    for name, about in manifest.files.items():
        if not name.startswith(PREFIX):
            continue
        with (folder / name).open("rb") as file:
            services.send(
                "PUT",
                "campaigns",
                f"{PATH}/{name.removeprefix(PREFIX)}",
                {"sha256": about["sha256"]},
                files={"file": (name, file)},
                timeout=600,
            )
