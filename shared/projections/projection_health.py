"""The check of a projection: whether it runs, and how far it is."""

from shared.kernel.health import Check, Probe
from shared.projections.projector import Runner
from shared.projections.rows import State

DISK_FULL = "No space left on device"


def disk_problem(runner: Runner) -> str:
    """Say what stopped the rows if it was the disk of PostgreSQL; an empty text otherwise."""
    problem = runner.status.problem or ""
    return problem if DISK_FULL in problem else ""


def probe_of(runner: Runner) -> Probe:
    async def probe() -> Check:
        status = runner.status
        if status.state is State.HALTED:
            return Check(ok=False, detail=f"halted: {status.problem}")
        detail = f"{status.state} at position {status.position}, {status.pending} behind"
        return Check(status.state in {State.RUNNING, State.STANDBY}, status.problem or detail)

    return probe
