"""Who reads what names people leaves one line, without an address in it."""

from typing import Any

import pytest

from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Role
from shared.http.requests import audit


class Lines:
    def __init__(self) -> None:
        self.written: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **facts: Any) -> None:
        self.written.append((event, facts))


def test_a_read_is_one_line_that_says_who_and_what(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines()
    monkeypatch.setattr(audit, "logger", lines)
    audit.audited("mail", Principal("p1", Role.SUPERVISOR, "STP-01"), digest_key="k")
    facts = {"what": "mail", "by": "supervisor/p1", "of_unit": "STP-01", "digest_key": "k"}
    assert lines.written == [("personal_data_read", facts)]
