"""Signing in by mail: a link to the mailboxes of an address, if it is registered; the answer never tells."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from jinja2 import Environment

from services.notifier.adapters.delivery.message import message_id
from services.notifier.adapters.recipients.store import Mailbox, SqlRecipients
from services.notifier.application.ports import Mail, MailTransport, Outgoing, Sending
from services.notifier.domain.recipients.audience import Recipient
from shared.auth.single_use import CodeIsOver, SingleUseCodes, Throttle
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import RecipientRole, Role
from shared.eventstore.buckets import Bucket
from shared.kernel.counted import counted
from shared.kernel.errors import PermanentError, Refusal
from shared.kernel.local_day import VIETNAM, day_in_vietnam
from shared.kernel.runtime import Clock, NewId
from shared.kernel.transient import TRANSIENT
from shared.observability import signals

logger = signals.get_logger(__name__)

KIND = "sign_in"
MINUTES = 15
LIFETIME = timedelta(minutes=MINUTES)
MOST_BY_CLIENT = 60  # an office behind one address
MOST_TO_MAILBOX = 3
MOST_AT_ONCE = 50
HEAD = Role.__members__.get("HEAD", Role.UNIT)
ROLES: Mapping[RecipientRole, Role] = {
    RecipientRole.FOCAL_POINT: Role.UNIT,
    RecipientRole.HEAD: HEAD,
    RecipientRole.SUPERVISOR: Role.SUPERVISOR,
}
"""What a registered recipient may do after signing in by mail, for its own unit."""


class TooManyRequests(Refusal):
    code = "too-many-sign-in-requests"
    kind = "unavailable"
    retry_after = 900

    def __init__(self) -> None:
        super().__init__(
            f"Có quá nhiều yêu cầu đăng nhập. Đề nghị thử lại sau {MINUTES} phút.",
            f"There are too many sign-in requests. Please try again in {counted(MINUTES, 'minute')}.",
        )


@dataclass(frozen=True, slots=True)
class MailSignIn:
    recipients: SqlRecipients
    codes: SingleUseCodes
    by_client: Throttle
    to_mailbox: Throttle
    transport: MailTransport
    sending: Sending
    templates: Environment
    address: str
    sender: str
    now: Clock
    new_id: NewId
    _working: set[asyncio.Task[None]] = field(default_factory=set)

    async def request(self, email: str, client: str, return_to: str) -> None:
        """Take a request; whether the address is registered shows neither in the answer nor in its time."""
        if len(self._working) >= MOST_AT_ONCE or not await self.by_client.allows(client):
            _log_refused("too many requests of a client")
            raise TooManyRequests
        task = asyncio.create_task(self._send(email.strip().lower(), return_to))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def choices(self, code: str) -> Sequence[Mailbox]:
        """Give the mailboxes that a code admits, as what is still registered; raises `CodeIsOver`."""
        return await self._registered(await self.codes.look(code))

    async def spend(self, code: str, recipient_id: UUID | None) -> tuple[Principal, str, datetime | None]:
        """Use a code up for one of its mailboxes; say where to go and until when at most; raises `CodeIsOver`."""
        document = await self.codes.spend(code)
        chosen = [
            mailbox
            for mailbox in await self._registered(document)
            if recipient_id in {None, mailbox.recipient.recipient_id}
        ]
        if len(chosen) != 1:
            raise CodeIsOver
        recipient = chosen[0].recipient
        return principal_of(recipient), str(document["return_to"]), end_of(recipient.valid_to)

    async def _registered(self, document: Mapping[str, Any]) -> Sequence[Mailbox]:
        today = day_in_vietnam(self.now())
        mailboxes = [await self.recipients.mailbox(UUID(name), today) for name in document["recipients"]]
        listed = [
            replace(mailbox, recipient=used)
            for mailbox in mailboxes
            if mailbox and (used := mailbox.used_on(today))
        ]
        if not listed:
            raise CodeIsOver
        return listed

    async def _send(self, email: str, return_to: str) -> None:
        try:
            mailboxes = await self.recipients.at_address(email, day_in_vietnam(self.now()))
            if not mailboxes:
                _log_refused("no registered address")
            elif not await self._is_held():
                await self._deliver_within_limit(email, mailboxes, return_to)
        except (PermanentError, *TRANSIENT) as error:
            logger.warning("sign_in_mail_failed", error=type(error).__name__)

    async def _deliver_within_limit(self, email: str, mailboxes: Sequence[Recipient], return_to: str) -> None:
        if await self.to_mailbox.allows(email):
            await self._deliver(mailboxes, return_to)
        else:
            _log_refused("too many mails to an address")

    async def _deliver(self, mailboxes: Sequence[Recipient], return_to: str) -> None:
        ids = [str(mailbox.recipient_id) for mailbox in mailboxes]
        code, _ = await self.codes.issue({"recipients": ids, "return_to": return_to})
        link = f"{self.address.rstrip('/')}/sign-in/link/{code}"
        await self.transport.deliver(self._outgoing(mailboxes[0], link))
        logger.info("sign_in_mail_sent", recipients=ids)

    async def _is_held(self) -> bool:
        held = not self.transport.is_local and (await self.sending.state()).held
        if held:
            logger.warning("sign_in_mail_held")
        return held

    def _outgoing(self, to: Recipient, link: str) -> Outgoing:
        now = self.now()
        texts = {
            name: self.templates.get_template(f"mail/{to.language}/{name}").render(link=link, minutes=MINUTES)
            for name in ("subject.txt", "body.txt", "body.html")
        }
        return Outgoing(
            mail=Mail(texts["subject.txt"].strip(), texts["body.txt"], texts["body.html"]),
            to=to.email,
            message_id=message_id(f"{KIND}:{self.new_id()}", self.sender),
            dated=now,
            day=day_in_vietnam(now),
            unit_code=to.unit_code,
            recipient_id=to.recipient_id,
            kind=KIND,
        )


def _log_refused(why: str) -> None:
    """Note a sign-in by mail that gets no link; the address is not in the log."""
    logger.warning("sign_in_mail_refused", why=why)


def end_of(last_day: date | None) -> datetime | None:
    """Give the moment at which a mailbox ends that stands in for some days: who signed in with it is signed out then."""
    return datetime.combine(last_day + timedelta(days=1), time.min, VIETNAM) if last_day else None


def principal_of(recipient: Recipient) -> Principal:
    """Say who a recipient is after signing in: the opaque id of the mailbox, for its own unit."""
    return Principal(str(recipient.recipient_id), ROLES[recipient.role], recipient.unit_code)


def throttles(bucket: Bucket, now: Clock) -> tuple[Throttle, Throttle]:
    """Count requests by client, and mails by address."""
    return (
        Throttle(bucket, "client", MOST_BY_CLIENT, LIFETIME, now),
        Throttle(bucket, "mailbox", MOST_TO_MAILBOX, LIFETIME, now),
    )
