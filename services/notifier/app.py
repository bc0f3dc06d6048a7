"""The notifier's composition root: the one place that knows every adapter of it."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from ssl import SSLContext, create_default_context

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters import api, tables
from services.notifier.adapters.alerts import requests
from services.notifier.adapters.alerts.read_model import SqlReadModel
from services.notifier.adapters.answers import pages as answers_pages
from services.notifier.adapters.broker import subscribe
from services.notifier.adapters.collector import Collector
from services.notifier.adapters.delivery import failed_mail, outbox
from services.notifier.adapters.delivery.bounces import BounceHandler, ImapReader, LmtpReceiver, SqlReturns
from services.notifier.adapters.delivery.channels import ChannelTransport
from services.notifier.adapters.delivery.file_transport import FileTransport
from services.notifier.adapters.delivery.ledger import ObservedLedger, ObservedTransport, SqlSending
from services.notifier.adapters.delivery.message import AnswerLinks, MailboxLinks, domain_of, message_id, seal
from services.notifier.adapters.delivery.smtp import Pace, Pool, Server, SmtpTransport
from services.notifier.adapters.mails.kinds import PageMails, mail_kinds
from services.notifier.adapters.planning.engine_clocks import EngineClocks
from services.notifier.adapters.planning.snapshot import (
    PROJECTION,
    NotifierProjection,
    SqlMailRuns,
    SqlPendingAlerts,
    SqlSilences,
    SqlSnapshots,
)
from services.notifier.adapters.recipients import preferences_page
from services.notifier.adapters.recipients.import_sheet import rows
from services.notifier.adapters.recipients.store import SqlRecipients
from services.notifier.adapters.rendering.templates import TemplateRenderer, environment
from services.notifier.adapters.restore_backup import settle
from services.notifier.adapters.silences import api as silences_api
from services.notifier.application.alert_publisher import HANDLED, AlertPublisher, changes
from services.notifier.application.answers import Answers, Renewals
from services.notifier.application.commands import Commands
from services.notifier.application.pipeline import MailKind, MailKinds, Pipeline
from services.notifier.application.ports import MailTransport
from services.notifier.application.preferences import Preferences, SettingsMails
from services.notifier.application.ticks import Sender, Ticks
from services.notifier.domain.notification.escalation import Step, StepTo
from services.notifier.settings import Settings
from shared.auth.tokens import Verifier
from shared.bulk_import import routes
from shared.contracts.vocabulary import AlertAnswer
from shared.directory.projection import DirectoryProjection
from shared.eventstore.log_writes import last_event_time
from shared.http import app_factory
from shared.kernel import runtime
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.rules.rulebook.rulebook import Calendar, Rulebook, load_rulebook
from shared.service import Background, Platform
from shared.signed_links import links
from shared.signed_links.links import LinkSigner, signing_key

logger = signals.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"
CONTEXTS = frozenset({"unit", "draft", "compliance", "alert", "recipient"})


def create_app(settings: Settings, now: Clock = runtime.now, more_kinds: Iterable[MailKind] = ()) -> FastAPI:
    """`now` is the clock by which days are judged and leases end; `more_kinds` are additional kinds of mail."""
    platform = Platform(settings)
    rulebook = load_rulebook(settings.rule_files)
    commands = Commands(platform.store)
    sending = SqlSending(platform.engine, local=settings.smtp_url is None and not settings.channels)
    ticks = _ticks(platform, settings, sending, rulebook.calendar, now, more_kinds)
    publisher = ticks.sender.publisher
    runner = platform.runner(projection(platform.engine, rulebook, publisher.caught_up), tables.checkpoints)
    platform.metrics.before_scrape("mail", Collector.of(platform.engine, sending, now, platform.metrics).read)
    subscribers = platform.subscribers()
    subscribe(subscribers, ticks, runtime.new_id)
    recipients = SqlRecipients(platform.engine, settings.justice_unit)
    read_model = SqlReadModel(platform.engine, now)
    return app_factory.create_api(
        service=settings.service,
        description="Nhắc việc và đôn đốc bằng thư điện tử. / Reminders by e-mail.",
        routers=[
            *api.routers(commands, recipients, read_model, ticks, runtime.new_id),
            *silences_api.routers(SqlSilences(platform.engine), sending, now, runtime.new_id),
            answers_pages.router(
                Answers(platform.store, publisher, ticks.pipeline.snapshots),
                Renewals(ticks.pipeline, ticks.ledger, now),
                links.reader(settings.link_jwks),
                settings.url_notifier,
                now,
            ),
            preferences_page.router(
                Preferences(platform.store, runtime.new_id),
                SettingsMails(ticks.pipeline, ticks.ledger, now),
                recipients,
                links.reader(settings.link_jwks),
                settings.url_notifier,
                now,
            ),
            requests.router(platform.engine, settings.url_registry, now),
            outbox.router(read_model, environment(), ticks.pipeline.kinds, local=settings.smtp_url is None),
            failed_mail.router(failed_mail.SqlFailedMails(platform.engine, ticks.pipeline.kinds), now),
            routes.router(platform.store, lambda session: rows(session, recipients, runtime.new_id).sheets()),
        ],
        broker=subscribers.broker,
        catalog=platform.catalog,
        verifier=Verifier(settings.jwks, public_read=settings.public_read),
        runner=runner,
        health=platform.health(runner, now, reactions=subscribers.probe),
        metrics=platform.metrics,
        tracing=platform.tracing,
        fence=platform.fence,
        answers=platform.answers,
        now=now,
        lifespan=lambda _: platform.lifespan(
            MIGRATIONS,
            [runner.run, subscribers.run, ticks.sender.run, *_bounce_sources(platform, settings, now)],
        ),
        settle=partial(settle, now=now),
    )


async def _publish_nothing() -> None:
    """Only rows are asked for."""


def projection(
    engine: AsyncEngine, rulebook: Rulebook, publish: Callable[[], Awaitable[None]] = _publish_nothing
) -> NotifierProjection:
    rows = DirectoryProjection(
        name=PROJECTION,
        contexts=CONTEXTS,
        metadata=tables.metadata,
        directory=tables.directory,
        own=tables.OWN,
        changes=changes,
        rulebook=rulebook,
        engine=engine,
        handled=HANDLED,
    )
    return NotifierProjection(rows, publish)


def _ticks(
    platform: Platform,
    settings: Settings,
    sending: SqlSending,
    calendar: Calendar,
    now: Clock,
    more_kinds: Iterable[MailKind],
) -> Ticks:
    ledger = ObservedLedger(
        platform.engine,
        settings.lease,
        store=platform.store,
        mails=platform.metrics.counter("loa_mails", "attempts to deliver a mail", "outcome", "reason"),
        tracing=platform.tracing,
    )
    pending = SqlPendingAlerts(platform.engine)
    head = platform.fence.last_position
    publisher = AlertPublisher(pending, ledger, platform.store, head, runtime.new_id, now, platform.tracing)
    signer = _signer(settings)
    mailboxes = MailboxLinks(seal(signer.key) if signer else None, settings.url_notifier)
    digests = TemplateRenderer(AnswerLinks(signer), mailboxes, settings.mail_from)
    pages = PageMails(environment(), mailboxes)
    kinds = mail_kinds(digests, pages, f"{settings.url_notifier}/requests", more_kinds)
    snapshots = SqlSnapshots(platform.engine, settings.justice_unit)
    return Ticks(
        pipeline=Pipeline(
            snapshots,
            kinds,
            partial(message_id, sender=settings.mail_from),
            calendar,
            head,
            _steps(settings),
        ),
        ledger=ledger,
        sender=Sender(
            ledger,
            ObservedTransport(_transport(settings, kinds), platform.tracing),
            publisher,
            sending,
            calendar,
            kinds,
            now,
            EngineClocks(platform.clock_check(now), partial(last_event_time, platform.client)),
            fence=platform.fence.require_open,
        ),
        runs=SqlMailRuns(platform.engine),
        simulation=FileTransport(settings.simulated_dir, settings.mail_from, kinds.once_a_day),
        now=now,
    )


def _bounce_sources(platform: Platform, settings: Settings, now: Clock) -> list[Background]:
    returns = SqlReturns(platform.engine)
    handler = BounceHandler(lambda token, detail: returns.returned(token, detail, now()))
    sources: list[Background] = []
    if settings.bounce_listen is not None:
        host, _, port = settings.bounce_listen.rpartition(":")
        sources.append(LmtpReceiver(handler, host, int(port)).run)
    if settings.bounce_imap_url is not None:
        sources.append(ImapReader(handler, settings.bounce_imap_url.get_secret_value(), _tls(settings)).run)
    return sources


def _tls(settings: Settings) -> SSLContext | None:
    return create_default_context(cafile=settings.smtp_ca) if settings.smtp_ca else None


def _signer(settings: Settings) -> LinkSigner | None:
    if settings.link_key is None:
        logger.warning("mails_without_answers", setting="LOA_LINK_KEY")
        return None
    pages = dict.fromkeys(AlertAnswer, settings.url_notifier) | {AlertAnswer.DONE: settings.url_campaigns}
    return LinkSigner(signing_key(settings.link_key.get_secret_value()), pages)


def _steps(settings: Settings) -> tuple[Step, ...]:
    return tuple(Step(step.after, StepTo(step.to), step.level) for step in settings.escalation)


def _transport(settings: Settings, kinds: MailKinds) -> MailTransport:
    channels = {name: url.get_secret_value() for name, url in settings.channels.items()}
    return ChannelTransport(_mail_transport(settings, kinds), channels)


def _mail_transport(settings: Settings, kinds: MailKinds) -> MailTransport:
    if settings.smtp_url is None:
        return FileTransport(settings.mail_dir, settings.mail_from, kinds.once_a_day)
    server = Server(
        settings.smtp_url.get_secret_value(),
        settings.smtp_seconds,
        _tls(settings),
        settings.smtp_hello,
        domain_of(settings.mail_from),
    )
    return SmtpTransport(Pool(server), settings.mail_from, Pace(settings.smtp_rate), settings.bounce_address)
