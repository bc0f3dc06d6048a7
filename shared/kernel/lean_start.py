"""Imported first by each service: leaves out what only terminals need.

structlog and httpx load `rich` and `pygments` where they are installed, as beside the command `loa`: 9 MiB a service
(`python -m tests.bench.memory`).
"""

import sys

for name in ("pygments", "rich"):
    sys.modules[name] = None  # type: ignore[assignment]  # importing it fails now, which both of them expect
