"""Imported first by each service: leaves out what only terminals need, and what a start need not do.

structlog and httpx load `rich` and `pygments` where they are installed, as beside the command `loa`: 9 MiB a service
(`python -m tests.bench.memory`). Next to nothing that a start makes is thrown away, so the garbage collector looks at it in
vain, a sixth of the time of the imports: it rests until `shared.kernel.runtime.tune_gc`.
"""

import gc
import sys

gc.disable()

for name in ("pygments", "rich"):
    sys.modules[name] = None  # type: ignore[assignment]  # importing it fails now, which both of them expect
