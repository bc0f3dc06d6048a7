"""The file of a backup: a tar with a manifest of checksums, the stream snapshot and each service's own rows."""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.cli.console import CommandError

FORMAT = 1
MANIFEST = "manifest.json"
STREAM = "stream.snapshot"


def own_rows(service: str) -> str:
    return f"{service}.ndjson"


class BadArchive(CommandError):
    """A file that is not a backup, or is damaged."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} không phải là bản sao lưu nguyên vẹn: {why}.", f"{path} is not an intact backup: {why}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The contents of a backup. `log_sha256` is over positions, subjects and payloads (`deploy.cli.backup.audit`).

    `evidence` is how many files of evidence it has; None: they were left out, or it is of a release before 0.2.0.
    """

    release: str
    begun: str
    last_position: int
    log_sha256: str
    faults: int
    stream: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    format: int = FORMAT
    evidence: int | None = None


def pack(path: Path, folder: Path, manifest: Manifest) -> None:
    """Write the archive atomically; only its owner may read it (it contains e-mail addresses)."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2), encoding="utf-8")
    draft = path.with_name(f".{path.name}.new")
    draft.touch(mode=0o600)
    with tarfile.open(draft, "w") as tar:
        for name in (MANIFEST, *manifest.files):
            tar.add(folder / name, arcname=name)
    draft.replace(path)


def described(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def unpack(path: Path, folder: Path) -> Manifest:
    """Unpack an archive into `folder` and verify its files against the manifest."""
    try:
        with tarfile.open(path) as tar:
            _extract(tar, folder)
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, tarfile.TarError, ValueError, TypeError) as error:
        raise BadArchive(path, str(error)) from error
    if manifest.format != FORMAT:
        raise BadArchive(path, f"format {manifest.format}, not {FORMAT}")
    for name, expected in manifest.files.items():
        if not (folder / name).is_file() or described(folder / name) != dict(expected):
            raise BadArchive(path, f"SHA-256: {name}")
    return manifest


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    """Extract the files of an archive; `ValueError` for members that we never pack.

    `TarFile.extractall(filter="data")` does that from Python 3.11.4 on; Debian 12 has 3.11.2.
    """
    for member in tar:
        source = tar.extractfile(member) if member.isfile() else None
        if source is None or Path(member.name).name != member.name:
            raise ValueError(f"{member.name}: not a plain file")
        with source, (folder / member.name).open("wb") as target:
            shutil.copyfileobj(source, target)
