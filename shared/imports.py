"""The bulk door: rows come in as NDJSON, go through the same commands as every other door, one outcome each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Generic, Literal, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ValidationError

from shared import clock, web
from shared.auth import Operator
from shared.envelope import Metadata
from shared.errors import Refusal
from shared.rows import ImportRow, Reason, reasons, refused

R = TypeVar("R", bound=ImportRow)

NOT_A_ROW = Reason(
    vi='Dòng này không phải là một đối tượng JSON dạng {"sheet", "line", "row"}.',
    en='This line is no JSON object of the form {"sheet", "line", "row"}.',
)
WINDOW = 256
LANES = 32


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a row: the position of the aggregate it touched, and the events it made (none: known)."""

    position: int
    events: Sequence[str] = ()
    warnings: Sequence[Reason] = ()


@dataclass(frozen=True, slots=True)
class Sheet(Generic[R]):
    """How one kind of row is taken. Rows of one lane are taken in order, lanes beside each other."""

    model: type[R]
    lane: Callable[[R], str]
    take: Callable[[R, Metadata], Awaitable[Taken]]


class Line(BaseModel):
    sheet: str
    line: int
    row: dict[str, Any]


class Outcome(BaseModel):
    """The answer to one row; `line` is its line in its file."""

    sheet: str
    line: int
    status: Literal["taken", "unchanged", "refused"]
    position: int = 0
    events: list[str] = []
    warnings: list[Reason] = []
    reasons: list[Reason] = []


def router(sheets: Mapping[str, Sheet[Any]]) -> APIRouter:
    """Make `POST /imports` for a service's sheets."""
    routes = APIRouter(tags=["import"])

    @routes.post("/imports", summary=f"Rows in (NDJSON), outcomes out: {', '.join(sheets)}")
    async def imports(request: Request, principal: Operator) -> StreamingResponse:
        metadata = web.metadata(request, principal)
        # The body is read to its end first: a client that sends before it reads must not be blocked.
        lines = [line async for line in _lines(request)]
        return StreamingResponse(_outcomes(lines, sheets, metadata), media_type="application/x-ndjson")

    return routes


async def _lines(request: Request) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in request.stream():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
    yield rest


async def _outcomes(
    lines: Sequence[bytes], sheets: Mapping[str, Sheet[Any]], metadata: Metadata
) -> AsyncIterator[bytes]:
    rows = [_read(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    for name, of_sheet in groupby(rows, key=lambda row: row.sheet):
        batch = list(of_sheet)
        for start in range(0, len(batch), WINDOW):
            for outcome in await _window(batch[start : start + WINDOW], sheets.get(name), metadata):
                yield outcome.model_dump_json().encode() + b"\n"


def _read(number: int, line: bytes) -> Line:
    """Read a line of the request; one that is no row of ours is a row of no sheet, refused like any other."""
    try:
        return Line.model_validate_json(line)
    except ValidationError:
        return Line(sheet="", line=number, row={})


async def _window(rows: Sequence[Line], sheet: Sheet[Any] | None, metadata: Metadata) -> list[Outcome]:
    if sheet is None:
        return [_no_such_sheet(row) for row in rows]
    lanes: dict[str, list[tuple[int, Line, ImportRow]]] = {}
    outcomes: dict[int, Outcome] = {}
    for number, line in enumerate(rows):
        try:
            row = sheet.model.model_validate(line.row)
        except ValidationError as error:
            outcomes[number] = _refusal(line, reasons(error, line.row))
        else:
            lanes.setdefault(sheet.lane(row), []).append((number, line, row))
    gate = asyncio.Semaphore(LANES)
    for taken in await asyncio.gather(*(_lane(lane, sheet, metadata, gate) for lane in lanes.values())):
        outcomes.update(taken)
    return [outcomes[number] for number in range(len(rows))]


async def _lane(
    rows: Sequence[tuple[int, Line, ImportRow]],
    sheet: Sheet[Any],
    metadata: Metadata,
    gate: asyncio.Semaphore,
) -> dict[int, Outcome]:
    async with gate:
        return {number: await _take(line, row, sheet, metadata) for number, line, row in rows}


async def _take(line: Line, row: ImportRow, sheet: Sheet[Any], metadata: Metadata) -> Outcome:
    try:
        taken = await sheet.take(row, replace(metadata, time=clock.now()))
    except Refusal as refusal:
        return _refusal(line, [refused(refusal.message)])
    return Outcome(
        sheet=line.sheet,
        line=line.line,
        status="taken" if taken.events else "unchanged",
        position=taken.position,
        events=list(taken.events),
        warnings=_warnings(row, taken),
    )


def _refusal(line: Line, why: Sequence[Reason]) -> Outcome:
    return Outcome(sheet=line.sheet, line=line.line, status="refused", reasons=list(why))


def _no_such_sheet(line: Line) -> Outcome:
    if not line.sheet:
        return _refusal(line, [NOT_A_ROW])
    why = Reason(
        vi=f"Dịch vụ này không nhận bảng “{line.sheet}”.", en=f"This service takes no sheet '{line.sheet}'."
    )
    return _refusal(line, [why])


def _warnings(row: ImportRow, taken: Taken) -> list[Reason]:
    left_out = (
        Reason(
            column=column,
            vi=f"cột “{column}” có địa chỉ thư điện tử nên không được lưu vào nhật ký",
            en=f"column '{column}' holds an e-mail address and was not kept in the log",
        )
        for column in row.left_out
    )
    return [*taken.warnings, *left_out]
