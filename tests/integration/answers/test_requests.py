"""What a unit asks of its supervisor: shown with the way to settle it, and settled by following it."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from shared.contracts.vocabulary import AlertAnswer, Role
from shared.pages.date_boxes import in_boxes
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import CALENDAR, OwingUnit, links_of, words, working_day
from tests.integration.answers.test_done import DONE
from tests.integration.metrics.office import today
from tests.support.platform.service import eventually

DOCUMENT = {"document": "Công văn 99/VPCP-PL", "authority": "Văn phòng Chính phủ"}
EXEMPT: dict[str, Any] = {**DOCUMENT, **in_boxes("decided_on", today())}


async def pressed(
    owing_unit: OwingUnit, visitor: httpx.AsyncClient, answer: AlertAnswer, form: dict[str, Any]
) -> None:
    page = await visitor.post((await owing_unit.links())[answer], data=form)
    assert page.status_code == 200, page.text


async def requests(owing_unit: OwingUnit) -> list[dict[str, Any]]:
    position = await owing_unit.platform.head()
    answer = await owing_unit.platform.services["notifier"].client.get(
        "/requests", params={"unit": owing_unit.code, "min_position": position}
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def settle(owing_unit: OwingUnit, request: dict[str, Any], **changes: str) -> None:
    way = request["settlement"]
    path = urlsplit(way["url"]).path
    answer = await owing_unit.platform.registry.client.request(
        way["method"], path, json=way["body"] | changes
    )
    assert answer.status_code == 200, answer.text


async def test_an_exemption_is_asked_for_and_granted(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    await pressed(owing_unit, visitor, AlertAnswer.EXEMPT, EXEMPT)
    (request,) = await requests(owing_unit)
    assert (request["kind"], request["said"]) == (
        "exemption_requested",
        DOCUMENT | {"decided_on": today().isoformat()},
    )
    assert request["unit_name"] == f"Sở Tư pháp {owing_unit.code}"
    assert len(await owing_unit.gaps()) == 1
    await settle(owing_unit, request)
    await eventually(owing_unit.is_closed)
    await eventually(lambda: is_over(owing_unit))
    history = (await owing_unit.platform.registry.client.get(f"/drafts/{owing_unit.code}/history")).json()[
        "events"
    ]
    assert history[-1]["data"]["document"] == EXEMPT["document"]


async def test_a_transfer_is_asked_for_and_made(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit, other = await new_owing_unit(), await new_owing_unit()
    await pressed(
        owing_unit, visitor, AlertAnswer.NOT_OURS, {"to_unit": "Sở khác", "explanation": "Theo phân công"}
    )
    (request,) = await requests(owing_unit)
    assert request["said"] == {"to_unit": "Sở khác", "explanation": "Theo phân công"}
    await settle(owing_unit, request, to_unit_code=other.code)
    await eventually(lambda: is_over(owing_unit))

    async def drafts_of_other() -> bool:
        return {gap["draft_code"] for gap in await other.gaps()} == {owing_unit.code, other.code}

    await eventually(drafts_of_other)


async def decide(owing_unit: OwingUnit, supervisor: str, **body: str) -> None:
    """Decide what waits as the supervising body."""
    async with owing_unit.platform.registry.as_(Role.SUPERVISOR, supervisor) as client:
        position = await owing_unit.platform.head()
        query = {"decider": supervisor, "state": "waiting", "min_position": str(position)}
        (request,) = (await client.get("/requests", params=query)).json()["items"]
        path = f"/drafts/{owing_unit.code}/requests/{request['request_id']}/decision"
        answer = await client.post(path, json=body)
        assert answer.status_code == 200, answer.text


APPROVED = {"decision": "approved", "document": "Công văn 5/STP", "reason": "Văn bản phù hợp"}
REFUSED = {"decision": "refused", "reason": "Văn bản không miễn việc truyền thông"}


@pytest.mark.timeout(300)  # five days of mails on the whole platform
@pytest.mark.parametrize("decision", [APPROVED, REFUSED], ids=["approved", "refused"])
async def test_from_the_button_to_the_decision_to_the_next_mail(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, decision: dict[str, str]
) -> None:
    """The gap stays open while the request waits; each mail and page names it with its decider, until it is decided."""
    above = await new_owing_unit("supervisor", kind="provincial_committee")
    owing_unit = await new_owing_unit(parent_code=above.code)
    link = (await owing_unit.links())[AlertAnswer.EXEMPT]
    page = await visitor.post(link, data=EXEMPT)
    assert page.status_code == 200, page.text
    decider = f"Sở Tư pháp {above.code}"  # as every unit of the office is called
    for sentence in (
        f"miễn truyền thông theo {EXEMPT['document']}",
        decider,
        "05 ngày làm việc",
        "thời hạn không thay đổi",
    ):
        assert sentence in page.text
    assert len(await owing_unit.gaps()) == 1
    (to_decide,) = await above.mails_of(working_day(1), "_requests-*")
    assert EXEMPT["document"] in words(to_decide)
    assert f"Sở Tư pháp {owing_unit.code}" in words(to_decide)
    (reminder,) = await owing_unit.mails_of(working_day(5))
    assert "Đang chờ quyết định" in words(reminder)
    assert f"miễn truyền thông theo {EXEMPT['document']}" in words(reminder)
    assert "khẩn trương" not in words(reminder)
    await decide(owing_unit, above.code, **decision)
    approved = decision["decision"] == "approved"
    (notice,) = await owing_unit.mails_of(working_day(6), "_decision-*")
    assert str(notice["subject"]).startswith(f"[Kết quả] {'Chấp thuận' if approved else 'Không chấp thuận'}")
    assert decision["reason"] in words(notice)
    assert decider in words(notice)
    assert await owing_unit.mails_of(working_day(7), "_decision-*") == []
    if approved:
        assert await eventually(owing_unit.is_closed)
    else:
        (gap,) = await owing_unit.gaps()
        assert gap["draft_code"] == owing_unit.code


@pytest.mark.timeout(300)  # four days of mails on the whole platform
async def test_from_a_reply_to_the_next_body_to_its_mail(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    """Who asked gets each reply once; the body that it was passed on to gets the request, in the same period."""
    top = await new_owing_unit("supervisor", kind="provincial_committee")
    above = await new_owing_unit("supervisor", parent_code=top.code)
    owing_unit = await new_owing_unit(parent_code=above.code)
    page = await visitor.post((await owing_unit.links())[AlertAnswer.EXEMPT], data=EXEMPT)
    assert page.status_code == 200, page.text
    (request,) = [event["data"] for event in await raised(owing_unit)]
    path = f"/drafts/{owing_unit.code}/requests/{request['request_id']}"
    async with owing_unit.platform.registry.as_(Role.SUPERVISOR, above.code) as supervisor:
        reply = {"reply": "Đề nghị gửi kèm văn bản miễn"}
        assert (await supervisor.post(f"{path}/answer", json=reply)).status_code == 200
        (notice,) = await owing_unit.mails_of(working_day(1), "_reply-*")
        assert str(notice["subject"]).startswith("[Trả lời, chưa quyết định]")
        assert reply["reply"] in words(notice)
        assert "Đề nghị vẫn chờ" in words(notice)
        passed_on = {"to_unit_code": top.code, "reason": "Thuộc thẩm quyền của UBND tỉnh"}
        assert (await supervisor.post(f"{path}/forward", json=passed_on)).status_code == 200
    (notice,) = await owing_unit.mails_of(working_day(2), "_reply-*")
    assert str(notice["subject"]).startswith("[Chuyển tiếp]")
    assert f"đến Sở Tư pháp {top.code} xem xét, quyết định" in words(notice)
    (to_decide,) = await top.mails_of(working_day(2), "_requests-*")
    assert passed_on["reason"] in words(to_decide)
    assert await owing_unit.mails_of(working_day(3), "_reply-*") == []
    assert await waiting(owing_unit) == 1


@pytest.mark.timeout(300)  # days of mails on the whole platform
async def test_what_was_not_verified_comes_by_mail_and_stands_on_the_draft(
    new_owing_unit: NewOwingUnit,
) -> None:
    above = await new_owing_unit("supervisor", kind="provincial_committee")
    owing_unit = await new_owing_unit(parent_code=above.code)
    campaigns = owing_unit.platform.campaigns
    held = {"held_on": today().isoformat(), "channel": "conference", "title": f"Hội nghị {owing_unit.code}"}
    await owing_unit.platform.settled()
    done = await campaigns.client.post(f"/drafts/{owing_unit.code}/communications", json=held)
    assert done.status_code == 201, done.text
    async with campaigns.as_(Role.SUPERVISOR, above.code) as supervisor:
        reason = {"reason": "Minh chứng là của hội nghị khác"}
        path = f"/communications/{done.json()['id']}/refuse-verification"
        refused = await supervisor.post(path, json=reason)
        assert refused.status_code == 200, refused.text
    (notice,) = await owing_unit.mails_of(working_day(1), "_reply-*")
    assert str(notice["subject"]) == f"[Chưa xác minh] {held['title']}"
    assert reason["reason"] in words(notice)
    assert "/entry/communications" in words(notice)
    assert await owing_unit.mails_of(working_day(2), "_reply-*") == []
    page = await owing_unit.platform.services["metrics"].client.get(f"/drafts/{owing_unit.code}")
    assert "cơ quan theo dõi chưa xác nhận" in page.text


TRANSFER = {"to_unit": "Sở Tài chính", "explanation": "Theo Công văn 12/UBND-NC"}
OF_REQUESTS = [(AlertAnswer.EXEMPT, EXEMPT), (AlertAnswer.NOT_OURS, TRANSFER)]
of_requests = pytest.mark.parametrize(("answer", "form"), OF_REQUESTS, ids=["exempt", "not_ours"])


async def raised(owing_unit: OwingUnit) -> list[dict[str, Any]]:
    history = await owing_unit.platform.registry.client.get(f"/drafts/{owing_unit.code}/history")
    events: list[dict[str, Any]] = history.json()["events"]
    return [event for event in events if event["type"] == "vn.loa.draft.request_raised.v1"]


async def waiting(owing_unit: OwingUnit) -> int:
    query = {
        "unit": owing_unit.code,
        "state": "waiting",
        "min_position": str(await owing_unit.platform.head()),
    }
    answer = await owing_unit.platform.registry.client.get("/requests", params=query)
    return len(answer.json()["items"])


@of_requests
async def test_looking_changes_nothing_and_pressing_asks_once(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, answer: AlertAnswer, form: dict[str, str]
) -> None:
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[answer]
    for look in (await visitor.get(link), await visitor.head(link), await visitor.get(link)):
        assert look.status_code == 200
    assert await raised(owing_unit) == []
    presses = [visitor.post(link, data=form) for _ in range(3)]
    pages = [*await asyncio.gather(*presses), await visitor.post(link, data=form)]
    for page in pages:
        assert (page.status_code, "Đã nhận yêu cầu" in page.text) == (200, True)
        assert (form.get("document") or form["to_unit"]) in page.text
    used = await visitor.get(link)
    assert (used.status_code, "đã được sử dụng" in used.text, "/renew" in used.text) == (410, True, True)
    assert len(await raised(owing_unit)) == 1


@of_requests
async def test_what_is_asked_names_no_person(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, answer: AlertAnswer, form: dict[str, str]
) -> None:
    owing_unit = await new_owing_unit()
    (mailbox,) = (
        await owing_unit.platform.services["notifier"].client.get(f"/units/{owing_unit.code}/recipients")
    ).json()["recipients"]
    await pressed(owing_unit, visitor, answer, form)
    (event,) = await raised(owing_unit)
    assert event["actor"] == f"unit/{mailbox['recipient_id']}"
    data = event["data"]
    assert (data["recipient_id"], data["unit_code"]) == (mailbox["recipient_id"], owing_unit.code)
    assert "@" not in str(event)


PLANNED = in_boxes("planned_on", working_day(3))


@of_requests
async def test_a_plan_that_a_request_contradicts_is_confirmed(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, answer: AlertAnswer, form: dict[str, str]
) -> None:
    owing_unit = await new_owing_unit()
    links = await owing_unit.links()
    assert (await visitor.post(links[AlertAnswer.PLANNED], data=PLANNED)).status_code == 200
    asked = await visitor.post(links[answer], data=form)
    assert (asked.status_code, "Tôi xác nhận" in asked.text) == (409, True)
    assert await raised(owing_unit) == []
    (seen,) = re.findall(r'name="confirm" value="(\w+)"', asked.text)
    assert (await visitor.post(links[answer], data=form | {"confirm": seen})).status_code == 200
    assert len(await raised(owing_unit)) == 1


@of_requests
@pytest.mark.parametrize(
    ("later", "work"), [(AlertAnswer.PLANNED, PLANNED), (AlertAnswer.DONE, DONE)], ids=["planned", "done"]
)
async def test_work_that_a_waiting_request_contradicts_is_confirmed(
    new_owing_unit: NewOwingUnit,
    visitor: httpx.AsyncClient,
    answer: AlertAnswer,
    form: dict[str, str],
    later: AlertAnswer,
    work: dict[str, Any],
) -> None:
    owing_unit = await new_owing_unit()
    links = await owing_unit.links()
    assert (await visitor.post(links[answer], data=form)).status_code == 200
    asked = await visitor.post(links[later], data=work)
    assert (asked.status_code, "Tôi xác nhận" in asked.text) == (409, True)
    assert "chờ" in asked.text
    (seen,) = re.findall(r'name="confirm" value="(\w+)"', asked.text)
    assert (await visitor.post(links[later], data=work | {"confirm": seen})).status_code == 200
    assert await waiting(owing_unit) == 1, "nobody but the unit or its supervisor ends it"


async def test_what_was_refused_contradicts_nothing(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    above = await new_owing_unit("supervisor", kind="provincial_committee")
    owing_unit = await new_owing_unit(parent_code=above.code)
    links = await owing_unit.links()
    assert (await visitor.post(links[AlertAnswer.EXEMPT], data=EXEMPT)).status_code == 200
    await decide(owing_unit, above.code, **REFUSED)
    assert (await visitor.post(links[AlertAnswer.PLANNED], data=PLANNED)).status_code == 200


async def test_an_obstacle_is_shown_and_no_command_settles_it(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    await pressed(owing_unit, visitor, AlertAnswer.OBSTACLE, {"obstacle": "Chưa có kinh phí"})
    (request,) = await requests(owing_unit)
    assert (request["kind"], request["settlement"]) == ("obstacle_reported", None)
    await pressed(owing_unit, visitor, AlertAnswer.PLANNED, in_boxes("planned_on", today()))
    assert await requests(owing_unit) == []


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.READER, 403)])
async def test_requests_are_for_who_asks_and_who_supervises(
    new_owing_unit: NewOwingUnit, role: Role | None, status: int
) -> None:
    owing_unit = await new_owing_unit()
    async with owing_unit.platform.services["notifier"].as_(role, owing_unit.code) as other:
        assert (await other.get("/requests")).status_code == status


@pytest.mark.parametrize("role", [Role.UNIT, Role.HEAD])
async def test_a_unit_reads_its_own_requests_and_no_others(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, role: Role
) -> None:
    owing_unit, other = await new_owing_unit(), await new_owing_unit()
    for each in (owing_unit, other):
        await pressed(each, visitor, AlertAnswer.EXEMPT, EXEMPT)
        await requests(each)
    async with owing_unit.platform.services["notifier"].as_(role, owing_unit.code) as unit:
        items = (await unit.get("/requests", params={"limit": 500})).json()["items"]
        assert [item["unit_code"] for item in items] == [owing_unit.code]
        others = await unit.get("/requests", params={"unit": other.code})
        assert (others.status_code == 403) or others.json()["items"] == []


async def is_over(owing_unit: OwingUnit) -> bool:
    return not await requests(owing_unit)


async def test_the_supervisor_reads_in_the_weekly_list_what_was_asked_and_where_it_is_settled(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    above = await new_owing_unit("supervisor")
    owing_unit = await new_owing_unit(parent_code=above.code)
    await pressed(owing_unit, visitor, AlertAnswer.EXEMPT, EXEMPT)
    pressed_on = working_day()  # its own list has gone out by then, on a weekend that of next Monday
    monday = CALENDAR.next_working_day(pressed_on + timedelta(days=7 - pressed_on.weekday()))
    (mail,) = await above.mails_of(
        monday, "_joint-*"
    )  # the list, and the request that waits for its decision
    assert f"đề nghị miễn truyền thông theo {EXEMPT['document']}, gửi ngày" in words(mail)
    assert "xem xét, quyết định trước khi hết ngày" in words(mail)
    assert "/requests" in words(mail)
    assert links_of(mail) == []
