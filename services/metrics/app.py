"""The composition root of metrics: the one place that imports all its adapters."""

from pathlib import Path

from fastapi import FastAPI

from services.metrics.adapters import tables
from services.metrics.adapters.collectors.gaps import Collector
from services.metrics.adapters.collectors.subscribers import SubscriberCollector
from services.metrics.adapters.counts import activities as activity_counts
from services.metrics.adapters.counts import drafts as draft_counts
from services.metrics.adapters.counts import waiting
from services.metrics.adapters.entry import pages as entry_pages
from services.metrics.adapters.figures import api, effect, verdicts
from services.metrics.adapters.history.warming import Warming
from services.metrics.adapters.lists import calendars
from services.metrics.adapters.lists import routes as lists
from services.metrics.adapters.lists.calendars import SqlCalendars
from services.metrics.adapters.lists.page import Sources
from services.metrics.adapters.pages import routes as pages
from services.metrics.adapters.programmes import api as programmes_api
from services.metrics.adapters.programmes import reports_api
from services.metrics.adapters.projection.division import division_of
from services.metrics.adapters.projection.records import MetricsProjection, SqlAnnouncements
from services.metrics.adapters.read_model import SqlSnapshots
from services.metrics.adapters.reports import overview_paper, published_routes
from services.metrics.adapters.reports import routes as report_routes
from services.metrics.adapters.reports.document import TEMPLATE
from services.metrics.adapters.reports.published_store import SqlPublishedReports
from services.metrics.adapters.reports.sending import Sending
from services.metrics.adapters.snapshots.leaders import SqlOverview
from services.metrics.adapters.snapshots.lists import SqlList
from services.metrics.adapters.snapshots.reports import SqlReport
from services.metrics.application.counts import CountQueries
from services.metrics.application.draft_counts import DraftCountQueries
from services.metrics.application.effect import Effects
from services.metrics.application.leaders import LeadersQueries
from services.metrics.application.programme import ProgrammeQueries
from services.metrics.application.projections import GapReconciler
from services.metrics.application.published import Publishing
from services.metrics.application.queries import Queries
from services.metrics.application.reports import ReportQueries
from services.metrics.application.required_reports import RequiredReports
from services.metrics.application.waiting import WaitingQueries
from services.metrics.settings import Settings
from shared.directory.projection import ProjectedUnits
from shared.eventstore.subscriber_states import subscriber_states
from shared.http import app_factory
from shared.http.requests.strict_requests import AllowedHosts
from shared.http.routes import live
from shared.kernel import runtime
from shared.messaging import faststream_broker
from shared.observability.signals import READ_SECONDS
from shared.rules.rulebook.rulebook import read_files, rulebook_with
from shared.service import Platform

MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"


def create_app(settings: Settings, now: runtime.Clock = runtime.now) -> FastAPI:
    platform = Platform(settings)
    present = read_files(settings.rule_files)
    rulebook = rulebook_with(present)
    reconciler = GapReconciler(SqlAnnouncements(platform.engine), platform.store, rulebook, now)
    projection = MetricsProjection(platform.engine, rulebook, reconciler)
    processes = settings.rebuild_processes
    division = division_of(present, rulebook, processes, settings.database_url)
    runner = platform.runner(projection, tables.checkpoints, division)
    stored = SqlSnapshots(platform.engine, projection.name, local_rules=bool(rulebook.local))
    snapshots = stored.snapshot
    queries = Queries(snapshots, rulebook, settings.deadline_documents)
    reports = ReportQueries(queries, stored.opening(SqlReport))
    template = settings.report_template or TEMPLATE
    publishing = Publishing(
        reports,
        SqlPublishedReports(stored),
        platform.store,
        lambda report, version: report_routes.files_of(report, version, template),
    )
    required = RequiredReports(snapshots)
    sending = Sending(required=required, campaigns=settings.url_campaigns)
    open_lists = stored.opening(SqlList)
    of_units = SqlCalendars(platform.engine)
    leaders = LeadersQueries(queries, stored.opening(SqlOverview))
    units = ProjectedUnits(platform.engine, tables.units, tables.checkpoints)
    sources = Sources(queries, open_lists, settings.url_registry, settings.url_campaigns)
    warming = Warming(stored, [*lists.asks(sources), *pages.asks(leaders), *report_routes.asks(reports)], now)
    collector = Collector.of(snapshots, rulebook, now, platform.metrics)
    platform.metrics.before_scrape("gaps", collector.read)
    external = SubscriberCollector.of(
        lambda: subscriber_states(platform.client.jetstream(timeout=READ_SECONDS)), platform.metrics
    )
    platform.metrics.before_scrape("subscriber_lag", external.read)
    return app_factory.create_api(
        service=settings.service,
        description="Tỷ lệ truyền thông, khoảng trống, báo cáo. / Compliance, gaps, reports.",
        routers=[
            api.router(queries),
            activity_counts.router(CountQueries(snapshots), rulebook.version),
            draft_counts.router(DraftCountQueries(snapshots), rulebook.version),
            waiting.router(WaitingQueries(snapshots)),
            verdicts.router(snapshots, queries),
            programmes_api.router(ProgrammeQueries(snapshots), rulebook.version),
            reports_api.router(required),
            effect.router(Effects(snapshots, rulebook, present)),
            report_routes.router(reports, template),
            overview_paper.router(leaders, platform.notices(runner)),
            report_routes.page_router(reports, publishing.kept, sending, platform.notices(runner)),
            published_routes.router(publishing, publishing.kept),
            published_routes.page_router(publishing, sending, platform.notices(runner)),
            calendars.router(queries, of_units, settings.url_metrics),
            *entry_pages.routers(publishing, of_units, units, settings.page_addresses),
            lists.router(sources, platform.notices(runner)),
            live.router(),
            pages.router(leaders, open_lists, settings.url_registry, platform.notices(runner)),
        ],
        broker=faststream_broker.create_broker(settings),
        catalog=platform.catalog,
        access=platform.access(),
        hosts=AllowedHosts.of(settings.allowed_hosts, settings.public_addresses),
        runner=runner,
        health=platform.health(runner, now),
        metrics=platform.metrics,
        tracing=platform.tracing,
        fence=platform.fence,
        answers=platform.answers,
        units=units,
        now=now,
        lifespan=lambda _: platform.lifespan(MIGRATIONS, [runner.run, warming.run]),
    )
