"""What only documents, charts, calendars and terminals need is not in the memory of a service that writes none."""

import subprocess
import sys

from tests.contract.test_endpoints import every_service

HEAVY = {
    "PIL",
    "apprise",
    "docx",
    "docxtpl",
    "icalendar",
    "lxml",
    "openpyxl",
    "pygments",
    "rich",
    "weasyprint",
    "xlsxwriter",
}
LOADED = "import sys, services.{}.__main__; print(*(name for name, module in sys.modules.items() if module))"


@every_service
def test_a_service_loads_them_when_it_needs_them(service: str) -> None:
    run = (sys.executable, "-c", LOADED.format(service))
    loaded = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    assert f"services.{service}.app" in loaded
    assert HEAVY.isdisjoint(loaded), sorted(HEAVY.intersection(loaded))
