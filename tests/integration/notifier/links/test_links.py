"""Links from the mail to their end: sent again the same, withdrawn, of who was replaced, limited, of earlier releases."""

import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from services.notifier.adapters.delivery.message import MailboxLink, claims_of, seal
from shared.auth.service_tokens import service_token
from shared.contracts.vocabulary import AlertAnswer, Role
from shared.http.requests import audit
from shared.kernel.runtime import new_id
from shared.pages.date_boxes import in_boxes
from tests.integration.notifier.notifier_fixture import (
    OTHER,
    UNIT,
    NotifierFixture,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import Api
from tests.support.servers.links import LinkKeys, a_link
from tests.support.servers.smtp_server import Mailbox, serving

LISTED = {"role": "focal_point", "email": "dau.moi@stp.example.vn", "language": "vi"}
OBSTACLE = {"obstacle": "Chưa được bố trí kinh phí"}
ADDRESS = re.compile(r"https?://[^\s/]+(/(?:answers|mailbox)/\S+)")


async def mailed(notifier_env: NotifierFixture, api: Api, day: str | None = None, **gap: Any) -> list[str]:
    """Give the paths of the links of the newest mail, those that campaigns answers left out."""
    await tick(api, await notifier_env.gap(opened(new_id(), **gap)), day)
    mail = next(mail for mail in reversed(notifier_env.mails()) if "[Thông báo]" not in mail["Subject"])
    body = mail.get_body(("plain",))
    assert body is not None
    return [path for path in ADDRESS.findall(str(body.get_content())) if await opens(api, path) != 404]


async def opens(api: Api, path: str) -> int:
    async with api.as_(None) as visitor:
        return (await visitor.get(path)).status_code


async def statuses(api: Api, paths: list[str]) -> set[int]:
    return {await opens(api, path) for path in paths}


def signed(keys: LinkKeys, gap: UUID, recipient: str, **changes: Any) -> str:
    """Sign a link as mails of earlier releases bear it."""
    facts = opened(gap)
    link = a_link(
        link_id=new_id(),
        recipient_id=UUID(recipient),
        gap_id=gap,
        draft_code=facts.draft_code,
        unit_code=UNIT,
        answer=AlertAnswer.OBSTACLE,
        **changes,
    )
    return f"/answers/{keys.signer.token(link)}"


def signed_mailbox(keys: LinkKeys, recipient: str) -> str:
    far = datetime(2027, 6, 1, tzinfo=UTC)
    link = MailboxLink(recipient_id=UUID(recipient), unit_code=UNIT, expires=far)
    return f"/mailbox/{seal(keys.key).token(claims_of(link))}"


async def test_what_waits_is_sent_after_a_restart_with_links_that_work(notifier_env: NotifierFixture) -> None:
    """The first process queues and can't send, and ends; the second one sends."""
    box = Mailbox()
    with serving(box) as url:
        async with notifier_env.notifier(smtp_url=SecretStr("smtp://127.0.0.1:1")) as api:
            await put_recipient(api)
            await tick(api, await notifier_env.gap(opened(new_id())))
        (row,) = await notifier_env.rows("SELECT state, text, html FROM digest")
        assert row["state"] == "queued"
        await notifier_env.change("UPDATE digest SET not_before = created_at")
        async with notifier_env.notifier(smtp_url=url) as api:
            await tick(api, 0)
            (content,) = box.taken
            message = message_from_bytes(content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            body = message.get_body(("plain",))
            assert body is not None
            paths = ADDRESS.findall(str(body.get_content()))
            assert len(paths) == 6
            assert [path for path in paths if path.rpartition("/")[2] in row["text"] + row["html"]] == []
            assert [await opens(api, path) for path in paths[1:]] == [200] * 5


async def test_after_a_change_of_the_key_what_was_sent_still_works(
    notifier_env: NotifierFixture, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tests.support.servers.links import link_keys  # noqa: PLC0415  another pair, of this test alone

    other = link_keys(tmp_path_factory.mktemp("other-links"))
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        paths = await mailed(notifier_env, api)
    async with notifier_env.notifier(link_key=SecretStr(other.pem), link_jwks=other.jwks) as api:
        assert await statuses(api, paths) == {200}
        assert await statuses(api, await mailed(notifier_env, api, "2026-11-25")) == {200}


REPLACED: dict[str, list[dict[str, Any]]] = {
    "another address": [LISTED | {"email": "nguoi.moi@stp.example.vn"}],
    "nobody": [],
    "its last day has passed": [LISTED | {"valid_to": "2026-11-20"}],
    "its first day is to come": [LISTED | {"valid_from": "2026-12-20"}],
    "supervisor now": [LISTED | {"role": "supervisor"}],
}


@pytest.mark.parametrize("wanted", REPLACED.values(), ids=list(REPLACED))
async def test_the_links_of_who_was_replaced_answer_no_more(
    notifier_env: NotifierFixture, wanted: list[dict[str, Any]]
) -> None:
    async with notifier_env.notifier() as api, api.as_(None) as visitor:
        recipient, gap = await put_recipient(api), new_id()
        await notifier_env.gap(opened(gap))
        old = signed(notifier_env.links, gap, recipient)
        answers = [path for path in await mailed(notifier_env, api) if path.startswith("/answers/")]
        assert await statuses(api, [*answers, old]) == {200}
        assert (await api.client.put(f"/units/{UNIT}/recipients", json=wanted)).status_code == 200
        assert await statuses(api, [*answers, old]) == {410}
        refused = await visitor.post(old, data=OBSTACLE)
        assert (refused.status_code, "không còn trong danh sách" in refused.text) == (410, True)
    assert [e for e in await notifier_env.log("alert") if "obstacle" in e["type"]] == []


async def test_who_is_listed_again_gets_new_links_and_old_ones_stay_withdrawn(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier() as api:
        recipient, gap = await put_recipient(api), new_id()
        await notifier_env.gap(opened(gap))
        paths = await mailed(notifier_env, api)
        old = [signed(notifier_env.links, gap, recipient), signed_mailbox(notifier_env.links, recipient)]
        await api.client.put(f"/units/{UNIT}/recipients", json=[])
        assert await put_recipient(api) == recipient
        assert await statuses(api, [*paths, *old]) == {410}
        assert await statuses(api, await mailed(notifier_env, api, "2026-11-25")) == {200}


async def withdrawn(api: Api, **what: str) -> httpx.Response:
    return await api.client.post("/links/withdraw", json={**what, "reason": "Thư bị chuyển tiếp"})


@pytest.mark.parametrize("by", ["recipient_id", "unit_code", "mail_key"])
async def test_an_operator_withdraws_links(notifier_env: NotifierFixture, by: str) -> None:
    async with notifier_env.notifier() as api:
        recipient = await put_recipient(api)
        await put_recipient(api, unit=OTHER, email="khac@stc.example.vn")
        paths = await mailed(notifier_env, api)
        (row,) = await notifier_env.rows(f"SELECT digest_key FROM digest WHERE unit_code = '{UNIT}'")
        old = signed_mailbox(notifier_env.links, recipient)
        of = {"recipient_id": recipient, "unit_code": UNIT, "mail_key": row["digest_key"]}
        answer = await withdrawn(api, **{by: of[by]})
        assert (answer.status_code, answer.json()["links"]) == (200, 6)
        assert await statuses(api, paths) == {410}
        assert await opens(api, old) == (200 if by == "mail_key" else 410)
        assert (await withdrawn(api, **{by: of[by]})).json()["links"] == 0


@pytest.mark.parametrize(
    ("role", "body", "status"),
    [
        (Role.SUPERVISOR, {"unit_code": UNIT}, 403),
        (Role.UNIT, {"unit_code": UNIT}, 403),
        (None, {"unit_code": UNIT}, 401),
        (Role.OPERATOR, {}, 422),
        (Role.OPERATOR, {"unit_code": UNIT, "mail_key": "x"}, 422),
        (Role.OPERATOR, {"recipient_id": "x"}, 422),
    ],
)
async def test_who_withdraws_names_one_thing_and_operates(
    notifier_env: NotifierFixture, role: Role | None, body: dict[str, str], status: int
) -> None:
    async with notifier_env.notifier() as api, api.as_(role, UNIT if role else None) as client:
        answer = await client.post("/links/withdraw", json={**body, "reason": "Thư bị chuyển tiếp"})
        assert answer.status_code == status


async def test_a_mailbox_link_is_valid_for_60_days(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        (path,) = [p for p in await mailed(notifier_env, api) if p.startswith("/mailbox/")]
        notifier_env.clock.moment += timedelta(days=59)
        assert await opens(api, path) == 200
        notifier_env.clock.moment += timedelta(days=2)
        assert await opens(api, path) == 410


async def test_new_links_are_limited_for_a_mailbox_and_for_an_address(notifier_env: NotifierFixture) -> None:
    """Twenty links of one mailbox: five requests are served, whatever replica they go to."""
    async with (
        notifier_env.notifier(link_mails_an_hour=7) as api,
        notifier_env.notifier(link_mails_an_hour=7) as second,
        api.as_(None) as visitor,
        second.as_(None) as other,
    ):
        recipient, another = (
            await put_recipient(api),
            await put_recipient(api, OTHER, email="b@stc.example.vn"),
        )
        paths = [f"{signed(notifier_env.links, new_id(), recipient)}/renew" for _ in range(20)]
        asked = [await client.post(path) for path, client in zip(paths, [visitor, other] * 10, strict=True)]
        assert [each.status_code for each in asked] == [200] * 5 + [429] * 15
        assert "Retry-After" in asked[-1].headers
        assert "Có quá nhiều lần thử" in asked[-1].text
        # The address has used up its seven as well; the next hour another mailbox can ask again.
        elsewhere = f"{signed(notifier_env.links, new_id(), another)}/renew"
        assert (await visitor.post(elsewhere)).status_code == 429
        notifier_env.clock.moment += timedelta(hours=1)
        assert (await visitor.post(elsewhere)).status_code == 200
        assert (await visitor.post(paths[0])).status_code == 429


async def test_wrong_links_are_limited_by_address_and_lock_nobody_out(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier(unknown_links_a_minute=10) as api, api.as_(None) as visitor:
        await put_recipient(api)
        paths = await mailed(notifier_env, api)
        wrong = [await visitor.get(f"/answers/{'a' * 20}{n:06}") for n in range(4)]
        wrong += [await visitor.get(f"/mailbox/ey{n}.x.y") for n in range(4)]
        wrong += [await visitor.post(f"/answers/{n}", data=OBSTACLE) for n in range(12)]
        answered = [each.status_code for each in wrong]
        assert answered == [404] * answered.index(429) + [429] * (20 - answered.index(429))
        assert answered.index(429) <= 10
        assert await statuses(api, paths) == {200}
        forwarded = {"X-Forwarded-For": "192.0.2.7"}
        assert (await visitor.get("/answers/none", headers=forwarded)).status_code == 429, "nobody is trusted"
        notifier_env.clock.moment += timedelta(minutes=1)
        assert (await visitor.get("/answers/none")).status_code == 404


async def test_behind_a_trusted_proxy_each_client_is_counted_on_its_own(
    notifier_env: NotifierFixture,
) -> None:
    async with (
        notifier_env.notifier(unknown_links_a_minute=1, trusted_proxies=("127.0.0.0/8",)) as api,
        api.as_(None) as visitor,
    ):

        async def status(forwarded: str) -> int:
            return (await visitor.get("/answers/none", headers={"X-Forwarded-For": forwarded})).status_code

        assert [await status("192.0.2.7"), await status("192.0.2.7")] == [404, 429]
        assert await status("192.0.2.8") == 404
        assert await status("198.51.100.1, 192.0.2.7") == 429, "what the client itself says does not count"


async def test_only_a_service_may_ask_what_a_link_is(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api, api.as_(None) as anybody:
        await put_recipient(api)
        paths = await mailed(notifier_env, api)
        answer, box = paths[0], paths[-1]
        token = service_token(notifier_env.links.key, "campaigns")
        stranger = service_token(LinkKeys(seal(notifier_env.links.key).key, notifier_env.links.jwks).key, "x")
        assert stranger.count(".") == 2

        async def asked(link: str, authorization: str | None) -> httpx.Response:
            headers = {"Authorization": authorization} if authorization else {}
            body = {"token": link.rpartition("/")[2], "client": "192.0.2.1"}
            return await anybody.post("/links/resolve", json=body, headers=headers)

        for wrong in (None, "Bearer x", f"Bearer {api.issuer.token(Role.OPERATOR)}", f"Bearer {answer}"):
            assert (await asked(answer, wrong)).status_code == 401
        resolved = await asked(answer, f"Bearer {token}")
        assert (resolved.status_code, resolved.json()["barred"]) == (200, None)
        assert resolved.json()["claims"]["answer"] in set(AlertAnswer)
        assert (await asked(box, f"Bearer {token}")).status_code == 404, (
            "the page of a mailbox is the notifier's"
        )
        assert (await asked("/answers/none", f"Bearer {token}")).status_code == 404
        assert (await anybody.get("/alerts", headers={"Authorization": f"Bearer {token}"})).status_code == 401


PLANNED: dict[str, Any] = {**in_boxes("planned_on", date(2026, 11, 27)), "channel": ""}


async def test_a_contradicting_answer_is_taken_only_once_it_is_confirmed(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier() as api, api.as_(None) as visitor:
        recipient, gap = await put_recipient(api), new_id()
        await notifier_env.gap(opened(gap))
        keys = notifier_env.links

        def link(answer: AlertAnswer = AlertAnswer.PLANNED) -> str:
            facts = opened(gap)
            fields = {"gap_id": gap, "draft_code": facts.draft_code, "unit_code": UNIT, "answer": answer}
            return f"/answers/{keys.signer.token(a_link(link_id=new_id(), recipient_id=UUID(recipient), **fields))}"

        assert (await visitor.post(link(), data=PLANNED)).status_code == 200
        assert (await visitor.post(link(), data=PLANNED)).status_code == 200, (
            "the same again contradicts nothing"
        )
        obstacle = await visitor.post(link(AlertAnswer.OBSTACLE), data=OBSTACLE)
        assert obstacle.status_code == 200, "an obstacle leaves the plan as it is"
        second = link()
        look = (await visitor.get(second)).text
        assert "đơn vị sẽ truyền thông dự thảo vào ngày 27/11/2026" in look
        other = PLANNED | in_boxes("planned_on", date(2026, 12, 4))
        asked = await visitor.post(second, data=other)
        assert asked.status_code == 409
        for shown in (
            "vào ngày 27/11/2026",
            "vào ngày 04/12/2026",
            'name="planned_on_month" value="12"',
            "Tôi xác nhận",
        ):
            assert shown in asked.text
        (seen,) = re.findall(r'name="confirm" value="(\w+)"', asked.text)
        assert (await visitor.post(second, data=other | {"confirm": "x"})).status_code == 409
        assert (await visitor.post(second, data=other | {"confirm": seen})).status_code == 200
        third = await visitor.post(link(), data=PLANNED | {"confirm": seen})
        assert third.status_code == 409, "what was confirmed is not what stands now"
    days = [e["data"]["planned_on"] for e in await notifier_env.log("alert") if "acknowledged" in e["type"]]
    assert days == ["2026-11-27", "2026-11-27", "2026-12-04"]


async def test_reads_of_recipients_mails_and_previews_are_logged(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        audit, "logger", SimpleNamespace(info=lambda _event, **facts: read.append(facts["what"]))
    )
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        await mailed(notifier_env, api)
        (row,) = await notifier_env.rows("SELECT digest_key FROM digest")
        read.clear()
        for path in (
            f"/units/{UNIT}/recipients",
            "/recipients",
            "/outbox",
            f"/outbox/{row['digest_key']}",
            "/preview",
            "/requests",
        ):
            assert (await api.client.get(path)).status_code == 200, path
    assert read == ["recipients", "recipients", "outbox", "mail", "preview", "requests"]
