"""What every test can ask for; the fixtures themselves live in `tests.support`."""

import gc
import os
import sys
from functools import cache
from pathlib import Path

import pytest
import structlog
from structlog.dev import ConsoleRenderer, plain_traceback

# Most tests set the clock of a service to a day of their own; those of the clock check name its tolerance themselves.
os.environ.setdefault("LOA_CLOCK_TOLERANCE_SECONDS", "1e12")
# Tests share few processors, and a slow machine is not what they are about; those of overload set their own.
os.environ.setdefault("LOA_QUEUE_SECONDS", "10")

# For the format "iri", which no schema of ours has, jsonschema imports a package that takes seconds to build a grammar.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # the way to say that there is none
# A traceback that rich paints, with the values of all variables, takes longer than most tests.
structlog.configure(
    [
        ConsoleRenderer(exception_formatter=plain_traceback)
        if isinstance(processor, ConsoleRenderer)
        else processor
        for processor in structlog.get_config()["processors"]
    ]
)

pytest_plugins = [
    "tests.support.servers.browser",
    "tests.support.servers.containers",
    "tests.support.servers.engines",
    "tests.support.servers.links",
    "tests.support.reader_keys",
    "tests.support.platform.imports",
    "tests.support.platform.service",
]

# Whole platforms, outages and long comparisons: CI and `make test-slow` run them, `make test` is meant to stay under five minutes.
LONG = (
    "chaos",
    "e2e/test_backup.py",
    "e2e/test_import.py",
    "e2e/test_import_cases.py",
    "e2e/test_import_files.py",
    "e2e/test_import_killed.py",
    "e2e/test_sign_in.py",
    "e2e/test_startup.py",
    "integration/answers",
    "integration/access/attacks",
    "integration/campaigns/test_evidence_backup.py",
    "integration/campaigns/test_evidence_files.py",
    "integration/campaigns/test_round_trip.py",
    "integration/directory/test_agreement.py",
    "integration/directory/test_carrying_on.py",
    "integration/directory/test_local_rules.py",
    "integration/entry",
    "integration/eventstore/test_reader_programs.py",
    "integration/eventstore/test_subscriber_commands.py",
    "integration/eventstore/test_subscribers.py",
    "integration/golden/test_uncited_law.py",
    "integration/http/test_extreme_values.py",
    "integration/http/test_openapi_client.py",
    "integration/http/test_openapi_holds.py",
    "integration/imports",
    "integration/log",
    "integration/metrics/agreement/test_agreement.py",
    "integration/metrics/test_communes_year.py",
    "integration/metrics/agreement/test_flat.py",
    "integration/metrics/agreement/test_incremental.py",
    "integration/metrics/reports/test_published_figures.py",
    "integration/metrics/test_real_drafts.py",
    "integration/metrics/test_restarts.py",
    "integration/metrics/agreement/test_standing.py",
    "integration/notifier/alerts/test_data_of_alerts.py",
    "integration/notifier/alerts/test_gap_alerts.py",
    "integration/notifier/delivery/test_broker_restart.py",
    "integration/notifier/delivery/test_delivery.py",
    "integration/notifier/links/test_links.py",
    "integration/notifier/mails/test_mail_after_an_answer.py",
    "integration/notifier/mails/test_year.py",
    "integration/observability",
    "integration/registry/test_projector.py",
    "integration/access/rights",
    "integration/access/sign_in",
    "integration/projections/rows/test_upgrade.py",
    "unit/metrics/reports/test_overview_pdf.py",
    "unit/metrics/reports/test_report_of_thousands.py",
    "unit/metrics/reports/test_report_pdf.py",
)


def pytest_configure() -> None:
    gc.disable()  # while thousands of tests are collected: nothing of them is garbage


def pytest_collection_finish() -> None:
    """Leave the collected tests out of every later collection of garbage: with them one took 3.5 s, in whichever test it fell."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_long(item.path):
            item.add_marker(pytest.mark.slow)


@cache
def _is_long(file: Path) -> bool:
    tests = Path(__file__).parent
    return any(file.is_relative_to(tests / path) for path in LONG)
