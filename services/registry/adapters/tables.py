"""Tables of the registry's read model: the directory, and what a list of drafts shows in addition."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.directory.tables import DirectoryTables
from shared.persistence.database import NAMING, table_of
from shared.projections.rows import CheckpointTables

metadata = MetaData(naming_convention=NAMING)


class Base(SQLModel, registry=registry(metadata=metadata)):
    metadata = metadata


class DraftRow(Base, table=True):
    """What the directory doesn't hold; the columns that it holds too are written for readers of 0.1.0 alone."""

    __tablename__ = "draft"

    draft_id: UUID = Field(primary_key=True)
    draft_code: str = Field(unique=True)
    title: str
    search: str
    search_title: str | None = None
    search_number: str | None = None
    instrument: str
    lead_unit_code: str = Field(index=True)
    regime: str
    procedure: str
    final_number: str | None = None
    outcome: str | None = None
    source: str | None = None
    dataset: str
    scope: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    version: int


directory = DirectoryTables(metadata)
checkpoints = CheckpointTables(metadata)


DRAFT = table_of(DraftRow)

OWN = (DRAFT,)
READ_MODEL = (*directory.all, *OWN)

# Replicas of 0.1.0 still read them while a release is rolled out: the release after next drops them.
RETIRED = frozenset({"unit", "unit_succession", "lead", "policy", "stage_entry"})
