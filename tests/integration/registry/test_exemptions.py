"""An exemption that was recorded wrongly is taken back at once, by the unit too; a file that is imported again doesn't bring it back."""

from shared.contracts.vocabulary import Role
from tests.support.platform.service import Platform
from tests.support.samples import small_office

PAPER = {"document": "CV 12/BTP", "authority": "Bộ Tư pháp", "decided_on": "2024-01-09"}


async def test_an_exemption_is_taken_back_without_a_request(shared_platform: Platform, a_code: str) -> None:
    platform, client = shared_platform, shared_platform.registry.client
    await platform.import_rows("units", [small_office.unit(a_code)])
    await platform.import_rows("drafts", [small_office.draft(a_code, a_code)])
    path = f"/drafts/{a_code}"
    assert (await client.post(f"{path}/exemptions", json=PAPER)).status_code == 200
    (shown,) = (await client.get(path)).json()["exemptions"]
    assert shown["document"] == PAPER["document"]
    cancel = f"{path}/exemptions/{shown['exemption_id']}/cancel"
    async with platform.registry.as_(Role.UNIT, a_code) as own:
        answer = await own.post(cancel, json={"reason": "Ghi nhầm dự thảo"})
        assert answer.status_code == 200, answer.text  # it lowers no duty, so it holds at once
        assert answer.json()["events"] == ["vn.loa.draft.exemption_cancelled.v1"]
        assert (await own.post(cancel, json={"reason": "Ghi nhầm dự thảo"})).json()["events"] == []
    assert (await client.get(path)).json()["exemptions"] == []
    await platform.import_rows("exemptions", [{"draft_code": a_code, **PAPER}])
    assert (await client.get(path)).json()["exemptions"] == []
    unknown = cancel.replace(shown["exemption_id"], "00000000-0000-4000-8000-000000000000")
    missing = await client.post(unknown, json={"reason": "x"})
    assert (missing.status_code, "GET /drafts" in missing.text) == (404, True)
