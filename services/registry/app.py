"""The registry's composition root: the one place that knows every adapter of it."""

from pathlib import Path

from fastapi import FastAPI

from services.registry.adapters import api, tables
from services.registry.adapters.read_model import SqlReadModel
from services.registry.adapters.rows import Rows
from services.registry.application.commands import Commands
from services.registry.application.projections import changes
from services.registry.settings import Settings
from shared import broker, clock, imports, web
from shared.auth import Verifier
from shared.projections.rows import RowProjection
from shared.rules.rulebook import load_rulebook
from shared.service import Platform

MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"


def create_app(settings: Settings) -> FastAPI:
    platform = Platform(settings)
    projection = RowProjection(
        "registry", frozenset({"unit", "draft"}), tables.metadata, tables.READ_MODEL, changes
    )
    runner = platform.runner(projection, tables.checkpoints)
    rulebook = load_rulebook(settings.rule_files)
    commands = Commands(platform.store, clock.new_id, rulebook)
    return web.create_api(
        service=settings.service,
        description="Đơn vị, dự thảo, chính sách, giai đoạn. / Units, drafts, policies, stages.",
        routers=[
            *api.routers(commands, SqlReadModel(platform.engine), rulebook, platform.store),
            imports.router(
                platform.store, lambda session: Rows(Commands(session.store, clock.new_id, rulebook)).sheets()
            ),
        ],
        broker=broker.create_broker(settings, platform.catalog),
        catalog=platform.catalog,
        verifier=Verifier(settings.jwks, public_read=settings.public_read),
        runner=runner,
        probes=platform.probes(runner),
        metrics=platform.metrics,
        tracing=platform.tracing,
        lifespan=lambda _: platform.lifespan(MIGRATIONS, [runner.run]),
    )
