"""Health: named checks, and which of them reads and writes need, so that /readyz says which part is not ready, and why."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import in_words

PROBE_SECONDS = 2.0  # for any one probe: who asks for readiness gets an answer in every outage


@dataclass(frozen=True, slots=True)
class Check:
    ok: bool
    detail: str = "ok"


Probe = Callable[[], Awaitable[Check]]


class Purpose(StrEnum):
    READS = "reads"
    WRITES = "writes"


Needs = tuple[frozenset[str], ...]
"""Of each set one check must be ok."""


def all_of(*checks: str) -> Needs:
    return tuple(frozenset({check}) for check in checks)


@dataclass(frozen=True, slots=True)
class Health:
    """The probes of a service, and what it needs itself to answer reads, and to take writes.

    A check that is not needed is reported, and takes no replica out of the balancer.
    """

    probes: Mapping[str, Probe]
    needs: Mapping[Purpose, Needs]

    async def examine(self) -> dict[str, Check]:
        """Run all probes side by side; one that fails is a failed check, never a failed answer."""
        checks = await asyncio.gather(*(_examine(probe) for probe in self.probes.values()))
        return dict(zip(self.probes, checks, strict=True))

    def is_ready(self, purpose: Purpose, checks: Mapping[str, Check]) -> bool:
        return all(any(checks[name].ok for name in group) for group in self.needs[purpose])

    def is_needed(self, purpose: Purpose, name: str, checks: Mapping[str, Check]) -> bool:
        """Say whether the service is not ready without this check: no other one of its set is ok."""
        groups = (group for group in self.needs[purpose] if name in group)
        return any(not any(checks[other].ok for other in group - {name}) for group in groups)


async def _examine(probe: Probe) -> Check:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await probe()
    except TimeoutError:
        return Check(ok=False, detail=f"no answer within {PROBE_SECONDS:g} s")
    except Exception as error:  # noqa: BLE001  a probe reports what is broken, whatever that is
        return Check(ok=False, detail=in_words(error))
