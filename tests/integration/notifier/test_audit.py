"""Who makes a sign-in address, takes a backup or holds the mails is one line in the log: who, what, why; and no secret."""

from types import SimpleNamespace
from typing import Any

import pytest

from services.notifier.adapters.alerts import silences as sending
from services.notifier.adapters.sign_in import api as sign_in
from shared.http.routes import admin_routes
from tests.integration.notifier.notifier_fixture import NotifierFixture

BY = "operator/test-operator"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []

    def note(event: str, **facts: Any) -> None:
        written.append({"event": event, **facts})

    for module in (sign_in, sending, admin_routes):
        monkeypatch.setattr(module, "logger", SimpleNamespace(info=note, warning=note))
    return written


async def test_a_backup_is_logged(notifier_env: NotifierFixture, lines: list[dict[str, Any]]) -> None:
    async with notifier_env.notifier() as api:
        assert (await api.client.get("/own-data")).status_code == 200
    assert lines == [{"event": "owned_state_read", "by": BY}]


async def test_holding_and_releasing_the_mails_is_logged_with_the_reason(
    notifier_env: NotifierFixture, lines: list[dict[str, Any]]
) -> None:
    async with notifier_env.notifier() as api:
        for path, reason in (("hold", "Kiểm tra danh sách"), ("release", "Đã kiểm tra")):
            assert (await api.client.post(f"/sending/{path}", json={"reason": reason})).status_code == 200
    assert lines == [
        {"event": "sending_held", "by": BY, "reason": "Kiểm tra danh sách"},
        {"event": "sending_released", "by": BY, "reason": "Đã kiểm tra"},
    ]


async def test_an_issued_address_and_a_revoked_token_are_logged_without_the_secret(
    notifier_env: NotifierFixture, lines: list[dict[str, Any]]
) -> None:
    async with notifier_env.notifier() as api:
        issued = await api.client.post("/sign-in/codes", json={})
        assert issued.status_code == 201
        assert (await api.client.post("/revoked-tokens", json={"token_id": "jti-1"})).status_code == 200
    assert lines == [
        {"event": "login_address_issued", "by": BY},
        {"event": "token_revoked", "token_id": "jti-1", "by": BY},
    ]
    assert issued.json()["address"].rpartition("/")[2] not in str(lines)
