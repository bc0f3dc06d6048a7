"""How the notifier shows alerts, recipients, plans and ticks."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from services.notifier.application.pipeline import Plan, Planned, Skipped
from services.notifier.application.ticks import Sent, Ticked
from services.notifier.domain.digest import Recipient
from shared.contracts.vocabulary import GapState
from shared.errors import Text
from shared.rules.working_days import Calendar


def recipient_view(recipient: Recipient) -> dict[str, Any]:
    return asdict(recipient)


def alert_view(row: Mapping[str, Any], today: date, calendar: Calendar) -> dict[str, Any]:
    """Show an alert with the state of its gap on a day: that is never stored."""
    due_on = row["gap_due_on"] or row["due_on"]
    overdue = row["state"] != "resolved" and today > due_on
    shown = {key: value for key, value in row.items() if key != "gap_due_on"}
    days = calendar.working_days_between(due_on, today) if overdue else 0
    gap_state = None if row["state"] == "resolved" else GapState.OVERDUE if overdue else GapState.IN_GRACE
    return {**shown, "due_on": due_on, "gap_state": gap_state, "overdue_working_days": days}


def tick_view(ticked: Ticked) -> dict[str, Any]:
    return {
        "day": ticked.plan.day,
        "at": ticked.plan.at,
        "sent": [_sent(sent) for sent in ticked.sent],
        "skipped": [_skipped(skipped) for skipped in ticked.skipped],
        "simulated": ticked.simulated,
        "message": asdict(ticked.message),
    }


def preview_view(plan: Plan, message: Text) -> dict[str, Any]:
    return {
        "day": plan.day,
        "at": plan.at,
        "mails": [_previewed(planned) for planned in plan.planned],
        "skipped": [_skipped(skipped) for skipped in plan.skipped],
        "message": asdict(message),
    }


def _of(planned: Planned) -> dict[str, Any]:
    return {
        "digest_key": planned.digest.key,
        "recipient_id": planned.digest.recipient.recipient_id,
        "unit_code": planned.digest.recipient.unit_code,
        "subject": planned.mail.subject,
        "lines": [
            {
                "gap_id": line.gap.gap_id,
                "draft_code": line.gap.draft_code,
                "standing": line.standing,
                "reason": line.reason,
            }
            for line in planned.digest.lines
        ],
    }


def _sent(sent: Sent) -> dict[str, Any]:
    return _of(sent.planned) | ({"file": sent.file} if sent.file else {})


def _previewed(planned: Planned) -> dict[str, Any]:
    return _of(planned) | {"text": planned.mail.text, "html": planned.mail.html}


def _skipped(skipped: Skipped) -> dict[str, Any]:
    shown = {
        "unit_code": skipped.unit_code,
        "recipient_id": skipped.recipient.recipient_id if skipped.recipient else None,
        "reason": skipped.reason,
        "detail": skipped.detail,
    }
    return {key: value for key, value in shown.items() if value is not None or key == "unit_code"}
