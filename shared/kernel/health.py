"""Health: named checks, so that /readyz says which part is not ready, and why."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    ok: bool
    detail: str = "ok"


Probe = Callable[[], Awaitable[Check]]


async def examine(probes: Mapping[str, Probe]) -> dict[str, Check]:
    """Ask every probe; one that fails is a failed check, never a failed answer."""
    return {name: await _ask(probe) for name, probe in probes.items()}


async def _ask(probe: Probe) -> Check:
    try:
        return await probe()
    except Exception as error:  # noqa: BLE001  a probe reports what is broken, whatever that is
        return Check(ok=False, detail=f"{type(error).__name__}: {error}")
