"""Bulk import over HTTP: NDJSON rows pass through the same commands as single requests, one outcome each."""

import ctypes
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.bulk_import.pipeline import Carrier, cut
from shared.bulk_import.row_parsing import Reason
from shared.bulk_import.sheet import Line, Session, Sheet, Sheets, refusal
from shared.eventstore.handle import BulkStore, OverlayEventStore
from shared.http import problems
from shared.http.requests import request_context
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.kernel.transient import TRANSIENT
from shared.observability import signals
from shared.rules.rights.actions import Action

logger = signals.get_logger(__name__)

MOST_BYTES = 16 * 1024 * 1024
MOST_ROWS = 20_000
MOST_BYTES_OF_A_ROW = 256 * 1024
TOO_LARGE = Text(
    f"Một lần gửi được nhiều nhất {MOST_ROWS} dòng và {MOST_BYTES // 2**20} MiB; chưa dòng nào được ghi. "
    "Đề nghị chia thành nhiều lần gửi, mỗi lần từ 500 đến 1.000 dòng.",
    f"One request takes at most {counted(MOST_ROWS, 'row')} and {MOST_BYTES // 2**20} MiB; no row was written. "
    "Please send in parts of 500 to 1,000 rows.",
)

UNKNOWN = Reason(
    vi="Chưa rõ dòng này đã được ghi hay chưa, vì một thành phần của hệ thống tạm thời chưa phản hồi; "
    "đề nghị gửi lại sau ít giây: dòng đã ghi không bị ghi lần nữa.",
    en="It is not known whether this row was taken, because a part of the system does not answer at the moment; "
    "send it again in a few seconds: a row that was taken is not taken twice.",
)

DryRun = Annotated[bool, Query(description="say what would become of every row, and write nothing")]
Assumed = Annotated[
    str, Query(description="with dry_run: codes, separated by commas, to be taken for registered")
]
Position = Annotated[
    int | None,
    Query(
        ge=0,
        le=request_context.MOST_POSITION,
        description="decide on nothing older than this position of the log",
    ),
]


def router(store: BulkStore, sheets: Sheets) -> APIRouter:
    """Make `POST /imports` for a service's sheets, which are created for every request."""
    routes = APIRouter(tags=["import"])
    names = ", ".join(sheets(Session(OverlayEventStore(store))))

    @routes.post("/imports", summary=f"Rows in (NDJSON), outcomes out: {names}", response_model=None)
    async def imports(  # the parameters of the request
        request: Request,
        principal: Annotated[Principal, may(Action.IMPORT_ROWS)],
        dry_run: DryRun = False,
        assume_drafts: Assumed = "",
        assume_units: Assumed = "",
        min_position: Position = None,
    ) -> Response:
        # The body is read to its end first: a client that sends before it reads must not be blocked.
        if (lines := await _lines(request)) is None:
            return problems.problem(request, 413, "import-too-large", TOO_LARGE)
        if min_position:
            await store.reach(min_position)
        session = Session(OverlayEventStore(store))
        if dry_run:
            session = Session(OverlayEventStore(store), True, _codes(assume_drafts), _codes(assume_units))
        carrier = Carrier(
            session, request_context.metadata(request, principal), request_context.clock_of(request)
        )
        outcomes = _outcomes(lines, sheets(session), carrier)
        return StreamingResponse(_to_the_end(outcomes, lines), media_type="application/x-ndjson")

    return routes


def _codes(text: str) -> frozenset[str]:
    return frozenset(code.strip() for code in text.split(",") if code.strip())


async def _lines(request: Request) -> list[bytes] | None:
    """Read the body; None if it is too large (what comes is then passed over, so that the client gets the answer)."""
    body, whole = bytearray(), True
    async for chunk in request.stream():
        whole = whole and len(body) + len(chunk) <= MOST_BYTES
        if whole:
            body += chunk
    if not whole or body.count(b"\n") > MOST_ROWS:
        return None
    return bytes(body).split(b"\n")


async def _to_the_end(outcomes: AsyncGenerator[bytes, None], lines: Sequence[bytes]) -> AsyncIterator[bytes]:
    """Answer for every row also when the broker or the database goes away in the middle."""
    answered = 0
    try:
        async with aclosing(outcomes):
            async for part in outcomes:
                yield part
                answered += part.count(b"\n")
    except TRANSIENT as error:
        unknown = list(islice(_read(lines), answered, None))
        logger.warning(
            "import_broken_off",
            answered=answered,
            unknown=len(unknown),
            error=f"{type(error).__name__}: {error}",
            advice="the client was asked to resend the unknown rows; check the broker and the database",
        )
        yield b"".join(map(_unknown, unknown))
    finally:
        _give_back_memory()


def _give_back_memory() -> None:
    """Return the memory of the rows to the system: the C library keeps it otherwise, after each large import some more."""
    with suppress(OSError, AttributeError):  # glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def _unknown(line: Line) -> bytes:
    return refusal(line, [UNKNOWN]).model_copy(update={"again": True}).model_dump_json().encode() + b"\n"


async def _outcomes(
    lines: Sequence[bytes], sheets: Mapping[str, Sheet[Any]], carrier: Carrier
) -> AsyncGenerator[bytes, None]:
    async with aclosing(carrier.carry(cut(_read(lines), sheets))) as carried:
        async for outcomes in carried:
            yield b"".join(outcomes[n].model_dump_json().encode() + b"\n" for n in range(len(outcomes)))


def _read(lines: Sequence[bytes]) -> Iterator[Line]:
    """Read the lines of a request; one that is no row of ours is a row of no sheet, refused like any other."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield Line.read(line[:MOST_BYTES_OF_A_ROW])  # a longer one is no JSON then
        except ValidationError:
            yield Line(sheet="", line=number, row={})
