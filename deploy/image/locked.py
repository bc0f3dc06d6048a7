"""Selects from requirements.lock what a service needs at run time, with versions and hashes.

Runs in the image's build, before anything is installed: `python3 deploy/image/locked.py common` selects what all
services need, `own registry` what one service needs in addition, `tools` the tool that writes the bill of materials.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BILL_OF_MATERIALS = "cyclonedx-bom"


@dataclass(frozen=True, slots=True)
class Pin:
    """A package of the lock: its lines, and the packages that require it."""

    text: str
    via: frozenset[str]


def locked_for(*services: str, root: Path = ROOT) -> str:
    """Give the lines of the lock that the project and its extras of these names require.

    The lock names the parents of each package but not the extra that requires it: the selection is never too small (pip
    refuses a package without hashes), but may contain a package too many.
    """
    lock = pins((root / "requirements.lock").read_text())
    wanted = set(reachable(lock, _roots(root / "pyproject.toml", services)))
    return "".join(lock[name].text for name in sorted(wanted))


def own_of(*services: str, root: Path = ROOT) -> str:
    """Give the lines that these extras need in addition to the common ones."""
    common = pins(locked_for(root=root))
    return "".join(
        pin.text for name, pin in pins(locked_for(*services, root=root)).items() if name not in common
    )


def tools(root: Path = ROOT) -> str:
    """Give the lines of the lock for the tool that writes the bill of materials; the image does not contain it."""
    lock = pins((root / "requirements.lock").read_text())
    return "".join(lock[name].text for name in sorted(reachable(lock, [BILL_OF_MATERIALS])))


def pins(lock: str) -> dict[str, Pin]:
    parts = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    return {_name(part): Pin(part, frozenset(_parents(part))) for part in parts}


def reachable(lock: Mapping[str, Pin], roots: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [child for child, pin in lock.items() if name in pin.via]
            yield name


def _roots(project: Path, services: Iterable[str]) -> list[str]:
    declared = tomllib.loads(project.read_text())["project"]
    extras = [line for service in services for line in declared["optional-dependencies"][service]]
    return [_name(line) for line in (*declared["dependencies"], *extras)]


def _parents(part: str) -> Iterator[str]:
    for line in part.splitlines():
        comment = re.match(r"\s+#\s+(?:via\s+)?(?P<parent>[A-Za-z0-9][\w.-]*)", line)
        if comment and comment["parent"] != "via":
            yield _name(comment["parent"])


def _name(requirement: str) -> str:
    """Read the name at the head of a requirement, in its normal form (PEP 503)."""
    written = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", written).lower()


PARTS: Mapping[str, Callable[..., str]] = {"common": locked_for, "own": own_of, "tools": tools}

if __name__ == "__main__":
    what, *names = sys.argv[1:]
    sys.stdout.write(PARTS[what](*names))
