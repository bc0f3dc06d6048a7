"""The notifier's composition root: the one place that knows every adapter of it."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from ssl import SSLContext, create_default_context

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters import tables
from services.notifier.adapters.alerts import requests
from services.notifier.adapters.alerts import silences as silences_api
from services.notifier.adapters.alerts.read_model import SqlReadModel
from services.notifier.adapters.answers import pages as answers_pages
from services.notifier.adapters.answers.registry_requests import RegistryRequests
from services.notifier.adapters.collector import Collector
from services.notifier.adapters.delivery import failed_mail, outbox
from services.notifier.adapters.delivery.bounces import BounceHandler, ImapReader, LmtpReceiver, SqlReturns
from services.notifier.adapters.delivery.ledger import ObservedLedger, ObservedTransport, SqlSending
from services.notifier.adapters.delivery.message import (
    AnswerLinks,
    DutyLinks,
    MailboxLinks,
    domain_of,
    message_id,
)
from services.notifier.adapters.delivery.restore_backup import settle
from services.notifier.adapters.delivery.transports import (
    ChannelTransport,
    FileTransport,
    Pace,
    Pool,
    Server,
    SmtpTransport,
)
from services.notifier.adapters.links import api as links_api
from services.notifier.adapters.links.attempts import Limit, MailRequestLimits, SqlAttempts
from services.notifier.adapters.links.resolver import DAY, HOUR, MINUTE, LinkResolver
from services.notifier.adapters.links.store import SqlLinks
from services.notifier.adapters.links.withdrawals import SqlWithdrawals
from services.notifier.adapters.mails.kinds import mail_kinds
from services.notifier.adapters.mails.pages import PageMails
from services.notifier.adapters.other_services.plan_rates import MetricsPlanRates
from services.notifier.adapters.planning.snapshot import (
    PROJECTION,
    NotifierProjection,
    SqlMailRuns,
    SqlPendingAlerts,
    SqlSilences,
    SqlSnapshots,
)
from services.notifier.adapters.planning.tick_subscriber import subscribe
from services.notifier.adapters.recipients import preferences_page
from services.notifier.adapters.recipients.entry_page import RecipientsPages
from services.notifier.adapters.recipients.import_sheet import rows
from services.notifier.adapters.recipients.store import SqlRecipients
from services.notifier.adapters.rendering.page_templates import PAGES
from services.notifier.adapters.rendering.templates import TemplateRenderer, environment
from services.notifier.adapters.routes import api
from services.notifier.adapters.sign_in import api as sign_in_api
from services.notifier.adapters.sign_in import pages as sign_in_pages
from services.notifier.adapters.sign_in import provider
from services.notifier.adapters.sign_in.api import LOGIN_LIFETIME
from services.notifier.adapters.sign_in.flow import SignIn
from services.notifier.adapters.sign_in.mailing import LIFETIME, MailSignIn, throttles
from services.notifier.adapters.sign_in.provider import Provider
from services.notifier.adapters.urging.page import UrgingPages
from services.notifier.application.alert_publisher import HANDLED, AlertPublisher, changes
from services.notifier.application.answers import Answers, Renewals
from services.notifier.application.commands import Commands
from services.notifier.application.pipeline import MailKind, MailKinds, Pipeline
from services.notifier.application.ports import MailTransport
from services.notifier.application.preferences import Preferences, SettingsMails
from services.notifier.application.ticks import Sender, Ticks
from services.notifier.application.urging import UrgingMails
from services.notifier.domain.notification.timing import Step, StepTo
from services.notifier.settings import Settings
from shared.auth.callers import Access
from shared.auth.service_tokens import ServiceVerifier
from shared.auth.single_use import SingleUseCodes
from shared.bulk_import import routes
from shared.contracts.vocabulary import AlertAnswer
from shared.directory.projection import DirectoryProjection, ProjectedUnits
from shared.eventstore.buckets import Bucket
from shared.eventstore.jetstream import last_event_time
from shared.eventstore.streams import SESSIONS_BUCKET
from shared.http import app_factory
from shared.http.requests.strict_requests import AllowedHosts
from shared.kernel import runtime
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.pages.entry import EntryPages
from shared.persistence.database import EngineClocks
from shared.rules.rulebook.rulebook import Calendar, Rulebook, load_rulebook
from shared.service import Background, Platform
from shared.signed_links import links
from shared.signed_links.links import signing_key
from shared.signed_links.request_claims import RequestSigner
from shared.signed_links.short_links import LinkSecret, secret_of

logger = signals.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"
CONTEXTS = frozenset({"unit", "draft", "communication", "compliance", "alert", "recipient", "programme"})


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
    access = platform.access()
    recipients = SqlRecipients(
        platform.engine, settings.justice_unit, lambda recipient: access.sessions.end_all_of(str(recipient))
    )
    signed = links.reader(settings.link_jwks)
    limits = MailRequestLimits(
        SqlAttempts(platform.engine),
        Limit("mailbox_link_mail", settings.link_mails_a_day, DAY),
        Limit("client_link_mail", settings.link_mails_an_hour, HOUR),
    )
    source = _link_source(platform.engine, settings, signed, now)
    read_model = SqlReadModel(platform.engine, now)
    units = ProjectedUnits(platform.engine, tables.directory.units, tables.checkpoints)
    letters = UrgingMails(ticks.pipeline, ticks.ledger, ticks.sender.sending, now)
    pages = EntryPages(PAGES, "notifier", settings.page_addresses)
    entries = Bucket(platform.client, SESSIONS_BUCKET)
    logins = SingleUseCodes(entries, "login", LOGIN_LIFETIME, runtime.now)
    mail = _mail_sign_in(entries, settings, recipients, ticks, now)
    home = f"{settings.url_registry.rstrip('/')}/home"
    return app_factory.create_api(
        service=settings.service,
        description="Nhắc việc và đôn đốc bằng thư điện tử. / Reminders by e-mail.",
        routers=[
            *api.routers(commands, recipients, read_model, ticks, runtime.new_id),
            UrgingPages(read_model, units, rulebook.calendar, now, pages, letters).router(),
            RecipientsPages(commands, recipients, now, runtime.new_id, units, pages).router(),
            *silences_api.routers(SqlSilences(platform.engine), sending, now, runtime.new_id),
            answers_pages.router(
                Answers(platform.store, publisher, ticks.pipeline.snapshots, _requests(settings)),
                Renewals(ticks.pipeline, ticks.ledger, limits, now),
                source,
                settings.url_notifier,
                now,
            ),
            preferences_page.router(
                Preferences(platform.store, runtime.new_id),
                SettingsMails(ticks.pipeline, ticks.ledger, limits, now),
                recipients,
                source,
                settings.url_notifier,
                now,
            ),
            links_api.router(source, ServiceVerifier(signed), SqlWithdrawals(platform.engine), now),
            sign_in_pages.router(SignIn(access, mail, logins, _provider(entries, access, settings), home)),
            sign_in_api.router(access, logins, runtime.now),
            requests.router(platform.engine, settings.url_registry, now),
            outbox.router(read_model, environment(), ticks.pipeline.kinds, local=settings.smtp_url is None),
            failed_mail.router(failed_mail.SqlFailedMails(platform.engine, ticks.pipeline.kinds), now),
            routes.router(
                platform.store, lambda session: rows(session, recipients, runtime.new_id, now).sheets()
            ),
        ],
        broker=subscribers.broker,
        catalog=platform.catalog,
        access=access,
        hosts=AllowedHosts.of(settings.allowed_hosts, settings.public_addresses),
        runner=runner,
        health=platform.health(runner, now, reactions=subscribers.probe),
        metrics=platform.metrics,
        tracing=platform.tracing,
        fence=platform.fence,
        answers=platform.answers,
        units=units,
        now=now,
        lifespan=lambda _: platform.lifespan(
            MIGRATIONS,
            [runner.run, subscribers.run, ticks.sender.run, *_bounce_sources(platform, settings, now)],
        ),
        settle=partial(settle, now=now),
    )


def _mail_sign_in(
    entries: Bucket, settings: Settings, recipients: SqlRecipients, ticks: Ticks, now: Clock
) -> MailSignIn:
    return MailSignIn(
        recipients,
        SingleUseCodes(entries, "mail", LIFETIME, runtime.now),
        *throttles(entries, runtime.now),
        ticks.sender.transport,
        ticks.sender.sending,
        PAGES,
        settings.url_notifier,
        settings.mail_from,
        now,
        runtime.new_id,
    )


def _provider(entries: Bucket, access: Access, settings: Settings) -> Provider | None:
    if not settings.oidc_client_id:
        return None
    return Provider(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        mapped=access.mapped,
        own=settings.url_notifier,
        states=SingleUseCodes(entries, "state", provider.LIFETIME, runtime.now),
        now=runtime.now,
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
    secret = _link_secret(settings)
    ledger = ObservedLedger(
        platform.engine,
        settings.lease,
        secret,
        store=platform.store,
        mails=platform.metrics.counter("loa_mails", "attempts to deliver a mail", "outcome", "reason"),
        tracing=platform.tracing,
    )
    pending = SqlPendingAlerts(platform.engine)
    head = platform.fence.last_position
    publisher = AlertPublisher(pending, ledger, platform.store, head, runtime.new_id, now, platform.tracing)
    mailboxes = MailboxLinks(secret, settings.url_notifier)
    answer_pages = dict.fromkeys(AlertAnswer, settings.url_notifier) | {
        AlertAnswer.DONE: settings.url_campaigns
    }
    answer_links = AnswerLinks(secret, answer_pages)
    digests = TemplateRenderer(answer_links, mailboxes, settings.mail_from, f"{settings.url_metrics}/drafts")
    pages = PageMails(environment(), mailboxes)
    decisions = f"{settings.url_registry}/decisions"
    kinds = mail_kinds(
        digests,
        pages,
        f"{settings.url_notifier}/requests",
        more_kinds,
        decisions,
        f"{settings.url_metrics}/",
        DutyLinks(secret, settings.url_campaigns),
        f"{settings.url_campaigns}/entry/communications",
    )
    snapshots = SqlSnapshots(platform.engine, settings.justice_unit, settings.deadline_documents)
    return Ticks(
        pipeline=Pipeline(
            snapshots,
            kinds,
            partial(message_id, sender=settings.mail_from),
            calendar,
            head,
            _steps(settings),
            MetricsPlanRates(settings.metrics_api or settings.url_metrics, settings.metrics_token),
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


def _link_secret(settings: Settings) -> LinkSecret | None:
    if settings.link_key is None:
        logger.warning("mails_without_answers", setting="LOA_LINK_KEY")
        return None
    return secret_of(signing_key(settings.link_key.get_secret_value()))


def _link_source(
    engine: AsyncEngine, settings: Settings, signed: links.LinkReader, now: Clock
) -> LinkResolver:
    unknown = Limit("unknown_link", settings.unknown_links_a_minute, MINUTE)
    return LinkResolver(SqlLinks(engine), engine, signed, SqlAttempts(engine), unknown, now)


def _requests(settings: Settings) -> RegistryRequests:
    signer = RequestSigner(signing_key(settings.link_key.get_secret_value())) if settings.link_key else None
    return RegistryRequests(settings.registry_api or settings.url_registry, signer)


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
