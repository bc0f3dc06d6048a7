"""Rows of work in bulk: an import beside the batches and the loop that it could be, digests beside the mails of others."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.bench.imports import Took, loops
from tests.bench.mail import measure, sink
from tests.bench.peers import alertmanager
from tests.bench.peers.counting import sizes
from tests.bench.table.row import CannotRun, Part, Row, Size
from tests.support.platform.bench_platform import bench_platform

IMPORT_TURNS = 3
LOOP_GOAL = 0.8


async def import_part(size: Size, folder: Path) -> Part:
    async with bench_platform(folder, "registry") as platform:
        taken = await loops(platform, size.imported, IMPORT_TURNS)
    route, simplest, bare = taken.route, taken.simplest, taken.bare
    of_bare, of_loop = _ratio(bare, route), _ratio(simplest, route)
    return Part(
        [
            Row(
                what=f"import of {taken.rows:,} rows: reading, deciding, writing (limit: the events alone in atomic batches)",
                loa=_rates(taken.rows, route),
                limit=_rates(taken.rows, bare),
                ratio=f"{of_bare:.2f}",
                goal="≥ 0.5 of the limit",
                met=of_bare >= 0.5,
            ),
            Row(
                what="the same beside the simplest loop: the same handlers and batches, without findings and answers",
                loa=f"{of_loop:.2f} of the loop",
                limit=_rates(taken.rows, simplest),
                ratio=f"{_ratio(bare, simplest):.2f}",
                goal=f"≥ {LOOP_GOAL} of the loop",
                met=of_loop >= LOOP_GOAL,
            ),
        ]
    )


def _ratio(limit: Sequence[Took], ours: Sequence[Took]) -> float:
    """Compare medians by the clock."""
    return median(took.wall for took in limit) / median(took.wall for took in ours)


def _rates(rows: int, turns: Sequence[Took]) -> str:
    wall, busy = (median(getattr(took, which) for took in turns) for which in ("wall", "busy"))
    return f"{rows / wall:,.0f} rows/s, {1e6 * busy / rows:,.0f} us of a processor"


async def mail_part(size: Size, folder: Path) -> Part:
    received = folder / "received"
    async with sink(received) as port:
        of = await measure(size.mails, folder, port)
        assert len(sizes(received)) == 2 * size.mails, "the server was not given each mail twice"
        try:
            theirs = await alertmanager.send(folder / "alertmanager", port, received, size.mails)
            peer = (
                f"Alertmanager {theirs.mails / theirs.wall:,.0f}/s, {1000 * theirs.busy / theirs.mails:.1f} ms "
                f"of a processor ({sizes(received)[-1] / 1000:.0f} KB)"
            )
            times = theirs.wall / of.wall
        except CannotRun as error:
            peer, times = f"**not measured: {error}**", None
    ratio = of.bare_wall / of.wall
    return Part(
        [
            Row(
                what=f"{of.mails:,} digests of {of.size / 1000:.0f} KB: rendered, delivered, announced (limit: bare aiosmtplib)",
                loa=f"{of.mails / of.wall:,.0f}/s, {1000 * of.busy / of.mails:.1f} ms of a processor",
                limit=f"{of.mails / of.bare_wall:,.0f}/s, {1000 * of.bare_busy / of.mails:.1f} ms of a processor",
                ratio=f"{ratio:.2f}",
                goal="≥ 0.6 of the limit",
                met=ratio >= 0.6,
            ),
            Row(
                what="the same beside as many alerts, a mail for each, to the same server",
                loa="" if times is None else f"{times:.2f} x",
                peer=peer,
                goal="≥ 2 x",
                met=None if times is None else times >= 2,
            ),
        ]
    )
