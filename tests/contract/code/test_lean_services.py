"""What only documents, charts, calendars, files of evidence, terminals and migrations need is not in the memory of a service that writes none."""

import subprocess
import sys

from tests.support.platform.service import SERVICES

HEAVY = {
    "PIL",
    "alembic",
    "apprise",
    "docx",
    "docxtpl",
    "icalendar",
    "lxml",
    "mako",
    "obstore",
    "openpyxl",
    "pygments",
    "rich",
    "weasyprint",
    "xlsxwriter",
}
LOADED = "import sys, {}; print(*(name for name, module in sys.modules.items() if module))"
COLLECTS = "import gc, {}; from shared.kernel.runtime import tune_gc; print(gc.isenabled()); tune_gc(); print(gc.isenabled())"


def test_no_service_loads_them_before_it_needs_them() -> None:
    """All in one process: what none of them loads together, each does not load alone."""
    mains = ", ".join(f"services.{service}.__main__" for service in SERVICES)
    run = (sys.executable, "-c", LOADED.format(mains))
    loaded = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    assert {f"services.{service}.app" for service in SERVICES} <= {*loaded}
    assert HEAVY.isdisjoint(loaded), sorted(HEAVY.intersection(loaded))


def test_the_collector_rests_until_a_service_has_started() -> None:
    run = (sys.executable, "-c", COLLECTS.format("services.registry.__main__"))
    said = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    assert said == ["False", "True"]
