"""Rows of a small office for tests: two units, a draft with two policies in consultation."""

from email import message_from_bytes
from email import policy as mail_policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def unit(code: str, **changes: Any) -> dict[str, Any]:
    defaults = {"code": code, "name": f"Sở Tư pháp {code}", "level": "provincial", "kind": "department"}
    return defaults | changes


def draft(code: str, unit_code: str, **changes: Any) -> dict[str, Any]:
    defaults = {
        "draft_code": code,
        "title": f"Luật Đất đai (sửa đổi) {code}",
        "instrument": "law",
        "lead_unit_code": unit_code,
        "regime": "law_2015",
    }
    return defaults | changes


def policy(code: str, number: int, **changes: Any) -> dict[str, Any]:
    return {"draft_code": code, "policy_no": number, "title": f"Chính sách {number}"} | changes


def stage(code: str, name: str, on: str, **changes: Any) -> dict[str, Any]:
    return {"draft_code": code, "stage": name, "entered_on": on} | changes


def communication(code: str, on: str, **changes: Any) -> dict[str, Any]:
    defaults = {"draft_code": code, "held_on": on, "channel": "conference", "title": "Hội thảo góp ý dự thảo"}
    return defaults | changes


def activity(code: str, on: str, **changes: Any) -> dict[str, Any]:
    defaults = {"draft_code": code, "planned_on": on, "channel": "dialogue", "title": "Đối thoại"}
    return defaults | changes


def mail(file: Path) -> EmailMessage:
    """Read a mail that was written to a file."""
    message = message_from_bytes(file.read_bytes(), policy=mail_policy.default)
    assert isinstance(message, EmailMessage)
    return message
