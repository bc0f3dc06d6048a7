"""The page for leaders from real rows: what can still be met, lost or saved, and that it agrees with the figures."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.keys.keyring import Keyring
from tests.integration.metrics.office import Office
from tests.support.platform.service import Platform, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

CODE = "LEADERS"


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    """One draft of two policies: the first is communicated, the second is not until the draft is appraised."""
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as result,
    ):
        office = Office(result, CODE)
        await office.open()
        await office.enter("draft_consultation", "2025-03-03")
        await office.communicate("2025-03-05", 1)
        await office.enter("appraisal", "2025-04-10")
        await office.communicate("2025-04-14")
        await result.settled()
        yield result


async def shown(platform: Platform, **query: Any) -> str:
    answer = await platform.services["metrics"].client.get("/", params=query)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def sizes(text: str) -> dict[str, int]:
    listed = re.findall(r'<li class="(\w+)"><a [^>]*>[^<]* <strong>([\d.]+)</strong>', text)
    return {name: int(size) for name, size in listed}


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2025-03-02", {}),  # no policy of the year yet: a policy belongs to it by its window
        ("2025-03-06", {"met": 1, "not_due": 1}),
        ("2025-04-09", {"met": 1, "recoverable": 1}),  # still in the stage
        ("2025-04-10", {"met": 1, "missed": 1}),  # the stage was left: lost
        ("2025-12-31", {"met": 1, "missed": 1}),  # of 2026 too, as long as its window is open
    ],
)
async def test_what_can_still_be_met(platform: Platform, as_of: str, expected: dict[str, int]) -> None:
    assert sizes(await shown(platform, as_of=as_of, unit=CODE)) == expected


async def test_communicating_on_that_day_saves_it(platform: Platform) -> None:
    """The same draft again, with a communication on the day on which it could still be met."""
    office = Office(platform, "SAVED")
    await office.open()
    await office.enter("draft_consultation", "2025-03-03")
    await platform.settled()
    assert sizes(await shown(platform, as_of="2025-04-09", unit="SAVED")) == {"recoverable": 2}
    await office.communicate("2025-04-09", 2)
    await platform.settled()
    assert sizes(await shown(platform, as_of="2025-04-09", unit="SAVED")) == {"met": 1, "recoverable": 1}


async def test_the_trend_ends_with_the_figures_of_the_day(platform: Platform) -> None:
    text = await shown(platform, as_of="2025-04-20", unit=CODE)
    twin = text[
        text.index('<table class="twin">') : text.index("</table>", text.index('<table class="twin">'))
    ]
    rates, overdue = (re.findall(r"<td>([^<]*)</td>", row) for row in twin.split("<tr>")[2:4])
    assert rates[-4:] == ["–", "1/2", "1/2", "1/2"]  # 14/02 to 14/04, and the day itself
    assert overdue[-4:] == ["0", "1", "0", "0"]
    answer = await platform.services["metrics"].client.get(
        "/compliance", params={"as_of": "2025-04-20", "year": 2025, "unit": CODE}
    )
    (group,) = answer.json()["groups"]
    assert rates[-1] == f"{round(group['rate_plan'] * group['judged'])}/{group['judged']}"


async def test_the_week_and_the_stages(platform: Platform) -> None:
    text = await shown(platform, as_of="2025-04-15", unit=CODE)
    week = dict(re.findall(r"<dt>(Dự thảo [^<]*)</dt><dd>(\d+)</dd>", text))
    assert week == {
        "Dự thảo vào giai đoạn mới": "1",
        "Dự thảo đã truyền thông đủ ở giai đoạn": "1",
        "Dự thảo mới quá hạn": "0",
    }
    cells = re.findall(
        r'data-label="([^"]*)" class="num">\s*([\d/]+)', text[text.index('id="don-vi-giai-doan"') :]
    )
    assert dict(cells) == {"Lấy ý kiến dự thảo": "1/2", "Thẩm định": "2/2"}


async def test_who_owes_names_the_request_that_waits(platform: Platform) -> None:
    text = await shown(platform, as_of="2025-04-09", unit=CODE)
    assert f"/drafts/{CODE}?" in text[text.index('id="con-thieu"') :]
    assert "Không có đề nghị nào đang chờ" in text
