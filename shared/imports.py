"""The bulk door: rows come in as NDJSON, go through the same commands as every other door, one outcome each."""

import asyncio
import random
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ValidationError

from shared import clock, conventions, problems
from shared.auth import Operator
from shared.envelope import AggregateRef, Metadata
from shared.errors import Refusal, Text
from shared.eventstore.overlay import BulkStore, OverlayEventStore
from shared.eventstore.refusals import TooManyConflicts
from shared.rows import ImportRow, Reason, reasons, refused

R = TypeVar("R", bound=ImportRow)

NOT_A_ROW = Reason(
    vi='Dòng này không phải là một đối tượng JSON dạng {"sheet", "line", "row"}.',
    en='This line is no JSON object of the form {"sheet", "line", "row"}.',
)
WINDOW = 250  # rows that are written together
LANES = 32
ATTEMPTS = 4
PAUSE = 0.02  # seconds until the first new attempt, at most; doubled each time
MOST_BYTES = 16 * 1024 * 1024
MOST_ROWS = 20_000
TOO_LARGE = Text(
    f"Một lần gửi được nhiều nhất {MOST_ROWS} dòng và {MOST_BYTES // 2**20} MiB; chưa dòng nào được ghi. "
    "Đề nghị chia thành nhiều lần gửi, mỗi lần từ 500 đến 1.000 dòng.",
    f"One request takes at most {MOST_ROWS} rows and {MOST_BYTES // 2**20} MiB; no row was written. "
    "Please send in parts of 500 to 1,000 rows.",
)

DryRun = Annotated[bool, Query(description="say what would become of every row, and write nothing")]
Assumed = Annotated[
    str, Query(description="with dry_run: codes, separated by commas, to be taken for registered")
]


@dataclass(frozen=True, slots=True)
class Session:
    """One request: what its rows say stands in `store` until it is written, in a dry run for ever.

    The assumed drafts and units are those that another service would know if this were no dry run.
    """

    store: OverlayEventStore
    dry_run: bool = False
    assumed_drafts: frozenset[str] = frozenset()
    assumed_units: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a row: the position of the aggregate it touched, and the events it made (none: known)."""

    position: int
    events: Sequence[str] = ()
    warnings: Sequence[Reason] = ()


@dataclass(frozen=True, slots=True)
class Sheet(Generic[R]):
    """How one kind of row is taken.

    `about` names the aggregates that a row concerns: the first is the one that it changes, in the order of
    the rows; rows about different ones are taken beside each other.
    """

    model: type[R]
    about: Callable[[R], Sequence[AggregateRef]]
    take: Callable[[R, Metadata], Awaitable[Taken]]


Sheets = Callable[[Session], Mapping[str, Sheet[Any]]]


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


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    line: Line
    row: ImportRow


@dataclass(frozen=True, slots=True)
class _Window:
    """Rows of one sheet that are written together; `refused` are those that are no rows of it, by number."""

    sheet: Sheet[Any] | None
    rows: Sequence[_Row]
    refused: Mapping[int, Outcome]


_Lanes = dict[AggregateRef, list[_Row]]


def router(store: BulkStore, sheets: Sheets) -> APIRouter:
    """Make `POST /imports` for a service's sheets, which are made anew for every request."""
    routes = APIRouter(tags=["import"])
    names = ", ".join(sheets(Session(OverlayEventStore(store))))

    @routes.post("/imports", summary=f"Rows in (NDJSON), outcomes out: {names}", response_model=None)
    async def imports(  # the parameters of the request
        request: Request,
        principal: Operator,
        dry_run: DryRun = False,
        assume_drafts: Assumed = "",
        assume_units: Assumed = "",
    ) -> Response:
        # The body is read to its end first: a client that sends before it reads must not be blocked.
        if (lines := await _lines(request)) is None:
            return problems.problem(request, 413, "import-too-large", TOO_LARGE)
        session = Session(OverlayEventStore(store))
        if dry_run:
            session = Session(OverlayEventStore(store), True, _codes(assume_drafts), _codes(assume_units))
        outcomes = _outcomes(lines, sheets(session), session, conventions.metadata(request, principal))
        return StreamingResponse(outcomes, media_type="application/x-ndjson")

    return routes


def _codes(text: str) -> frozenset[str]:
    return frozenset(code.strip() for code in text.split(",") if code.strip())


