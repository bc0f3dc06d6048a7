"""Alembic's environment of campaigns."""

from services.campaigns.adapters.tables import RETIRED, metadata
from shared.persistence.database import run_migrations

run_migrations(metadata, RETIRED)
