"""Alembic's environment of the metrics."""

from services.metrics.adapters.tables import RETIRED, metadata
from shared.persistence.database import run_migrations

run_migrations(metadata, RETIRED)
