"""Every route of every service, pages and forms too, is asked and sent to by others about the objects of one unit.

Nothing is written for it here route by route: a route that is added tomorrow is tried as well.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx
import pytest

from shared.auth.sessions import Way, csrf_token
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Role
from tests.contract.http.test_endpoints import routes_of
from tests.integration.access.rights.attempts import DRAFT, MAILBOX, VICTIM, Objects, ago, next_working_day
from tests.support.platform.service import Api
from tests.support.servers.plain import NO_AUTHORITIES

pytestmark = pytest.mark.timeout(1800)
OTHERS = ((Role.READER, VICTIM), (Role.HEAD, "B-SYT"), (Role.SUPERVISOR, "B-STP"))
OF_THE_INSTALLATION = (
    "/livez",
    "/readyz",
    "/metrics",
    "/asyncapi",
    "/schemas",
    "/openapi",
    "/docs",
    "/live",  # the position alone, in a stream
    "/log",
    "/projections",
)
WORDS = "Lý do chỉ cơ quan theo dõi được đọc"  # of a request
FORM = {  # what forms ask for, under every name that any of them has
    "title": "Kẻ khác", "reason": "Kẻ khác ghi", "document": "QĐ 99", "decision": "approved", "in_scope": "no",
    "email": "ke.khac@example.vn", "role": "head", "language": "vi", "to_unit_code": "B-SYT", "name": "Kẻ khác",
    "stage": "appraisal", "channel": "dialogue", "procedure": "simplified", "answer": "done", "policy_no": "1",
    **{f"{day}_{part}": value for day in ("on", "held_on", "entered_on", "decided_on", "happened_on", "planned_on")
       for part, value in zip(("year", "month", "day"), ago(2).split("-"), strict=True)},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    service: str
    method: str
    path: str


def parameters(objects: Objects) -> Mapping[str, str]:
    ids = objects.ids
    return {
        "unit_code": VICTIM,
        "draft_code": DRAFT,
        "communication_id": ids["communication"],
        "activity_id": ids["activity"],
        "entry_id": ids["task"],
        "posting_id": ids["posting"],
        "request_id": ids["request"],
        "alert_id": ids["alert"],
        "silence_id": ids["silence"],
        "session_id": ids["session"],
        "digest_key": ids["digest"],
        "recipient_id": ids["recipient"],
        "year": "2026",
        "kind": "task_reported",
        "number": "1",
        "policy_no": "1",
        "place": "0",
        "form": "draft",
        "file": "x",
        "type_name": "x",
        "token": "x" * 22,
        "code": "x" * 22,
        "key": "x" * 22,
        "evidence_id": ids["communication"],
        "change_id": ids["unit_change"],
        "exemption_id": ids["exemption"],
        "report_id": ids["communication"],
    }


def addresses(place: Place, given: Mapping[str, str], objects: Objects) -> Iterator[str]:
    values = dict(given)
    if "/drafts/{draft_code}/stages/{entry_id}" in place.path:
        values["entry_id"] = objects.ids["entry"]
    path = place.path.format(**values)
    yield path
    if place.method == "GET":
        for query in (
            f"unit={VICTIM}",
            f"units={VICTIM}",
            f"draft={DRAFT}",
            "every=1",
            f"at={next_working_day()}",
        ):
            yield f"{path}?{query}"


@pytest.fixture(scope="module", autouse=True)
async def secrets(objects: Objects) -> None:
    async with objects.platform.registry.as_(Role.UNIT, VICTIM) as clerk:
        asked = {"document": "QĐ 31", "stages": ["appraisal"], "authority": WORDS}
        answer = await clerk.post(f"/drafts/{DRAFT}/exemptions", json=asked)
        assert answer.status_code == 202, answer.text
    listed = await objects.call("notifier", "GET", f"/units/{VICTIM}/recipients")
    objects.ids["recipient"] = listed["recipients"][0]["recipient_id"]
    await objects.platform.settled()


def every(objects: Objects, *methods: str) -> Iterator[tuple[Api, Place]]:
    for name, api in objects.platform.services.items():
        for method, path in routes_of(api.app):
            if method in methods and not path.startswith(OF_THE_INSTALLATION):
                yield api, Place(name, method, path)


async def test_no_page_or_answer_gives_others_a_mailbox_or_the_words_of_a_request(objects: Objects) -> None:
    given, counts, revealed, broken = parameters(objects), Counter[int](), [], []
    for api, place in every(objects, "GET"):
        for role, unit in OTHERS:
            async with api.as_(role, unit) as caller:
                for address in addresses(place, given, objects):
                    answer = await caller.get(address, headers={"Accept": "text/html, */*"})
                    counts[answer.status_code] += 1
                    if MAILBOX in answer.text or WORDS in answer.text:
                        revealed.append((role, unit, place.service, address))
                    if answer.status_code >= 500 and answer.status_code != 503:
                        broken.append((place.service, address, answer.text[:200]))
    print(f"asked {counts.total()}: {dict(counts)}; revealed {len(revealed)}")  # noqa: T201  to be seen
    assert counts.total() > 1000
    assert counts[200] > 100, "the routes answer others too, where they may"
    assert (revealed, broken) == ([], [])


async def test_no_form_or_route_lets_others_write_about_the_unit(objects: Objects) -> None:
    """Each is sent a form that fits many, with a session and its CSRF token: the log stays as it is."""
    given, counts, broken = parameters(objects), Counter[int](), []
    access = objects.platform.services["notifier"].app.state.access
    before = await objects.platform.head()
    mailboxes = await objects.call("notifier", "GET", f"/units/{VICTIM}/recipients")
    for role, unit in OTHERS:
        secret, _ = await access.sessions.start(Principal(f"other-{role}", role, unit), Way.MAIL)
        cookies, form = {access.place.cookie: secret}, FORM | {"csrf_token": csrf_token(secret)}
        for api, place in every(objects, "POST", "PUT", "DELETE"):
            if "{" not in place.path:
                continue  # about nobody's object: the table of rights is tried on those elsewhere
            address = next(addresses(place, given, objects))
            async with httpx.AsyncClient(
                base_url=api.client.base_url,
                cookies=cookies,
                timeout=20,
                verify=NO_AUTHORITIES,
            ) as browser:
                for step in ("review", "record"):
                    answer = await browser.request(
                        place.method, address, data=form | {"step": step}, headers={"Accept": "text/html"}
                    )
                    counts[answer.status_code] += 1
                    if answer.status_code >= 500 and answer.status_code != 503:
                        broken.append((place.service, address, answer.text[:200]))
    print(f"sent {counts.total()}: {dict(counts)}")  # noqa: T201  to be seen
    assert counts.total() > 300
    assert broken == []
    assert await objects.platform.head() == before, "events that others wrote"
    assert await objects.call("notifier", "GET", f"/units/{VICTIM}/recipients") == mailboxes
