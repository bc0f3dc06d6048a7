"""What the supervising body enters in the place of a unit, from its paper, is shown as such in the history."""

from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import COMMUNE, HEALTH, JUSTICE, PROVINCE, SCHOOLS, Office
from tests.integration.entry.test_draft_form import registered
from tests.integration.metrics.office import ago

IN_PLACE = "Sở Tư pháp tỉnh T nhập thay Sở Y tế tỉnh T"


async def test_the_history_names_who_entered_it_in_the_units_place(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    path = f"/drafts/{a_code}"
    async with office.platform.registry.as_(Role.SUPERVISOR, JUSTICE) as justice:
        entered = await justice.post(f"{path}/stages", json={"stage": "appraisal", "entered_on": ago(1)})
        assert entered.status_code == 201, entered.text
    async with office.platform.registry.as_(Role.UNIT, HEALTH) as clerk:
        retitled = await clerk.post(f"{path}/title", json={"title": "Nghị quyết đã đổi tên"})
        assert retitled.status_code == 200, retitled.text
        asked = await clerk.post(f"{path}/exemptions", json={"document": "QĐ 5", "stages": ["verification"]})
        assert asked.status_code == 202, asked.text
    async with office.platform.registry.as_(Role.SUPERVISOR, JUSTICE) as justice:
        request = asked.json()["request"]["request_id"]
        approved = {"decision": "approved", "document": "CV 8"}
        answer = await justice.post(f"{path}/requests/{request}/decision", json=approved)
        assert answer.status_code == 200, answer.text
        history = (await justice.get(f"{path}/history")).json()["events"]
    by = {event["type"].split(".")[3]: event["actor_unit"] for event in history}
    assert by["stage_entered"] == JUSTICE
    assert by["registered"] is by["retitled"] is by["request_raised"] is None
    assert by["request_decided"] == JUSTICE
    async with office.browser(HEALTH) as clerk:
        page = (await clerk.get(f"/entry/drafts/{a_code}")).text
    assert page.count(IN_PLACE) == 1, "a decision is made in nobody's place"


async def test_a_province_enters_for_a_commune_what_the_commune_may(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    held = {"held_on": ago(2), "channel": "commune_loudspeaker", "title": "Phát thanh", "unit_code": COMMUNE}
    path = f"/drafts/{a_code}/communications"
    await office.platform.settled()
    for unit, status in ((PROVINCE, 201), (JUSTICE, 201), (SCHOOLS, 403)):
        async with office.platform.campaigns.as_(Role.SUPERVISOR, unit) as caller:
            answer = await caller.post(path, json=held | {"title": f"Phát thanh do {unit} nhập"})
        assert answer.status_code == status, (unit, answer.text)
