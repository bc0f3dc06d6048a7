"""The outbox page: what was written to whom, why, and how it went; addresses only for the operator."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from jinja2 import Environment
from markupsafe import Markup

from services.notifier.adapters.alerts.read_model import SqlReadModel
from services.notifier.adapters.rendering.templates import ROLES, STATES, why_in_mail
from services.notifier.application.pipeline import MailKinds
from services.notifier.domain.delivery.retries import DigestState
from services.notifier.domain.errors import DigestNotFound
from services.notifier.domain.notification.reasons import Reason
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import RecipientRole, Role
from shared.http.requests.audit import audited
from shared.kernel.local_day import VIETNAM
from shared.pages.layout import safe, visit_bar
from shared.rules.rights.actions import Action
from shared.signed_links import links


def router(read_model: SqlReadModel, templates: Environment, kinds: MailKinds, *, local: bool) -> APIRouter:
    routes = APIRouter(prefix="/outbox", tags=["outbox"])

    async def own(principal: Principal, digest_key: str) -> dict[str, Any]:
        """Give a mail to a unit of the caller; one to another unit is as if there were none."""
        row = await read_model.mail(digest_key)
        units = principal.acting.limit
        if row is None or (units is not None and row["unit_code"] not in units):
            raise DigestNotFound
        return row

    @routes.get("", response_class=HTMLResponse, summary="What was mailed, to whom, why (a page for people)")
    async def outbox(principal: Annotated[Principal, may(Action.READ_MAIL)]) -> HTMLResponse:
        audited("outbox", principal)
        mails = [_shown(mail, principal, kinds) for mail in await read_model.outbox(principal.acting.limit)]
        page = templates.get_template("outbox/list.html").render(
            visit_bar=visit_bar(), mails=mails, local=local, counts=_counts(mails)
        )
        return HTMLResponse(page, headers=safe())

    @routes.get("/{digest_key}", response_class=HTMLResponse, summary="One mail, as it was rendered")
    async def mail(principal: Annotated[Principal, may(Action.READ_MAIL)], digest_key: str) -> HTMLResponse:
        row = await own(principal, digest_key)
        audited("mail", principal, digest_key=digest_key)
        page = templates.get_template("outbox/mail.html").render(
            visit_bar=visit_bar(),
            vietnam=VIETNAM,
            mail=_shown(row, principal, kinds),
            body=_body(links.masked(row["html"]), row["files"]),
        )
        return HTMLResponse(page, headers=safe())

    @routes.get(
        "/{digest_key}/files/{place}",
        summary="A file that went along with a mail",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}},
    )
    async def file(
        principal: Annotated[Principal, may(Action.READ_FILES_OF_MAIL)], digest_key: str, place: int
    ) -> Response:
        await own(principal, digest_key)
        file = next((file for file in await read_model.files(digest_key) if file["place"] == place), None)
        if file is None:
            raise DigestNotFound
        audited("mail_file", principal, digest_key=digest_key, place=place)
        named = {"Content-Disposition": f'attachment; filename="{file["name"]}"'}
        return Response(file["content"], media_type=file["media_type"], headers=named)

    return routes


def _counts(mails: Sequence[Mapping[str, Any]]) -> list[tuple[DigestState, str, int]]:
    """Count mails by state, in the order of the states."""
    counted = Counter(DigestState(mail["state"]) for mail in mails)
    return [(state, STATES[state].vi, counted[state]) for state in DigestState if counted[state]]


def _body(html: str, files: Sequence[Mapping[str, Any]]) -> Markup:
    """Take what a mail shows out of its page, pictures too; the templates escaped it when it was rendered."""
    for file in files:
        if file["content_id"]:
            data = base64.b64encode(file["content"]).decode()
            html = html.replace(f"cid:{file['content_id']}", f"data:{file['media_type']};base64,{data}")
    inner = html.partition("<body")[2].partition(">")[2].partition("</body>")[0]
    return Markup(inner)  # noqa: S704  our own page, and the policy of this one lets no script run


def _shown(mail: Mapping[str, Any], principal: Principal, kinds: MailKinds) -> dict[str, Any]:
    operator = principal.role is Role.OPERATOR
    return {
        **mail,
        "unit_name": mail.get("unit_name") or mail["unit_code"],
        "address": mail["email"] if operator else None,
        "role": ROLES[RecipientRole(mail["recipient_role"])].vi,
        "state_name": STATES[DigestState(mail["state"])].vi,
        "kind_name": kinds.label(mail["kind"]).vi,
        "detail": mail["delivery"].get("detail"),
        "answer": mail["delivery"].get("answer") or mail["delivery"].get("file"),
        "doubtful": bool(mail["delivery"].get("possible_duplicate")),
        "lines": [{**line, "why": _why(line["reason"])} for line in mail["lines"]],
    }


def _why(reason: str) -> str:
    """Say why a gap stands in a mail; a reason that another release had by its own name."""
    if reason not in set(Reason) or not Reason(reason).in_mail:
        return reason
    label, why = why_in_mail(Reason(reason))
    return f"{label.vi}: {why.vi}"
