"""What stands in the ledger's rows: mails into rows, rows into claims."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from services.notifier.application.ports import (
    Attachment,
    Claim,
    Mail,
    Notice,
    Outcome,
    Outgoing,
    Unannounced,
)
from services.notifier.domain.delivery.delivery_state import DigestState
from services.notifier.domain.digest import Line
from shared.contracts.vocabulary import RecipientRole


def claim_of(row: RowMapping, files: tuple[Attachment, ...]) -> Claim:
    unsure = row["state"] == DigestState.CLAIMED or bool(row["delivery"].get("unsure"))
    return Claim(
        key=row["digest_key"],
        attempt=row["attempts"] + 1,
        outgoing=_outgoing(row, files, again=unsure),
        queued_at=row["created_at"],
        unsure=unsure,
        delivery=row["delivery"],
        correlation_id=row["correlation_id"],
    )


def ended_row(claim: Claim, outcome: Outcome, now: datetime) -> dict[str, Any]:
    blamed = {"undeliverable": outcome.undeliverable} if outcome.undeliverable else {}
    return {
        "of_key": claim.key,
        "of_attempt": claim.attempt,
        "to_state": outcome.state,
        "to_delivery": {**outcome.delivery, **blamed},
        "to_sent_at": now if outcome.state is DigestState.SENT else None,
        "to_not_before": outcome.again_at,
    }


def unannounced_of(row: RowMapping, lines: Sequence[Mapping[str, Any]]) -> Unannounced:
    return Unannounced(
        key=row["digest_key"],
        message_id=row["message_id"],
        day=row["day"],
        correlation_id=row["correlation_id"],
        recipient_id=row["recipient_id"],
        recipient_role=RecipientRole(row["recipient_role"]),
        lines=lines,
        undeliverable=row["delivery"].get("undeliverable"),
    )


def _outgoing(row: RowMapping, files: tuple[Attachment, ...], *, again: bool) -> Outgoing:
    words = (row["subject"], row["text"], row["html"])
    return Outgoing(
        mail=Mail(*words, files, tuple(row["threads"]), row["unsubscribe"]),
        to=row["email"],
        message_id=row["message_id"],
        dated=row["dated_at"],
        day=row["day"],
        unit_code=row["unit_code"],
        recipient_id=row["recipient_id"],
        kind=row["kind"],
        return_token=row["return_token"],
        again=again,
    )


def mail_row(digest: Notice, outgoing: Outgoing, correlation_id: str, now: datetime) -> dict[str, Any]:
    return {
        "digest_key": digest.key,
        "kind": outgoing.kind,
        "recipient_id": digest.recipient.recipient_id,
        "recipient_role": digest.recipient.role,
        "unit_code": digest.recipient.unit_code,
        "day": digest.day,
        "subject": outgoing.mail.subject,
        "text": outgoing.mail.text,
        "html": outgoing.mail.html,
        "threads": list(outgoing.mail.threads),
        "unsubscribe": outgoing.mail.unsubscribe,
        "message_id": outgoing.message_id,
        "correlation_id": correlation_id,
        "state": DigestState.QUEUED,
        "attempts": 0,
        "not_before": now,
        "dated_at": outgoing.dated,
        "created_at": now,
        "announced": False,
        "delivery": {},
    }


def file_rows(key: str, files: Sequence[Attachment]) -> list[dict[str, Any]]:
    return [{"digest_key": key, "place": place, **asdict(file)} for place, file in enumerate(files)]


def line_row(digest: Notice, line: Line) -> dict[str, Any]:
    return {
        "digest_key": digest.key,
        "gap_id": line.gap.gap_id,
        "draft_code": line.gap.draft_code,
        "unit_code": line.unit_code,
        "reason": line.reason,
        "standing": line.standing,
        "due_on": line.gap.due_on,
        "policies": list(line.gap.policies),
    }
