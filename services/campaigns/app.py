"""Campaigns' composition root: the one place that imports all its adapters."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from services.campaigns.adapters import records_api, tables
from services.campaigns.adapters.answers import pages
from services.campaigns.adapters.answers.link_source import NotifierLinks
from services.campaigns.adapters.broker import subscribe
from services.campaigns.adapters.communications import api
from services.campaigns.adapters.entry import pages as entry_pages
from services.campaigns.adapters.evidence import api as evidence_api
from services.campaigns.adapters.evidence import backup as evidence_backup
from services.campaigns.adapters.evidence.store import ObjectFiles, open_files
from services.campaigns.adapters.import_sheets import rows
from services.campaigns.adapters.read_model import SqlReadModel
from services.campaigns.application.answers import Answers
from services.campaigns.application.commands import Commands
from services.campaigns.application.duty_answers import DutyAnswers
from services.campaigns.application.evidence import EvidenceFiles
from services.campaigns.application.projections import HANDLED, changes
from services.campaigns.application.queries import DraftDirectory
from services.campaigns.settings import Settings
from shared.bulk_import import routes
from shared.directory.projection import DirectoryProjection, LocalRules, ProjectedUnits
from shared.http import app_factory
from shared.http.requests import request_context
from shared.http.requests.strict_requests import AllowedHosts
from shared.kernel import runtime
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.rules.rulebook.rulebook import Rulebook, load_rulebook
from shared.service import Platform

logger = signals.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"
CONTEXTS = frozenset({"unit", "draft", "plan", "communication", "programme"})


def create_app(settings: Settings, now: Clock = runtime.now) -> FastAPI:
    """`now` is the clock by which links end, and the days of what they record are judged."""
    platform = Platform(settings)
    rules = LocalRules(
        platform.engine, tables.directory.units, tables.checkpoints, load_rulebook(settings.rule_files)
    )
    rulebook = rules.rulebook
    runner = platform.runner(projection(platform.engine, rulebook), tables.checkpoints)
    read_model = SqlReadModel(platform.engine, now)
    commands = Commands(platform.store, read_model, runtime.new_id)
    files = _files(settings)
    evidence = EvidenceFiles(files, read_model, commands, settings.evidence_unit_mib << 20)
    subscribers = platform.subscribers()
    subscribe(subscribers, commands, now)
    return app_factory.create_api(
        service=settings.service,
        description="Kế hoạch và hoạt động truyền thông dự thảo chính sách. / Plans and communications about draft policies.",
        routers=[
            *api.routers(commands, read_model),
            records_api.router(read_model, platform.store),
            *entry_pages.routers(
                commands, read_model, platform.store, rulebook, now, settings.page_addresses, evidence
            ),
            evidence_api.router(evidence),
            evidence_backup.router(files, read_model, runner),
            _imports(platform, read_model),
            pages.router(
                Answers(platform.store, commands, read_model, evidence),
                DutyAnswers(commands, read_model),
                NotifierLinks(settings.links_from, _secret(settings.service_token)),
                settings.url_notifier,
                now,
            ),
        ],
        broker=subscribers.broker,
        catalog=platform.catalog,
        access=platform.access(),
        hosts=AllowedHosts.of(settings.allowed_hosts, settings.public_addresses),
        runner=runner,
        health=platform.health(runner, now, reactions=subscribers.probe),
        metrics=platform.metrics,
        tracing=platform.tracing,
        fence=platform.fence,
        answers=platform.answers,
        units=ProjectedUnits(platform.engine, tables.directory.units, tables.checkpoints),
        now=now,
        lifespan=lambda _: platform.lifespan(MIGRATIONS, [runner.run, subscribers.run, *rules.background]),
    )


def _files(settings: Settings) -> ObjectFiles | None:
    secret = settings.evidence_secret.get_secret_value() if settings.evidence_secret else ""
    return open_files(settings.evidence_url, settings.evidence_key_id, secret)


def _secret(value: SecretStr | None) -> str:
    if value is None:
        logger.warning("links_not_resolved", setting="LOA_SERVICE_TOKEN")
        return ""
    return value.get_secret_value()


def _imports(platform: Platform, directory: DraftDirectory) -> APIRouter:
    """Rows name drafts and units of the registry: the import waits for the position that it passes along."""
    router = APIRouter(dependencies=[request_context.AtPosition])
    router.include_router(
        routes.router(platform.store, lambda session: rows(session, directory, runtime.new_id).sheets())
    )
    return router


def projection(engine: AsyncEngine, rulebook: Rulebook) -> DirectoryProjection:
    return DirectoryProjection(
        name="campaigns",
        contexts=CONTEXTS,
        metadata=tables.metadata,
        directory=tables.directory,
        own=tables.OWN,
        changes=changes,
        rulebook=rulebook,
        engine=engine,
        handled=HANDLED,
    )
