"""Alembic's environment of the notifier."""

from services.notifier.adapters.tables import RETIRED, metadata
from shared.persistence.database import run_migrations

run_migrations(metadata, RETIRED)
