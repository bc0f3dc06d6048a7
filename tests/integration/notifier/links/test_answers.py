"""The four answers that the notifier takes: shown to who holds the link, recorded once, kindly refused."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.local.keys.keyring import Keyring
from shared.contracts.envelope import AggregateRef, Recorded
from shared.contracts.event import alert_id
from shared.contracts.vocabulary import AlertAnswer, GapClosure, Role
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from shared.pages.date_boxes import in_boxes
from tests.integration.notifier.notifier_fixture import (
    UNIT,
    NotifierFixture,
    closed,
    open_notifier_env,
    opened,
)
from tests.support.platform.service import Api, eventually
from tests.support.servers.engines import NewDatabase, connected, fresh_nats
from tests.support.servers.links import a_link
from tests.support.servers.tokens import Issuer

FORMS: dict[AlertAnswer, dict[str, Any]] = {
    AlertAnswer.PLANNED: {**in_boxes("planned_on", date(2026, 11, 27)), "channel": "conference"},
    AlertAnswer.NOT_OURS: {"to_unit": "Sở Tài chính", "explanation": "Theo Công văn 12/UBND-NC"},
    AlertAnswer.EXEMPT: {
        "document": "Công văn 99/VPCP-PL",
        "authority": "Văn phòng Chính phủ",
        **in_boxes("decided_on", date(2026, 11, 5)),
    },
    AlertAnswer.OBSTACLE: {"obstacle": "Chưa được bố trí kinh phí"},
}
RECORDED = {AlertAnswer.PLANNED: "acknowledged", AlertAnswer.OBSTACLE: "obstacle_reported"}
LISTED = "INSERT INTO recipient (recipient_id, unit_code, role, email, language) VALUES " + ", ".join(
    f"('{UUID(int=n)}', '{UNIT}', 'focal_point', 'nguoi.{n}@stp.example.vn', 'vi')" for n in range(4)
)
every_answer = pytest.mark.parametrize("answer", FORMS)


@dataclass
class Office:
    """One notifier with one open gap and its alert."""

    notifier_env: NotifierFixture
    api: Api
    gap: UUID

    def path(self, answer: AlertAnswer, **changes: Any) -> str:
        gap = opened(self.gap)
        defaults = {
            "link_id": new_id(),
            "gap_id": self.gap,
            "draft_code": gap.draft_code,
            "unit_code": UNIT,
            "stage": gap.stage,
            "answer": answer,
        }
        return f"/answers/{self.notifier_env.links.signer.token(a_link(**defaults | changes))}"

    async def story(self) -> Sequence[Recorded]:
        async with connected(self.notifier_env.server, "notifier") as client:
            ref = AggregateRef("alert", alert_id(self.gap, UNIT))
            return (await JetStreamEventStore(client).load(ref)).events

    async def names(self) -> list[str]:
        """Tell what was said of the alert, once it is raised."""
        await eventually(self.story)
        return [getattr(event.data, "name", "?") for event in await self.story()]


@pytest.fixture(scope="module")
async def notifier(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[tuple[NotifierFixture, Api]]:
    """One notifier for all tests here: each has a gap of its own."""
    folder = tmp_path_factory.mktemp("answers")
    async with (
        fresh_nats(folder / "nats", keys) as server,
        open_notifier_env(
            server, keys, token_issuer, await session_database("notifier"), folder
        ) as notifier_env,
    ):
        await notifier_env.stop_ticking()
        await notifier_env.units()
        async with notifier_env.notifier() as api:
            await notifier_env.change(LISTED)
            yield notifier_env, api


@pytest.fixture
async def office(notifier: tuple[NotifierFixture, Api]) -> AsyncIterator[Office]:
    notifier_env, api = notifier
    gap = new_id()
    await notifier_env.gap(opened(gap))
    async with api.as_(None) as anonymous:
        yield Office(notifier_env, Api(api.app, api.settings, anonymous, api.issuer), gap)


@pytest.mark.parametrize("answer", RECORDED)
async def test_looking_changes_nothing_and_pressing_records_once(office: Office, answer: AlertAnswer) -> None:
    client, path = office.api.client, office.path(answer)
    for look in (await client.get(path), await client.head(path), await client.get(path)):
        assert look.status_code == 200
        assert look.headers["content-type"].startswith("text/html")
    assert "Luật Đất đai (sửa đổi)" in look.text
    assert await office.names() == ["raised"]

    done = await client.post(path, data=FORMS[answer])
    assert (done.status_code, "Đã ghi nhận" in done.text) == (200, True)
    again = await client.post(path, data=FORMS[answer] | {"planned_on_day": "30", "obstacle": "khác"})
    assert (again.status_code, again.text) == (200, done.text)
    assert await office.names() == ["raised", RECORDED[answer]]

    used = await client.get(path)
    assert used.status_code == 410
    assert "đã được sử dụng" in used.text
    assert "/renew" in used.text


@pytest.mark.parametrize("answer", [answer for answer in FORMS if answer not in RECORDED])
async def test_what_is_decided_above_is_taken_only_once_the_registry_has_it(
    office: Office, answer: AlertAnswer
) -> None:
    """No registry runs here: the page says so, and the link is good for another press."""
    client, path = office.api.client, office.path(answer)
    for look in (await client.get(path), await client.head(path)):
        assert look.status_code == 200
    assert "Luật Đất đai (sửa đổi)" in (await client.get(path)).text
    for _ in range(2):
        away = await client.post(path, data=FORMS[answer])
        assert (away.status_code, "Đề nghị gửi lại sau ít phút" in away.text) == (503, True)
        assert "Đã nhận yêu cầu" not in away.text
    assert (await client.get(path)).status_code == 200
    assert await office.names() == ["raised"]


async def test_what_is_recorded_names_no_person(office: Office) -> None:
    link = new_id()
    path = office.path(AlertAnswer.OBSTACLE, link_id=link)
    await office.api.client.post(path, data=FORMS[AlertAnswer.OBSTACLE])
    event = (await office.story())[-1]
    assert event.metadata.actor == f"unit/{UUID(int=2)}"
    assert event.metadata.idempotency_key == str(link)
    payload = event.data.model_dump()
    assert (payload["recipient_id"], payload["unit_code"]) == (UUID(int=2), UNIT)
    assert payload["obstacle"] == FORMS[AlertAnswer.OBSTACLE]["obstacle"]


async def test_two_people_press_at_once(office: Office) -> None:
    paths = [
        office.path(AlertAnswer.PLANNED, recipient_id=UUID(int=n), link_id=new_id())
        for n in range(4)
        for _ in "a"
    ]
    presses = [office.api.client.post(p, data=FORMS[AlertAnswer.PLANNED]) for p in (*paths, *paths)]
    assert {answer.status_code for answer in await asyncio.gather(*presses)} == {200}
    assert sorted(await office.names()) == ["acknowledged"] * 4 + ["raised"]


WRONG: list[tuple[AlertAnswer, dict[str, Any], str]] = [
    (AlertAnswer.PLANNED, {"planned_on_day": ""}, "Đề nghị ghi đủ ngày, tháng, năm."),
    (AlertAnswer.PLANNED, {"planned_on_day": "27/11"}, "chỉ ghi bằng chữ số"),
    (
        AlertAnswer.PLANNED,
        {"planned_on_day": "31", "planned_on_month": "2"},
        "Tháng 02/2026 có các ngày từ 1 đến 28",
    ),
    (AlertAnswer.PLANNED, {"planned_on_day": "20"}, "từ 23/11/2026 trở đi"),
    (AlertAnswer.PLANNED, {"planned_on_year": "2036"}, "không được sau ngày 22/01/2027"),
    (AlertAnswer.PLANNED, {"channel": "tin đồn"}, "chọn một mục trong danh sách"),
    (AlertAnswer.NOT_OURS, {"explanation": " "}, "Đề nghị điền nội dung này."),
    (AlertAnswer.EXEMPT, {"decided_on_month": "12"}, "không được sau ngày 23/11/2026"),
    (AlertAnswer.OBSTACLE, {"obstacle": "x" * 1501}, "nhiều nhất là 1500"),
    (AlertAnswer.OBSTACLE, {"obstacle": "a\x07b"}, "không hiển thị được"),
]


@pytest.mark.parametrize(("answer", "changes", "words"), WRONG)
async def test_faults_are_shown_at_the_field_and_no_input_is_lost(
    office: Office, answer: AlertAnswer, changes: dict[str, Any], words: str
) -> None:
    typed = FORMS[answer] | changes
    page = await office.api.client.post(office.path(answer), data=typed)
    assert page.status_code == 422
    assert words in page.text
    assert 'aria-invalid="true"' in page.text
    for name, value in typed.items():
        if name not in changes:
            assert (value if isinstance(value, str) else f'name="{name}" value="{value[0]}"') in page.text
    assert await office.names() == ["raised"]


@every_answer
async def test_an_expired_link_offers_renewal(office: Office, answer: AlertAnswer) -> None:
    path = office.path(answer, expires=datetime(2026, 11, 1, tzinfo=UTC))
    for page in (await office.api.client.get(path), await office.api.client.post(path, data=FORMS[answer])):
        assert page.status_code == 410
        assert "hết hiệu lực" in page.text
        assert "This link ended on 2026-11-01" in page.text
    assert await office.names() == ["raised"]


async def test_a_link_of_another_purpose_alert_or_issuer_is_refused(
    office: Office,
) -> None:
    client, good = office.api.client, office.path(AlertAnswer.PLANNED)
    for path in (
        office.path(AlertAnswer.DONE),
        office.path(AlertAnswer.PLANNED, gap_id=new_id()),
        good[:-4] + "AAAA",
        "/answers/none",
        f"/answers/{office.api.issuer.token(Role.OPERATOR)}",
    ):
        page = await client.post(path, data=FORMS[AlertAnswer.PLANNED])
        assert page.status_code == 404
        assert "renew" not in page.text
    assert await office.names() == ["raised"]
    bearer = {"Authorization": f"Bearer {good.rpartition('/')[2]}"}
    assert (await client.get("/alerts", headers=bearer)).status_code == 401


async def test_a_closed_gap_needs_no_answer(office: Office) -> None:
    await eventually(office.story)  # raised: of a gap that closes before, nobody was ever asked
    await office.notifier_env.gap(closed(office.gap, date(2026, 11, 20), GapClosure.COVERED))
    path = office.path(AlertAnswer.PLANNED)
    for page in (
        await office.api.client.get(path),
        await office.api.client.post(path, data=FORMS[AlertAnswer.PLANNED]),
    ):
        assert page.status_code == 409
        assert "không cần trả lời thêm" in page.text
    assert "acknowledged" not in await office.names()


def no_leak(page: httpx.Response) -> None:
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.headers["x-robots-tag"]
    assert page.headers["x-content-type-options"] == "nosniff"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "set-cookie" not in page.headers


async def test_pages_keep_the_link_to_themselves(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    path = office.path(AlertAnswer.PLANNED)
    no_leak(await office.api.client.get(path))
    no_leak(await office.api.client.post(path, data={}))
    no_leak(await office.api.client.get("/answers/none"))
    no_leak(await office.api.client.post(path, data=FORMS[AlertAnswer.PLANNED]))
    assert path not in (await office.api.client.get("/metrics")).text
    assert path.rpartition("/")[2] not in "".join(capfd.readouterr())
