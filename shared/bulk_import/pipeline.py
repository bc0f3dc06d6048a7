"""Rows of an import, in windows: each is read, decided and written as one."""

import asyncio
import random
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from shared.bulk_import.row_parsing import ImportRow, Reason, reasons, refused, shown
from shared.bulk_import.sheet import Line, Outcome, Session, Sheet, refusal
from shared.contracts.envelope import AggregateRef, Metadata
from shared.eventstore.conflicts import HoldsPersonalData, TooManyConflicts
from shared.eventstore.handle import Written
from shared.kernel.errors import Refusal
from shared.kernel.runtime import Breather, Clock, together

WINDOW = 500  # rows that are written together
WORKERS = 32
ATTEMPTS = 4
PAUSE = 0.02  # seconds until the first new attempt, at most; doubled each time

NOT_A_ROW = Reason(
    vi='Dòng này không phải là một đối tượng JSON dạng {"sheet", "line", "row"}.',
    en='This line is no JSON object of the form {"sheet", "line", "row"}.',
)

Outcomes = dict[int, Outcome]  # by the number of the row in its window


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    line: Line
    row: ImportRow
    about: Sequence[AggregateRef]


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of one sheet that are written together; `refused` are those that are no rows of it."""

    sheet: Sheet[Any] | None
    refused: Outcomes
    by_aggregate: Mapping[AggregateRef, Sequence[_Row]] = field(default_factory=dict)

    @property
    def about(self) -> Iterator[AggregateRef]:
        return (ref for rows in self.by_aggregate.values() for row in rows for ref in row.about)

    def of(self, refs: Iterable[AggregateRef]) -> "Window":
        """Give that part of it which changes some aggregates: their groups, or the rows that may be about one."""
        wanted = set(refs)
        changed = {ref: rows for ref, rows in self.by_aggregate.items() if ref in wanted}
        others = wanted - set(changed)
        for ref, rows in self.by_aggregate.items() if others else ():
            if ref not in changed and (about := [row for row in rows if not others.isdisjoint(row.about)]):
                changed[ref] = about
        return Window(self.sheet, {}, changed)


async def cut(lines: Iterable[Line], sheets: Mapping[str, Sheet[Any]]) -> AsyncGenerator[Window, None]:
    """Cut the rows into windows; reading and checking them gives way to other requests row by row."""
    breather = Breather()
    rows: list[Line] = []
    for line in lines:
        await breather.give_way()
        if rows and (line.sheet != rows[0].sheet or len(rows) == WINDOW):
            yield await _window(rows, sheets.get(rows[0].sheet), breather)
            rows = []
        rows.append(line)
    if rows:
        yield await _window(rows, sheets.get(rows[0].sheet), breather)


async def _window(lines: Sequence[Line], sheet: Sheet[Any] | None, breather: Breather) -> Window:
    if sheet is None:
        return Window(None, {number: _no_such_sheet(line) for number, line in enumerate(lines)})
    wrong: Outcomes = {}
    by_aggregate: dict[AggregateRef, list[_Row]] = {}
    for number, line in enumerate(lines):
        await breather.give_way()
        if line.repeated:
            wrong[number] = refusal(line, [_repeated(name) for name in line.repeated])
            continue
        try:
            row = sheet.model.model_validate(line.row)
        except ValidationError as error:
            wrong[number] = refusal(line, reasons(error, line.row, sheet.model))
        else:
            about = sheet.about(row)
            by_aggregate.setdefault(about[0], []).append(_Row(number, line, row, about))
    return Window(sheet, wrong, by_aggregate)


def _repeated(name: str) -> Reason:
    return Reason(
        vi=f"Cột {name!r} được ghi nhiều lần trong dòng này; hãy chỉ ghi một lần.",
        en=f"The column {name!r} is given more than once in this row; give it once.",
    )


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries out the windows of one request, in their order."""

    session: Session
    metadata: Metadata
    now: Clock

    async def carry(self, windows: AsyncGenerator[Window, None]) -> AsyncGenerator[Outcomes, None]:
        """Read, decide and write window after window, and give the outcomes of each.

        Nothing is decided on what is not in the log yet. To decide a window while the one before it is being written
        gained nothing that could be measured (tests/bench/RESULTS.md), and had to take back what it had decided.
        """
        async with aclosing(windows):
            async for window in windows:
                await self._prepare(window)
                outcomes = await self._decide(window)
                written = await self._write()
                _place(outcomes, written.positions)
                if written.conflicted:
                    await self._again(window.of(written.conflicted), outcomes)
                yield outcomes

    async def _prepare(self, window: Window) -> None:
        """Read at once what the rows need from the log."""
        store = self.session.store
        await store.expect(window.about)
        if window.sheet is not None and (reads := window.sheet.reads) is not None:
            histories = [await store.load(ref) for ref in window.by_aggregate]
            await store.expect(ref for history in histories for ref in reads(history))

    async def _write(self) -> Written:
        return Written() if self.session.dry_run else await self.session.store.write()

    async def _again(self, window: Window, outcomes: Outcomes) -> None:
        """Decide what others have changed meanwhile on what the log says now."""
        for attempt in range(1, ATTEMPTS):
            self.session.store.forget()
            await asyncio.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - it guards nothing
            await self._prepare(window)
            outcomes |= await self._decide(window)
            written = await self._write()
            _place(outcomes, written.positions)
            window = window.of(written.conflicted)
            if not window.by_aggregate:
                return
        self.session.store.forget()
        why = refused(TooManyConflicts(ATTEMPTS).message)
        outcomes |= {
            row.number: refusal(row.line, [why]) for rows in window.by_aggregate.values() for row in rows
        }

    async def _decide(self, window: Window) -> Outcomes:
        """Take the rows of one aggregate one after the other, and different aggregates concurrently."""
        outcomes = dict(window.refused)
        if (sheet := window.sheet) is None:
            return outcomes
        metadata = replace(self.metadata, time=self.now())
        by_aggregate = iter(window.by_aggregate.values())
        breather = Breather()

        async def work() -> None:
            await breather.give_way()
            for rows in by_aggregate:  # no turn is waited for with rows in hand: others would overtake them
                for row in rows:
                    outcomes[row.number] = await self._take(row, sheet, metadata)
                    await breather.give_way()

        await together(*[work] * WORKERS)
        return outcomes

    async def _take(self, row: _Row, sheet: Sheet[Any], metadata: Metadata) -> Outcome:
        try:
            taken = await sheet.take(row.row, metadata)
        except Refusal as error:
            return refusal(row.line, [_refused(error, row.line.row)])
        return Outcome(
            sheet=row.line.sheet,
            line=row.line.line,
            status="taken" if taken.events else "unchanged",
            position=0 if self.session.dry_run else taken.position,
            events=tuple(taken.events),
            warnings=tuple(taken.warnings),
        )


