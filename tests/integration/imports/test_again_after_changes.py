"""A file that is imported again after what it says was changed: its rows are recognised, nothing is entered and nothing refused."""

import asyncio
from pathlib import Path
from typing import Any

from tests.integration.campaigns.test_round_trip import NOTES
from tests.support.platform.files import exported, findings_of
from tests.support.platform.service import Api, Platform
from tests.support.samples import small_office

PROGRAMME = [
    {"kind": "task_assigned", "title": "Tập huấn", "entry_ref": "NV-1", "due_on": "2025-06"},
    {"kind": "task_reported", "of_ref": "NV-1", "happened_on": "2025-05-02"},
    {"kind": "training_held", "title": "Lớp 1", "happened_on": "2025-03-03", "quantity": "30"},
]


async def fill(platform: Platform) -> None:
    await platform.import_rows(
        "units", [small_office.unit("SO-A"), small_office.unit("SO-B"), small_office.unit("SO-C")]
    )
    await platform.import_rows(
        "supervision",
        [{"unit_code": "SO-A", "supervisor_code": "SO-B", "kind": "supervisor", "from": "2025-01-01"}],
    )
    await platform.import_rows("targets", [{"unit_code": "SO-A", "year": "2025", "target_percent": "70"}])
    draft = small_office.draft("NQ-1", "SO-A", regime="law_2025", in_scope="yes", scope_basis="local_plan")
    await platform.import_rows("drafts", [draft])
    await platform.import_rows("policies", [small_office.policy("NQ-1", n) for n in (1, 2, 3)])
    expected = small_office.stage("NQ-1", "adopted", "2030-12-10", expected="yes", session="Kỳ họp thứ 30")
    await platform.import_rows(
        "stages",
        [
            small_office.stage("NQ-1", "drafting", "2025-06-02"),
            small_office.stage("NQ-1", "draft_consultation", "2025-07-01", document_no="1/TTr"),
            expected,
        ],
    )
    opinions = {"draft_code": "NQ-1", "stage": "draft_consultation", "summarised_on": "2025-08-01"}
    await platform.import_rows("opinions", [{**opinions, "received": "10"}])
    await platform.import_rows("activities", [small_office.activity("NQ-1", "2025-07-10")])
    talks = [
        small_office.communication("NQ-1", on, policy_no="1", unit_code="SO-A")
        for on in ("2025-07-07", "2025-07-08")
    ]
    await platform.import_rows("communications", talks)
    await platform.import_rows(
        "programme", [{"unit_code": "SO-A", "year": "2025", **row} for row in PROGRAMME]
    )
    await platform.settled()


