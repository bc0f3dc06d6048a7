"""What campaigns hears of answers: a promised day becomes a planned activity, an obstacle stands in the programme."""

from datetime import date, timedelta
from typing import Any

import httpx

from shared.contracts.vocabulary import AlertAnswer
from shared.pages.date_boxes import in_boxes
from shared.rules.figures import reporting_year
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import OwingUnit, links_of, working_day
from tests.integration.answers.test_done import DONE
from tests.integration.metrics.office import today
from tests.support.platform.service import eventually

PLANNED = list(AlertAnswer).index(AlertAnswer.PLANNED)


async def plan(owing_unit: OwingUnit) -> list[dict[str, Any]]:
    answer = await owing_unit.platform.campaigns.client.get(f"/drafts/{owing_unit.code}/plan")
    activities: list[dict[str, Any]] = answer.json()["activities"]
    return activities


async def planned_on(owing_unit: OwingUnit, day: date) -> list[dict[str, Any]]:
    return [item for item in await plan(owing_unit) if item["planned_on"] == str(day)]


async def test_a_promised_day_is_planned_moved_and_carried_out(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit("focal_point", "head")
    links = [links_of(mail) for mail in await owing_unit.mails_of(working_day())]
    soon, later = (today() + timedelta(days=n) for n in (3, 5))
    await visitor.post(links[0][PLANNED], data=in_boxes("planned_on", soon) | {"channel": ["dialogue"]})
    (activity,) = await eventually(lambda: planned_on(owing_unit, soon))
    assert (activity["channel"], activity["stage"]) == ("dialogue", "draft_consultation")
    assert activity["responsible_unit_code"] == owing_unit.code

    # A colleague names another day: it is the same activity, on that day.
    await visitor.post(links[1][PLANNED], data=in_boxes("planned_on", later))
    (moved,) = await eventually(lambda: planned_on(owing_unit, later))
    assert moved["activity_id"] == activity["activity_id"]
    assert len(await plan(owing_unit)) == 1

    await owing_unit.platform.settled()
    form = (await visitor.get(links[0][0])).text
    assert '<option value="dialogue" selected>' in form
    await visitor.post(links[0][0], data=DONE)
    await eventually(owing_unit.is_closed)
    (recorded,) = await owing_unit.communications()
    assert recorded["activity_id"] == activity["activity_id"]
    assert [item["state"] for item in await plan(owing_unit)] == ["carried_out"]


async def obstacles(owing_unit: OwingUnit) -> list[dict[str, Any]]:
    path = f"/units/{owing_unit.code}/programme/{reporting_year(today())}"
    answer = await owing_unit.platform.campaigns.client.get(path)
    entries: list[dict[str, Any]] = answer.json()["entries"] if answer.status_code == 200 else []
    return entries


async def test_an_obstacle_is_raised_with_the_justice_body(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    province = await new_owing_unit(kind="province")
    justice = await new_owing_unit(kind="provincial_justice_department", parent_code=province.code)
    owing_unit = await new_owing_unit(parent_code=province.code)
    words = "Chưa được bố trí kinh phí truyền thông năm nay"
    page = await visitor.post((await owing_unit.links())[AlertAnswer.OBSTACLE], data={"obstacle": words})
    assert page.status_code == 200
    (entry,) = await eventually(lambda: obstacles(owing_unit))
    assert (entry["kind"], entry["title"], entry["draft_code"]) == ("obstacle_raised", words, owing_unit.code)
    assert entry["lead_unit_code"] == justice.code