async def _lines(request: Request) -> list[bytes] | None:
    """Read the body; None if it is too large (what comes is then passed over, so that the answer is heard)."""
    body, whole = bytearray(), True
    async for chunk in request.stream():
        whole = whole and len(body) + len(chunk) <= MOST_BYTES
        if whole:
            body += chunk
    if not whole or body.count(b"\n") > MOST_ROWS:
        return None
    return bytes(body).split(b"\n")


async def _outcomes(
    lines: Sequence[bytes], sheets: Mapping[str, Sheet[Any]], session: Session, metadata: Metadata
) -> AsyncIterator[bytes]:
    windows = (_parsed(rows, sheets.get(name)) for name, rows in _windows(lines))
    async with aclosing(_ahead(windows, session.store)) as prepared:
        async for window in prepared:
            outcomes = {**window.refused, **await _carry_out(window, session, metadata)}
            yield b"".join(outcomes[n].model_dump_json().encode() + b"\n" for n in range(len(outcomes)))


def _windows(lines: Sequence[bytes]) -> Iterator[tuple[str, Sequence[Line]]]:
    rows = (_read(number, line) for number, line in enumerate(lines, start=1) if line.strip())
    for name, of_sheet in groupby(rows, key=lambda row: row.sheet):
        while window := list(islice(of_sheet, WINDOW)):
            yield name, window


async def _ahead(windows: Iterable[_Window], store: OverlayEventStore) -> AsyncGenerator[_Window, None]:
    """Read what a window needs from the log while the one before it is carried out."""
    coming: asyncio.Task[_Window] | None = None
    try:
        for window in windows:
            before, coming = coming, asyncio.create_task(_prepared(window, store))
            if before is not None:
                yield await before
        if coming is not None:
            yield await coming
    finally:
        if coming is not None:
            coming.cancel()


async def _prepared(window: _Window, store: OverlayEventStore) -> _Window:
    if window.sheet is not None:
        await store.expect(ref for row in window.rows for ref in window.sheet.about(row.row))
    return window


def _read(number: int, line: bytes) -> Line:
    """Read a line of the request; one that is no row of ours is a row of no sheet, refused like any other."""
    try:
        return Line.model_validate_json(line)
    except ValidationError:
        return Line(sheet="", line=number, row={})


def _parsed(rows: Sequence[Line], sheet: Sheet[Any] | None) -> _Window:
    if sheet is None:
        return _Window(None, (), {number: _no_such_sheet(row) for number, row in enumerate(rows)})
    refused: dict[int, Outcome] = {}
    known: list[_Row] = []
    for number, line in enumerate(rows):
        try:
            known.append(_Row(number, line, sheet.model.model_validate(line.row)))
        except ValidationError as error:
            refused[number] = _refusal(line, reasons(error, line.row))
    return _Window(sheet, known, refused)


async def _carry_out(window: _Window, session: Session, metadata: Metadata) -> dict[int, Outcome]:
    """Decide every row, then write all together; what others have changed meanwhile is decided anew."""
    outcomes: dict[int, Outcome] = {}
    if (sheet := window.sheet) is None:
        return outcomes
    lanes: _Lanes = {}
    for row in window.rows:
        lanes.setdefault(sheet.about(row.row)[0], []).append(row)
    for attempt in range(ATTEMPTS):
        decided = await _decide(lanes, sheet, metadata)
        if session.dry_run:
            return {number: outcome.model_copy(update={"position": 0}) for number, outcome in decided.items()}
        written = await session.store.write()
        outcomes |= {number: _placed(outcome, written.positions) for number, outcome in decided.items()}
        lanes = {ref: lanes[ref] for ref in written.overtaken}
        if not lanes:
            return outcomes
        session.store.forget(lanes)
        await asyncio.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - it guards nothing
    why = refused(TooManyConflicts(ATTEMPTS).message)
    return outcomes | {row.number: _refusal(row.line, [why]) for lane in lanes.values() for row in lane}


async def _decide(lanes: _Lanes, sheet: Sheet[Any], metadata: Metadata) -> dict[int, Outcome]:
    gate = asyncio.Semaphore(LANES)

    async def one(lane: Sequence[_Row]) -> dict[int, Outcome]:
        async with gate:
            return {row.number: await _take(row.line, row.row, sheet, metadata) for row in lane}

    outcomes: dict[int, Outcome] = {}
    for decided in await asyncio.gather(*map(one, lanes.values())):
        outcomes |= decided
    return outcomes


def _placed(outcome: Outcome, positions: Mapping[int, int]) -> Outcome:
    outcome.position = positions.get(outcome.position, outcome.position)
    return outcome


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
