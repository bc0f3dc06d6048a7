"""Alembic's environment of the registry."""

from services.registry.adapters.tables import RETIRED, metadata
from shared.persistence.database import run_migrations

run_migrations(metadata, RETIRED)
