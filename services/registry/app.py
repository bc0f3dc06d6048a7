"""The registry's composition root: the one place that imports all its adapters."""

from pathlib import Path

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.registry.adapters import api, requests_api, tables
from services.registry.adapters.entry import pages as entry_pages
from services.registry.adapters.entry.elsewhere import Elsewhere
from services.registry.adapters.import_sheets import Rows
from services.registry.adapters.read_model import SqlDeciders, SqlHandovers, SqlReadModel
from services.registry.application.commands import Commands, changes
from services.registry.settings import Settings
from shared.bulk_import import routes
from shared.directory.projection import DirectoryProjection, LocalRules, ProjectedUnits
from shared.http import app_factory
from shared.http.requests.strict_requests import AllowedHosts
from shared.kernel import runtime
from shared.kernel.health import all_of
from shared.messaging import faststream_broker
from shared.rules.rulebook.rulebook import Rulebook, load_rulebook
from shared.service import Platform
from shared.signed_links import links

READS = (*all_of("started"), frozenset({"database", "nats"}))
"""Without its database it still takes commands, which need the log alone; without the broker it answers queries."""
WRITES = all_of("started", "nats", "log_writes", "log")

MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"


def create_app(settings: Settings, now: runtime.Clock = runtime.now) -> FastAPI:
    """`now` is the clock by which days are judged: what is dated later doesn't hold yet."""
    platform = Platform(settings)
    rules = LocalRules(
        platform.engine, tables.directory.units, tables.checkpoints, load_rulebook(settings.rule_files)
    )
    rulebook = rules.rulebook
    runner = platform.runner(projection(platform.engine, rulebook), tables.checkpoints)
    deciders = SqlDeciders(platform.engine, rulebook.calendar)
    handovers = SqlHandovers(platform.engine)
    commands = Commands(platform.store, runtime.new_id, rulebook, now, deciders, handovers)
    read_model = SqlReadModel(platform.engine, now, rulebook.calendar)
    elsewhere = Elsewhere(
        metrics=settings.metrics_api or settings.url_metrics,
        campaigns=settings.campaigns_api or settings.url_campaigns,
        notifier=settings.notifier_api or settings.url_notifier,
    )
    return app_factory.create_api(
        service=settings.service,
        description="Đơn vị, dự thảo, chính sách, giai đoạn. / Units, drafts, policies, stages.",
        routers=[
            *api.routers(commands, read_model, rulebook, platform.store, elsewhere),
            requests_api.router(commands, read_model, links.reader(settings.link_jwks), now),
            *entry_pages.routers(commands, read_model, platform.store, settings.page_addresses, elsewhere),
            routes.router(
                platform.store,
                lambda session: Rows(
                    Commands(session.store, runtime.new_id, rulebook, now, once=True)
                ).sheets(),
            ),
        ],
        broker=faststream_broker.create_broker(settings),
        catalog=platform.catalog,
        access=platform.access(),
        hosts=AllowedHosts.of(settings.allowed_hosts, settings.public_addresses),
        runner=runner,
        health=platform.health(runner, now, READS, WRITES),
        metrics=platform.metrics,
        tracing=platform.tracing,
        fence=platform.fence,
        answers=platform.answers,
        units=ProjectedUnits(platform.engine, tables.directory.units, tables.checkpoints),
        now=now,
        lifespan=lambda _: platform.lifespan(MIGRATIONS, [runner.run, *rules.background]),
    )


def projection(engine: AsyncEngine, rulebook: Rulebook) -> DirectoryProjection:
    return DirectoryProjection(
        name="registry",
        contexts=frozenset({"unit", "draft"}),
        metadata=tables.metadata,
        directory=tables.directory,
        own=tables.OWN,
        changes=changes,
        rulebook=rulebook,
        engine=engine,
    )
