"""Every command that gives figures asks for the reporting year of its day, unless another period is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.ask import commands
from deploy.cli.main import app
from shared.kernel import runtime
from shared.kernel.local_day import day_in_vietnam
from shared.rules.figures import reporting_year

COMMANDS = ("compliance", "counts", "counts --of drafts", "counts --of opinions", "report")
NOW = reporting_year(day_in_vietnam(runtime.now()))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Give the queries that commands send; each is answered with nothing."""
    queries: list[dict[str, Any]] = []

    class Services:
        def get(self, _service: str, _path: str, **query: object) -> dict[str, Any]:
            queries.append(query)
            return {}

    @contextmanager
    def connected() -> Iterator[Services]:
        yield Services()

    monkeypatch.setattr(commands, "connected", connected)
    return queries


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("options", "period"),
    [
        ("", (None, NOW, None, None)),
        ("--as-of 2024-12-14", ("2024-12-14", 2024, None, None)),
        ("--as-of 2024-12-15", ("2024-12-15", 2025, None, None)),
        ("--year 2023", (None, 2023, None, None)),
        ("--from 2024-01-01 --to 2024-06-30", (None, None, "2024-01-01", "2024-06-30")),
    ],
)
def test_without_a_period_it_is_the_reporting_year(
    asked: list[dict[str, Any]], command: str, options: str, period: tuple[Any, ...]
) -> None:
    done = CliRunner().invoke(app, [*command.split(), *options.split(), "--json"])
    assert done.exit_code == 0, done.output
    (query,) = asked
    assert tuple(query[name] for name in ("as_of", "year", "from", "to")) == period


def test_all_years_are_pooled_only_when_asked(asked: list[dict[str, Any]]) -> None:
    assert CliRunner().invoke(app, ["counts", "--all-years", "--json"]).exit_code == 0
    assert asked[0]["year"] is None
