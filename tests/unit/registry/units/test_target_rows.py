"""The percentage of a target, of a file or by HTTP: what is understood is taken, what has two readings is asked about."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.registry.adapters.bodies import Target
from services.registry.adapters.import_sheets import TargetRow
from shared.bulk_import.percentages import percent_cell
from shared.bulk_import.row_parsing import reasons


def row(cell: str) -> dict[str, Any]:
    return {"unit_code": "STP-X", "year": "2026", "target_percent": cell}


@pytest.mark.parametrize(
    ("cell", "percent"),
    [
        *(("70", 70), ("70%", 70), ("70 %", 70), ("72.5", 72.5), ("100%", 100), ("0", 0), ("0%", 0)),
        *(("0.7%", 0.7), ("1%", 1), ("1.5", 1.5), (percent_cell(0.7), 0.7), (percent_cell(1.0), 1)),
        *((percent_cell(70.0), 70), (percent_cell(72.25), 72.25)),
    ],
)
def test_what_is_understood_is_taken(cell: str, percent: float) -> None:
    assert TargetRow.model_validate(row(cell)).target_percent == percent


@pytest.mark.parametrize(
    ("cell", "both"),
    [("0.7", ("0.7%", "70")), ("1", ("1%", "100")), ("0.85", ("0.85%", "85")), ("0.005", ("0.005%", "0.5"))],
)
def test_a_number_with_two_readings_is_asked_about(cell: str, both: tuple[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        TargetRow.model_validate(row(cell))
    (why,) = reasons(caught.value, row(cell), TargetRow)
    assert why.column == "target_percent"
    assert all(f"hãy ghi {text}" in why.vi for text in both)
    assert "may mean" in why.en


@pytest.mark.parametrize("cell", ["101%", "-1%", "%", "nhiều", "70%%"])
def test_what_is_no_percentage_is_refused(cell: str) -> None:
    with pytest.raises(ValidationError):
        TargetRow.model_validate(row(cell))


@pytest.mark.parametrize(
    "sent", [0.7, 1, 1.0, 0.05, 7e-05, "0.7", True, False, 100.5, -1, "70 phần trăm", None]
)
def test_a_body_is_asked_like_a_row(sent: Any) -> None:
    with pytest.raises(ValidationError):
        Target.model_validate({"year": 2026, "target_percent": sent})


@pytest.mark.parametrize(
    ("sent", "percent"), [(0, 0), (70, 70), (72.5, 72.5), (1.5, 1.5), ("0.7%", 0.7), ("70%", 70)]
)
def test_a_body_says_a_small_percentage_with_its_sign(sent: Any, percent: float) -> None:
    assert Target.model_validate({"year": 2026, "target_percent": sent}).target_percent == percent