async def change(platform: Platform, words: str) -> None:
    """Change everything that is recorded and may be changed; `words` make each change another one."""
    registry, campaigns = platform.registry, platform.campaigns
    number = len(words)
    await post(registry, "/units/SO-A/rename", name=f"Sở {words}", on=f"2025-02-0{number}")
    await post(registry, "/units/SO-A/move", parent_code="SO-B", on="2025-02-01")
    await post(
        registry,
        "/units/SO-B/amend",
        note=None,
        level="central" if number == 1 else "provincial",
        reason="Nhầm",
    )
    await post(
        registry,
        "/units/SO-A/supervision",
        supervisor_code=("SO-C", "SO-B")[number - 1],
        kind="supervisor",
        on="2025-01-01",
    )
    await post(registry, "/units/SO-A/targets", year=2025, target_percent=70 + number)
    await post(registry, "/drafts/NQ-1/title", title=f"Nghị quyết {words}")
    await post(registry, "/drafts/NQ-1/scope", in_scope="unknown" if number == 1 else "no", scope_basis=None)
    await post(registry, "/drafts/NQ-1/amend", source=f"sổ {words}", reason="Bổ sung")
    for policy in (1, 2):
        answer = await registry.client.put(
            f"/drafts/NQ-1/policies/{policy}", json={"title": words, "affected_groups": []}
        )
        assert answer.is_success, answer.text
    draft = (await registry.client.get("/drafts/NQ-1")).json()
    entered = next(each for each in draft["stages"] if each["stage"] == "draft_consultation")
    await post(
        registry,
        f"/drafts/NQ-1/stages/{entered['entry_id']}/correct",
        stage="draft_consultation",
        entered_on=f"2025-07-0{number + 2}",
        document_no=f"{number + 1}/TTr",
        reason="Nhầm ngày",
    )
    await post(registry, "/drafts/NQ-1/expected-stages", stage="adopted", expected_on=f"2031-0{number}-01")
    opinions: dict[str, Any] = {"stage": "draft_consultation", "summarised_on": "2025-08-01"}
    await post(registry, "/drafts/NQ-1/opinions", **opinions, received=10 + number)
    await platform.settled()
    (activity,) = (await campaigns.client.get("/activities")).json()["items"]
    path = f"/drafts/NQ-1/plan/activities/{activity['activity_id']}"
    await post(campaigns, f"{path}/reschedule", planned_on=f"2025-09-0{number}")
    talk = (await campaigns.client.get("/drafts/NQ-1/communications")).json()["items"][0]
    said = {"held_on": talk["held_on"], "channel": "conference", "title": talk["title"], "unit_code": "SO-A"}
    await post(
        campaigns, f"/communications/{talk['communication_id']}/correct", **said, policies=[1], place=words
    )
    for entry in (await campaigns.client.get("/units/SO-A/programme/2025")).json()["entries"]:
        if entry["kind"] not in {"entry_corrected", "task_reported"}:
            happened = {"happened_on": entry["happened_on"]} if entry["happened_on"] else {}
            path = f"/units/SO-A/programme/2025/entries/{entry['entry_id']}/correct"
            await post(campaigns, path, title=entry["title"], **happened, note=words, reason="Bổ sung")
    await platform.settled()


async def withdraw(platform: Platform) -> None:
    registry, campaigns = platform.registry, platform.campaigns
    answer = await registry.client.request("DELETE", "/drafts/NQ-1/policies/3")
    assert answer.is_success, answer.text
    (activity,) = (await campaigns.client.get("/activities")).json()["items"]
    await post(campaigns, f"/drafts/NQ-1/plan/activities/{activity['activity_id']}/cancel")
    talk = (await campaigns.client.get("/drafts/NQ-1/communications")).json()["items"][1]
    await post(campaigns, f"/communications/{talk['communication_id']}/retract", reason="Không diễn ra")
    entries = (await campaigns.client.get("/units/SO-A/programme/2025")).json()["entries"]
    for entry in entries:
        if entry["kind"] in {"task_assigned", "training_held"}:
            path = f"/units/SO-A/programme/2025/entries/{entry['entry_id']}/cancel"
            await post(campaigns, path, reason="Không thực hiện")
    await platform.settled()


async def post(api: Api, path: str, **body: Any) -> None:
    answer = await api.client.post(
        path, json={name: value for name, value in body.items() if value is not None}
    )
    assert answer.is_success, (path, answer.text)


async def test_nothing_is_entered_twice_and_nothing_refused(platform: Platform, tmp_path: Path) -> None:
    await fill(platform)
    await asyncio.to_thread(exported, platform, tmp_path / "0")
    for number, words in enumerate(("a", "bb"), start=1):
        await change(platform, words)
        await asyncio.to_thread(exported, platform, tmp_path / str(number))
    await withdraw(platform)
    head = await platform.head()
    changed: dict[str, set[str]] = {}
    for folder in ("0", "1", "2"):
        findings = await asyncio.to_thread(findings_of, platform, tmp_path / folder, NOTES)
        refused = [f"{each.label} {each.line}: {each.why.en}" for each in findings if each.refused]
        assert (folder, "\n".join(refused)) == (folder, "")
        assert await platform.head() == head, folder
        changed[folder] = {each.label for each in findings if "changed since" in each.why.en}
    of_drafts = {f"{name}.csv" for name in ("drafts", "policies", "stages", "opinions")}
    assert changed["0"] == of_drafts | {"targets.csv"}, (
        "the first versions of the others are recognised by their ids"
    )
    assert changed["1"] >= of_drafts | {
        "communications.csv",
        "programme.csv",
        "activities.csv",
        "supervision.csv",
    }