def _place(outcomes: Outcomes, positions: Mapping[int, int]) -> None:
    """Put the place in the log where a provisional one stands."""
    for outcome in outcomes.values():
        outcome.position = positions.get(outcome.position, outcome.position)


def _no_such_sheet(line: Line) -> Outcome:
    if not line.sheet:
        return refusal(line, [NOT_A_ROW])
    why = Reason(
        vi=f"Dịch vụ này không nhận bảng “{line.sheet}”.", en=f"This service takes no sheet '{line.sheet}'."
    )
    return refusal(line, [why])


_COLUMNS = {  # of refusals that do not name the field that they are about
    "draft-not-found": "draft_code",
    "draft-not-yet-known": "draft_code",
    "policy-not-found": "policy_no",
    "policy-not-in-draft": "policy_no",
}


def _refused(error: Refusal, row: Mapping[str, Any]) -> Reason:
    """Name the cell that holds what must not go into the log, or that a refusal is about."""
    why = refused(error.message)
    if not isinstance(error, HoldsPersonalData):
        field = str(error.facts.get("field") or _COLUMNS.get(error.code, ""))
        cell = row.get(field)
        return why if cell is None else why.model_copy(update={"column": field, "value": shown(str(cell))})
    cells = [(column, str(cell)) for column, cell in row.items() if error.personal_data in str(cell)]
    column, cell = cells[0] if cells else (str(error.facts["field"]), "")
    return why.model_copy(update={"column": column, "value": shown(cell)})
