"""Files of evidence in a backup: which are kept, one of them, and one put back into an empty installation."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Protocol
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from services.campaigns.adapters.evidence.api import FILE, copied
from services.campaigns.application.evidence import FileMissing, Files
from services.campaigns.domain.errors import EvidenceNotKept, FileIsAnother, NoPlaceForFiles
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.requests.request_context import OWN_FILES, AtPosition
from shared.http.routes.admin_routes import NDJSON, LogNotEmpty
from shared.observability import signals
from shared.projections.projector import Runner
from shared.rules.rights.actions import Action

logger = signals.get_logger(__name__)
Digest = Annotated[str, Query(pattern="^[0-9a-f]{64}$", description="SHA-256 of the file")]


class KeptList(Protocol):
    async def kept_files(self) -> list[dict[str, Any]]:
        """Give `evidence_id`, `sha256` and `size` of every file that is kept, in the order of the log."""
        ...


class PutBack(BaseModel):
    evidence_id: UUID
    size: int


def router(files: Files | None, listed: KeptList, runner: Runner) -> APIRouter:
    routes = APIRouter(prefix=OWN_FILES, tags=["operation"])

    @routes.get(
        "",
        dependencies=[AtPosition],
        summary="The files of evidence that are kept, for a backup: a line each, and a last one with their number",
        response_class=StreamingResponse,
        responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
    )
    async def kept(principal: Annotated[Principal, may(Action.BACK_UP_OWN_DATA)]) -> StreamingResponse:
        rows = await listed.kept_files() if files is not None else []
        logger.info("evidence_listed", files=len(rows), by=principal.actor)
        lines = [orjson.dumps(row, default=str) + b"\n" for row in (*rows, {"files": len(rows)})]
        return StreamingResponse(iter(lines), media_type=NDJSON)

    @routes.get(
        "/{evidence_id}",
        summary="A kept file, for a backup",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/octet-stream": {"schema": FILE}}}},
    )
    async def read(
        evidence_id: UUID, _: Annotated[Principal, may(Action.BACK_UP_OWN_DATA)]
    ) -> StreamingResponse:
        if files is None:
            raise EvidenceNotKept(evidence_id)
        try:
            parts = await files.read(evidence_id)
        except FileMissing as error:
            raise EvidenceNotKept(evidence_id) from error
        return StreamingResponse(parts, media_type="application/octet-stream")

    @routes.put("/{evidence_id}", summary="Put a backup's file into an empty installation")
    async def put_back(
        evidence_id: UUID,
        sha256: Digest,
        file: UploadFile,
        principal: Annotated[Principal, may(Action.RESTORE_OWN_DATA)],
    ) -> PutBack:
        if last := await runner.log_end():
            raise LogNotEmpty(last)
        if files is None:
            raise NoPlaceForFiles
        with TemporaryDirectory(prefix="loa-evidence-") as folder:
            content = Path(folder) / "file"
            digest, size = await copied(file, content)
            if digest != sha256:
                raise FileIsAnother(evidence_id)
            await files.put(evidence_id, content)
        logger.info("evidence_put_back", evidence=str(evidence_id), by=principal.actor)
        return PutBack(evidence_id=evidence_id, size=size)

    return routes
