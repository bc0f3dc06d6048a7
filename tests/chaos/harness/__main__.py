"""`python -m tests.chaos.harness --seeds 1-10 [--report FILE]`: run seeds, print one line each, append to a report."""

import argparse
import asyncio
import logging
import subprocess
import sys
from pathlib import Path

import structlog

from shared.kernel.runtime import now
from tests.chaos.harness.prepared import prepared
from tests.chaos.harness.run import Outcome, run_seed, summary

MOST_SHOWN = 20


def main() -> int:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
    )  # of the fresh platform
    outcomes = asyncio.run(run(_arguments()))
    print(summary(outcomes))  # noqa: T201
    return 1 if any(outcome.violations for outcome in outcomes) else 0


async def run(arguments: argparse.Namespace) -> list[Outcome]:
    outcomes = []
    async with prepared() as shared:
        for seed in arguments.seeds:
            outcome = await run_seed(shared, seed, arguments.fault)
            outcomes.append(outcome)
            _show(outcome, arguments.report)
    return outcomes


def _show(outcome: Outcome, report: Path | None) -> None:
    print(line(outcome), flush=True)  # noqa: T201  a command
    for violation in outcome.violations[:MOST_SHOWN]:
        print(f"    {violation}", flush=True)  # noqa: T201
    if report:
        with report.open("a") as rows:
            rows.write(line(outcome) + "\n")


def line(outcome: Outcome) -> str:
    """Write an outcome as a row of the report."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    effects = ", ".join(
        f"{effect.name} {effect.target} ({effect.hits})".replace("  ", " ") for effect in outcome.effects
    )
    verdict = "; ".join(outcome.violations)[:500] if outcome.violations else "holds"
    return (
        f"| {outcome.seed} | {now():%Y-%m-%d %H:%M} | {commit} | {effects} | {outcome.commands} "
        f"| {outcome.events} | {outcome.mails} | {outcome.seconds:.0f} | {verdict} |"
    )


def _seeds(words: str) -> range:
    first, _, last = words.partition("-")
    return range(int(first), int(last or first) + 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seeds", default="1-10", type=_seeds, help="one seed (81), or the first and the last (81-90)"
    )
    parser.add_argument(
        "--fault", action="append", default=[], help="these faults instead of those of the seed"
    )
    parser.add_argument("--report", type=Path, help="append a row for each seed to this file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
