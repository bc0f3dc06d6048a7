"""The page of a mailbox: what it wants to be sent, looked at with GET, changed with POST, ended with one click.

Whoever holds a mail holds its link: no account, no cookie (see `shared/pages/link_pages.py`). A mail client that offers
"unsubscribe" posts `List-Unsubscribe=One-Click` (RFC 8058), as a form of either kind, and does not show the answer.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.notifier.adapters.delivery.message import MailboxLink, mailbox_link
from services.notifier.adapters.recipients.store import Mailbox, SqlRecipients
from services.notifier.adapters.recipients.wording import (
    ASKED,
    DAYS,
    DUTIES_GO_ON,
    EACH_DAY,
    ENDED,
    KINDS,
    MAILED,
    MAILED_NEXT,
    SAVED,
    chosen,
    ended,
)
from services.notifier.adapters.rendering.page_templates import PAGES
from services.notifier.adapters.rendering.templates import ROLES
from services.notifier.application.preferences import Preferences, SettingsMails
from services.notifier.domain.errors import MailboxGone, NotOptional
from services.notifier.domain.recipients.preference import Prefer, Preference, Unsubscribe, offered
from shared.auth.admission import stands_for
from shared.auth.tokens import Principal
from shared.contracts.envelope import Metadata
from shared.contracts.vocabulary import OptionalMail, PreferenceDoor, Role, Weekday
from shared.http.overload.client_address import client_of
from shared.http.requests import request_context
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.pages.forms import Fields, sent
from shared.pages.link_pages import TITLES, AnswerPages, routes
from shared.rules.rights.actions import Action
from shared.signed_links.links import MAILBOX_PATH, LinkNotValid
from shared.signed_links.resolved import Barred, LinkSource, ResolvedLink
from shared.signed_links.short_links import Purpose

MOST_WORDS = 500
OFTEN = {"each_day": EACH_DAY, **{day.value: text for day, text in DAYS.items()}}
Often = StrEnum("Often", {value.upper(): value for value in OFTEN})  # type: ignore[misc]  # one more than the days


@dataclass(frozen=True, slots=True)
class Held:
    link: MailboxLink
    mailbox: Mailbox

    @property
    def offered(self) -> tuple[OptionalMail, ...]:
        return offered(self.mailbox.recipient.role, oversees=self.mailbox.oversees)


@dataclass(frozen=True, slots=True)
class MailboxGuard:
    source: LinkSource
    recipients: SqlRecipients
    now: Clock

    async def resolve(self, token: str, client: str) -> ResolvedLink:
        """Find the link of a mailbox, over or withdrawn too; raises `LinkNotValid` for any other."""
        resolved = await self.source.resolve(token, client)
        if resolved.link.purpose is not Purpose.MAILBOX:
            raise LinkNotValid
        return resolved

    async def hold(self, token: str, client: str) -> Held:
        """Admit who holds the link of a mailbox that is written to; raises why it admits nobody, or `MailboxGone`."""
        resolved, now = await self.resolve(token, client), self.now()
        if resolved.barred is Barred.NOT_LISTED:
            raise MailboxGone
        resolved.require_usable(now)
        link = mailbox_link(resolved.link)
        mailbox = await self.recipients.mailbox(link.recipient_id, day_in_vietnam(now))
        if mailbox is None:
            raise MailboxGone
        return Held(link, mailbox)


@dataclass(frozen=True, slots=True)
class MailboxHandler:
    preferences: Preferences
    mails: SettingsMails
    pages: AnswerPages
    now: Clock

    async def look(self, held: Held) -> HTMLResponse:
        return self._form(held, await self.preferences.of(held.link.recipient_id), Fields())

    async def answer(self, request: Request, held: Held) -> HTMLResponse:
        form = await sent(request)
        if form.text("List-Unsubscribe") == "One-Click":
            return await self._end(request, held, PreferenceDoor.ONE_CLICK)
        if form.text("end"):
            return await self._end(request, held, PreferenceDoor.PAGE)
        return await self._choose(request, held, form)

    async def renew(self, request: Request, link: MailboxLink) -> HTMLResponse:
        """Answer the same whatever comes of it: the answer must not reveal who is on a list."""
        await self.mails.send(link.recipient_id, client_of(request), request.state.correlation_id)
        return self.pages.page("mailbox_recorded.html", heading=ASKED, what=MAILED, next=MAILED_NEXT)

    async def _end(self, request: Request, held: Held, through: PreferenceDoor) -> HTMLResponse:
        kind = held.link.kind
        if kind not in held.offered:
            raise NotOptional
        ending = Unsubscribe(kind=kind, through=through, **_who(held))
        await self.preferences.change(ending, self._metadata(request, held))
        return self.pages.page("mailbox_recorded.html", heading=ENDED, what=ended(kind), next=DUTIES_GO_ON)

    async def _choose(self, request: Request, held: Held, form: Fields) -> HTMLResponse:
        now = await self.preferences.of(held.link.recipient_id)
        often = form.one_of("frequency", Often)
        reason = form.words("reason", MOST_WORDS, required=False)
        unwanted = _unwanted(held, form, now)
        if often is None or form.errors:
            return self._form(held, now, form, status=422)
        day = None if often == "each_day" else Weekday(often)
        choice = Prefer(
            wanted=Preference(day, unwanted), through=PreferenceDoor.PAGE, reason=reason, **_who(held)
        )
        holds = await self.preferences.change(choice, self._metadata(request, held))
        what = chosen(holds, held.offered)
        return self.pages.page("mailbox_recorded.html", heading=SAVED, what=what, next=DUTIES_GO_ON)

    def _form(self, held: Held, now: Preference, form: Fields, status: int = 200) -> HTMLResponse:
        unwanted = _unwanted(held, form, now) if form.given else now.unwanted
        kind = held.link.kind
        return self.pages.page(
            "mailbox.html",
            status,
            form=form,
            unit=held.mailbox.unit_name,
            role=ROLES[held.mailbox.recipient.role],
            now=chosen(now, held.offered),
            often=OFTEN,
            frequency=form.text("frequency", now.digest_day or "each_day"),
            kinds={kind: KINDS[kind] for kind in held.offered},
            wanted=frozenset(held.offered) - unwanted,
            ending=KINDS[kind] if kind in held.offered and now.wants(kind) else None,
        )

    def _metadata(self, request: Request, held: Held) -> Metadata:
        principal = Principal(str(held.link.recipient_id), Role.UNIT, held.link.unit_code)
        return replace(request_context.metadata(request, principal), time=self.now())


def router(
    preferences: Preferences,
    mails: SettingsMails,
    recipients: SqlRecipients,
    source: LinkSource,
    address: str,
    now: Clock,
) -> APIRouter:
    """`address` is where recipients reach this service. No part of the API's description, as with answers."""
    titles = {**TITLES, "mailbox-gone": "Địa chỉ không còn nhận thư", "not-optional": "Không dừng được"}
    pages = AnswerPages(PAGES, address, MAILBOX_PATH, "mailbox_closed.html", titles)
    handler, guard = MailboxHandler(preferences, mails, pages, now), MailboxGuard(source, recipients, now)
    admitted, any_link = Depends(partial(_hold, guard)), Depends(partial(_even_expired, guard))
    router = routes(pages, handler, admitted, Action.CHOOSE_MAILS)

    @router.post("/{token}/renew", dependencies=[stands_for(Action.RENEW_LINK)])
    async def renew(request: Request, link: MailboxLink = any_link) -> HTMLResponse:
        return await handler.renew(request, link)

    return router


async def _hold(guard: MailboxGuard, request: Request, token: str) -> Held:
    return await guard.hold(token, client_of(request))


async def _even_expired(guard: MailboxGuard, request: Request, token: str) -> MailboxLink:
    """Admit also who holds a link whose time has passed."""
    return mailbox_link((await guard.resolve(token, client_of(request))).link)


def _who(held: Held) -> dict[str, Any]:
    return {"recipient_id": held.link.recipient_id, "unit_code": held.link.unit_code}


def _unwanted(held: Held, form: Fields, now: Preference) -> frozenset[OptionalMail]:
    """Give of what the page offers all that is not ticked, of the rest what held before."""
    ticked = set(form.chosen("kind"))
    unticked = {kind for kind in held.offered if kind not in ticked}
    return frozenset(unticked | {kind for kind in now.unwanted if kind not in held.offered})
