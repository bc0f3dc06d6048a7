"""What keeps mail back: the switch for all sending, on from the first day; silences over some matters."""

from datetime import timedelta

from pydantic import SecretStr

from shared.contracts.vocabulary import Role
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import (
    ABOVE,
    MONDAY,
    UNIT,
    NotifierFixture,
    opened,
    put_recipient,
    tick,
)
from tests.support.servers.ports import free_port

NOWHERE = SecretStr(f"smtp://127.0.0.1:{free_port()}")


async def test_real_mail_waits_for_the_operators_release(notifier_env: NotifierFixture) -> None:
    """After an installation nothing leaves: the preview shows it, the release lets it go, nothing is dropped."""
    async with notifier_env.notifier(smtp_url=NOWHERE, released=False) as api:
        await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        first = (await api.client.get("/sending")).json()
        held = await tick(api, position)
        preview = (await api.client.get("/preview", params={"min_position": position})).json()
        queued = await notifier_env.rows("SELECT 1 FROM digest")
        released = (await api.client.post("/sending/release", json={"reason": "đã xem trước"})).json()
        after = await tick(api, position)
        again = (await api.client.post("/sending/hold", json={"reason": "chuyển máy chủ thư"})).json()
        decisions = await notifier_env.rows("SELECT held, reason FROM sending ORDER BY number")
    assert (first["held"], first["decided"]) == (True, False)
    assert [s["reason"] for s in held["skipped"]] == ["on_hold"]
    assert "loa release" in held["message"]["vi"]
    assert len(preview["mails"]) == 1
    assert queued == []
    assert released["held"] is False
    assert [s["reason"] for s in after["skipped"]] == ["delivery_waiting"]  # nobody listens there
    assert again["reason"] == "chuyển máy chủ thư"
    assert [d["held"] for d in decisions] == [False, True]


async def test_mail_kept_on_this_machine_needs_no_release(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        state = (await api.client.get("/sending")).json()
        async with api.as_(Role.SUPERVISOR, UNIT) as supervisor:
            refused = await supervisor.post("/sending/hold", json={"reason": "không được phép"})
    assert (state["held"], state["decided"]) == (False, False)
    assert refused.status_code == 403


async def test_a_silence_ends_or_is_lifted_and_remains_recorded(
    notifier_env: NotifierFixture,
) -> None:
    today = MONDAY.date()
    body = {"unit_code": UNIT, "last_day": "2026-11-27", "reason": "Chờ ý kiến của Ủy ban"}
    async with notifier_env.notifier() as api:
        await api.settled(await notifier_env.follow())
        made = await api.client.post("/silences", json=body)
        listed = (await api.client.get("/silences")).json()["silences"]
        lifted = await api.client.delete(f"/silences/{made.json()['silence_id']}")
        twice = await api.client.delete(f"/silences/{made.json()['silence_id']}")
        now = (await api.client.get("/silences")).json()["silences"]
        ever = (await api.client.get("/silences", params={"past": True})).json()["silences"]
        over = await api.client.post("/silences", json=body | {"last_day": str(today - timedelta(days=1))})
        endless = await api.client.post(
            "/silences", json={"last_day": "2027-11-27", "reason": "mọi thứ", "all": True}
        )
        far = body | {"last_day": "2099-01-01"}
        async with api.as_(Role.SUPERVISOR, ABOVE) as supervisor:
            too_long = await supervisor.post("/silences", json=far)
        of_operator = await api.client.post("/silences", json=far)
    assert made.status_code == 201
    assert [s["first_day"] for s in listed] == [str(today)]
    assert (lifted.status_code, twice.status_code) == (200, 404)
    assert now == []
    assert [s["lifted_by"] for s in ever] == ["operator/test-operator"]
    assert over.json()["type"] == "urn:loa:problem:silence-over"
    assert too_long.json()["type"] == "urn:loa:problem:silence-too-long", too_long.text
    assert of_operator.status_code == 201
    assert endless.json()["type"] == "urn:loa:problem:silence-over-everything"


async def test_nothing_said_is_never_everything(notifier_env: NotifierFixture) -> None:
    """An empty filter is refused by name; what is meant for every alert is stated, by an operator."""
    body = {"last_day": "2026-12-01", "reason": "tất cả"}
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        for empty in (
            {},
            {"all": False},
            {"unit_code": None, "draft_code": None, "stage": None},
            {"unit_code": ""},
            {"unit_code": " "},
            {"draft_code": ""},
            {"stage": ""},
            {"all": "true"},
            {"all": 1},
            {"all": None},
            {"all": True, "unit_code": UNIT},
        ):
            refused = await api.client.post("/silences", json=body | empty)
            assert refused.status_code == 422, (empty, refused.text)
        async with api.as_(Role.SUPERVISOR, UNIT) as supervisor:
            assert (await supervisor.post("/silences", json=body | {"all": True})).status_code == 403
        for nothing in (None, {}, {"all": False}, {"all": "yes"}, {"digest_key": "x"}):
            assert (await api.client.post("/outbox/acknowledge", json=nothing)).status_code == 422
        for path in ("/alerts?unit=", "/alerts?unit=%20", "/requests?unit=", "/preview?at="):
            assert (await api.client.get(path)).status_code == 422
        assert (await api.client.get("/silences")).json()["silences"] == []
        preview = (await api.client.get("/preview", params={"min_position": position})).json()
        assert len(preview["mails"]) == 1
        everything = await api.client.post("/silences", json=body | {"all": True})
        seen = await api.client.post("/outbox/acknowledge", json={"all": True})
        after = (await api.client.get("/preview")).json()
    assert (everything.status_code, seen.status_code) == (201, 200)
    assert after["mails"] == []
