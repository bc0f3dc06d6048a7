"""Every list that is paged by cursor takes its own cursors, and refuses whatever else comes as one."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from shared.http.requests import paging
from tests.contract.http.test_endpoints import paths_of
from tests.support.platform.service import SERVICES, Platform, eventually, existing

OF_OFFICE = {"draft_code": "OFFICE", "unit_code": "OFFICE"}
TEXT_KEYS = {
    "/units",
    "/drafts",
    "/unit-records",
    "/draft-records",
    "/plan-records",
    "/recipients",
}  # any text is a key of these
POSITIONS = {
    "registry /requests",
    "registry /lowered-duties",
    "campaigns /programme",
    "metrics /verdicts",
}  # a key is a position
EMPTY = {
    "notifier /requests",  # nobody answered a mail yet
    "metrics /reports/407/published",  # nobody published one yet
    "metrics /gaps",  # of one draft there is no second page
    "metrics /todos",
}


def encoded(text: bytes) -> str:
    return urlsafe_b64encode(text).decode().rstrip("=")


NO_CURSORS = {
    "empty": "",
    "no base64": "%%%",
    "no base64 in between": "QUJD%%%REVG",
    "one letter too many": "abcde",
    "not ASCII": "é",
    "blanks": "QU JD",
    "no text": encoded(b"\xff\xff\xff\xff\xff"),
    "shorter than a checksum": encoded(b"x"),
    "NUL": encoded(b"abcd\x00"),
    "half a surrogate": encoded(b"abcd\xed\xa0\x80"),
    "a plain key": encoded(b"LUAT-1"),
    "the key of an alert": encoded(b"00000000-0000-0000-0000-000000000001"),
    "JSON": encoded(b'{"after": {"$gt": ""}}'),
    "SQL": encoded(b"' OR 1=1 --"),
    "as long as may be": "QUJD" * 250,
}
NO_KEYS = ("x", "0", "-1", "9" * 400, "2025-13-01 x", "2025-01-01", "None", "1e9", "٣", " ")


@dataclass(frozen=True, slots=True)
class List:
    service: str
    path: str

    def __str__(self) -> str:
        return f"{self.service} {self.path}"

    async def page(self, platform: Platform, **query: Any) -> Any:
        path = self.path.format_map(OF_OFFICE)
        return await platform.services[self.service].client.get(path, params=query)

    async def cursor(self, platform: Platform) -> str:
        """Give the cursor after the first row."""

        async def given() -> Any:
            return (await self.page(platform, limit=1)).json()["next"]

        cursor_text: str = await eventually(given)
        return cursor_text


def lists() -> Iterator[List]:
    for service in existing(*SERVICES):
        for path, item in paths_of(service).items():
            for operation in item.values():
                if any(item["name"] == "cursor" for item in operation.get("parameters", ())):
                    yield List(service, path)


LISTS = list(lists())
each_list = pytest.mark.parametrize("of", LISTS, ids=str)


def refused(answer: Any, code: str = "bad-cursor") -> None:
    """Expect a problem document in both languages that says which value to use."""
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == f"urn:loa:problem:{code}"
    if code == "bad-cursor":
        assert "`next`" in problem["messages"]["vi"]
        assert "`next`" in problem["messages"]["en"]


def test_every_service_with_lists_is_asked() -> None:
    assert {item.service for item in LISTS} == {"registry", "campaigns", "metrics", "notifier"}
    assert len(LISTS) >= 7


@each_list
@pytest.mark.parametrize("cursor", NO_CURSORS.values(), ids=list(NO_CURSORS))
async def test_what_is_no_cursor_is_refused(platform: Platform, of: List, cursor: str) -> None:
    refused(await of.page(platform, cursor=cursor), "bad-cursor" if cursor else "invalid-request")


@each_list
@pytest.mark.parametrize("key", NO_KEYS)
async def test_a_key_of_another_type_is_refused(platform: Platform, of: List, key: str) -> None:
    answer = await of.page(platform, cursor=paging._encode(of.path, key))
    if of.path in TEXT_KEYS or (str(of) in POSITIONS and key == "0"):
        assert answer.status_code == 200
    else:
        refused(answer)


@each_list
async def test_a_cursor_belongs_to_one_list(platform: Platform, of: List) -> None:
    for other in LISTS:
        if other != of and str(other) not in EMPTY:
            refused(await of.page(platform, cursor=await other.cursor(platform)))


@each_list
async def test_a_cursor_is_whole_or_refused(platform: Platform, of: List) -> None:
    if str(of) in EMPTY:
        return
    cursor = await of.cursor(platform)
    assert (await of.page(platform, cursor=cursor)).status_code == 200
    for length in range(1, len(cursor)):
        refused(await of.page(platform, cursor=cursor[:length]))
    refused(await of.page(platform, cursor=f"{cursor}A"))
    refused(await of.page(platform, cursor=f"{cursor}="))


@each_list
@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": -1},
        {"limit": paging.MOST + 1},
        {"limit": "x"},
        {"limit": 1 << 70},
        {"cursor": "A" * 1001},
    ],
    ids=lambda query: str(query)[:30],
)
async def test_a_limit_has_bounds(platform: Platform, of: List, query: dict[str, Any]) -> None:
    refused(await of.page(platform, **query), "invalid-request")


@each_list
async def test_the_largest_page_is_given(platform: Platform, of: List) -> None:
    assert (await of.page(platform, limit=paging.MOST)).json()["next"] is None
