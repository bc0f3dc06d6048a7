"""Rows take the columns of their table from the event by name; what doesn't fit is named."""

from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text

from shared.contracts.registry import DraftRegistered
from shared.contracts.vocabulary import Instrument, Regime
from shared.projections.rows import RowMismatch, changed_columns, whole_row

METADATA = MetaData()
TABLE = Table("draft", METADATA, Column("draft_id", Text, primary_key=True), Column("title", Text))
VERSIONED = Table(
    "versioned", METADATA, Column("draft_id", Text, primary_key=True), Column("version", Integer)
)

EVENT = DraftRegistered(
    draft_id=UUID(int=1),
    draft_code="LUAT-A",
    title="Luật A",
    instrument=Instrument.LAW,
    lead_unit_code="BTP",
    regime=Regime.LAW_2025,
)


def test_only_columns_of_the_table_are_taken() -> None:
    assert whole_row(TABLE, {}, EVENT) == {"draft_id": UUID(int=1), "title": "Luật A"}


def test_own_values_win() -> None:
    assert whole_row(TABLE, {"title": "B"}, EVENT)["title"] == "B"


def test_a_column_without_a_value_is_named() -> None:
    with pytest.raises(RowMismatch, match=r"table versioned: no value for \['version'\]"):
        whole_row(VERSIONED, {}, EVENT)  # the version of the event's class is no field


def test_a_value_without_a_column_is_named() -> None:
    with pytest.raises(RowMismatch, match=r"table draft: no column for \['titel'\]"):
        whole_row(TABLE, {"titel": "B"}, EVENT)
    with pytest.raises(RowMismatch, match="titel"):
        changed_columns(TABLE, {"draft_id": UUID(int=1)}, {"titel": "B"}, None)


def test_a_change_takes_the_columns_besides_the_key() -> None:
    key = {"draft_id": UUID(int=1)}
    assert changed_columns(TABLE, key, {}, EVENT) == {"title": "Luật A"}
    assert changed_columns(TABLE, key, {"title": "B"}, None) == {"title": "B"}
