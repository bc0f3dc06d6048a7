"""`loa import --update`: what differs is shown first, then amended; what vanished is listed and stays."""

import asyncio
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.cli.data import importing, sources, updating
from deploy.cli.data.result import Finding
from tests.integration.campaigns.test_api import HELD
from tests.support.platform.files import exported, services_of
from tests.support.platform.service import Platform
from tests.support.samples import small_office

CHECKED = sources.Choices(dates_checked=True)


def update(
    platform: Platform, folder: Path, *, dry_run: bool = False
) -> tuple[updating.Updated, list[Finding]]:
    """Run the command's steps; returns what was amended, and the findings."""
    findings: list[Finding] = []
    source = sources.read(folder, CHECKED)
    with services_of(platform) as clients:
        done = updating.update(clients, source, findings.append, "loa import --update", dry_run=dry_run)
        importing.import_source(
            source,
            None,
            clients,
            lambda _label, _rows: None,
            findings.append,
            dry_run=dry_run,
            left_out=done.left,
        )
    return done, findings


def rewrite(folder: Path, name: str, change: Any) -> None:
    file = folder / f"{name}.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    kept: Sequence[dict[str, str]] = [row for row in map(change, rows) if row is not None]
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0]])
        writer.writeheader()
        writer.writerows(kept)


async def fill(platform: Platform) -> None:
    await platform.import_rows("units", [small_office.unit("SO-A")])
    await platform.import_rows(
        "drafts",
        [
            small_office.draft(code, "SO-A", regime="law_2025", in_scope="unknown")
            for code in ("NQ-1", "NQ-2")
        ],
    )
    await platform.import_rows(
        "policies",
        [small_office.policy("NQ-1", 1), small_office.policy("NQ-1", 2), small_office.policy("NQ-2", 1)],
    )
    await platform.import_rows(
        "stages",
        [
            small_office.stage("NQ-1", "drafting", "2025-06-02"),
            small_office.stage("NQ-1", "draft_consultation", "2025-07-01"),
        ],
    )
    await platform.settled()
    talk = HELD | {"held_on": "2025-07-07", "policies": [1]}
    assert (await platform.campaigns.client.post("/drafts/NQ-1/communications", json=talk)).status_code == 201
    await platform.settled()


def draft(row: dict[str, str]) -> dict[str, str]:
    if row["draft_code"] == "NQ-1":
        row |= {
            "title": "Nghị quyết hỗ trợ học phí",
            "final_number": "12/2025/NQ-HĐND",
            "handling": "replace",
        }
        row |= {"in_scope": "yes", "scope_basis": "local_plan", "replaces": "3/2020/NQ-HĐND"}
    return row


def stage(row: dict[str, str]) -> dict[str, str]:
    return row | ({"entered_on": "2025-07-03"} if row["stage"] == "draft_consultation" else {})


def policy(row: dict[str, str]) -> dict[str, str] | None:
    if row["policy_no"] == "2":
        return None  # it vanished from the file
    return row | ({"title": "Hỗ trợ học phí"} if row["draft_code"] == "NQ-1" else {})


def talk(row: dict[str, str]) -> dict[str, str]:
    return row | {"attendance": "300", "held_on": "2025-07-08", "audience": "học sinh; phụ huynh"}


async def test_amended_rows_are_shown_and_recorded_once_and_nothing_is_removed(
    platform: Platform, tmp_path: Path
) -> None:
    await fill(platform)
    folder = tmp_path / "data"
    await asyncio.to_thread(exported, platform, folder)
    before = await platform.head()
    done, findings = await asyncio.to_thread(update, platform, folder)
    assert (done, [finding for finding in findings if finding.refused]) == (updating.Updated(), [])
    assert await platform.head() == before, "files that say the same change nothing"

    for name, change in (
        ("drafts", draft),
        ("stages", stage),
        ("policies", policy),
        ("communications", talk),
    ):
        rewrite(folder, name, change)
    done, findings = await asyncio.to_thread(update, platform, folder, dry_run=True)
    assert (done.amended, done.refused, await platform.head()) == (4, 0, before)
    assert [finding for finding in findings if finding.refused] == []
    shown = [(finding.label, finding.column, finding.why.vi) for finding in findings]
    assert ("stages.csv", "entered_on", "“2025-07-01” → “2025-07-03”") in shown
    assert ("communications.csv", "held_on", "“2025-07-07” → “2025-07-08”") in shown
    assert any("NQ-1, 2; không bị xóa" in why for _, _, why in shown)

    done, findings = await asyncio.to_thread(update, platform, folder)
    assert [each.why.vi for each in findings if each.refused] == []
    assert (done.amended, done.refused) == (4, 0)
    await platform.settled()
    client = platform.registry.client
    of_draft = (await client.get("/drafts/NQ-1")).json()
    assert (of_draft["title"], of_draft["final_number"]) == ("Nghị quyết hỗ trợ học phí", "12/2025/NQ-HĐND")
    assert (of_draft["handling"], of_draft["replaces"]) == ("replace", ["3/2020/NQ-HĐND"])
    assert [each["title"] for each in of_draft["policies"]] == ["Hỗ trợ học phí", "Chính sách 2"]
    assert [each["entered_on"] for each in of_draft["stages"]] == ["2025-06-02", "2025-07-03"]
    listed = (await platform.campaigns.client.get("/drafts/NQ-1/communications")).json()["items"]
    (recorded,) = listed
    assert (recorded["held_on"], recorded["attendance"], recorded["policies"]) == ("2025-07-08", 300, [1])
    assert recorded["audience"] == ["học sinh", "phụ huynh"]

    head = await platform.head()
    done, findings = await asyncio.to_thread(update, platform, folder)
    assert (done, await platform.head()) == (updating.Updated(), head), "a second time nothing changes"


async def test_entries_and_procedures_are_amended_and_a_lead_unit_is_refused_with_what_changes_it(
    platform: Platform, tmp_path: Path
) -> None:
    await fill(platform)
    await platform.import_rows("units", [small_office.unit("SO-B")])
    task = {
        "kind": "task_assigned",
        "title": "Tập huấn",
        "entry_ref": "NV-1",
        "due_on": "2025-06",
        "note": "a",
    }
    training = {"kind": "training_held", "title": "Lớp 1", "happened_on": "2025-03-03", "quantity": "30"}
    rows = [{"unit_code": "SO-A", "year": "2025", **row} for row in (task, training)]
    await platform.import_rows("programme", rows)
    await platform.settled()
    folder = tmp_path / "data"
    await asyncio.to_thread(exported, platform, folder)
    before = await platform.head()
    done, _ = await asyncio.to_thread(update, platform, folder)
    assert (done, await platform.head()) == (updating.Updated(), before)

    def entry(row: dict[str, str]) -> dict[str, str]:
        return row | ({"quantity": "45"} if row["kind"] == "training_held" else {"due_on": "2025-09-30"})

    def led(row: dict[str, str]) -> dict[str, str]:
        by = {"procedure": "simplified"}
        return row | (
            {**by, "lead_unit_code": "SO-B"}
            if row["draft_code"] == "NQ-1"
            else {**by, "procedure_document": "CV 7"}
        )

    columns(folder, "drafts", "procedure_document")
    rewrite(folder, "programme", entry)
    rewrite(folder, "drafts", led)
    done, findings = await asyncio.to_thread(update, platform, folder)
    refused = [(each.label, each.line, each.column) for each in findings if each.refused]
    assert refused == [("drafts.csv", 2, "lead_unit_code"), ("drafts.csv", 2, "procedure")]
    assert "POST /drafts/NQ-1/transfer" in next(each.why.vi for each in findings if each.refused)
    assert (done.amended, done.refused) == (4, 1)
    await platform.settled()
    entries = (await platform.campaigns.client.get("/units/SO-A/programme/2025")).json()["entries"]
    now = {each["kind"]: each for each in entries if each["kind"] != "entry_corrected"}
    assert (now["training_held"]["quantity"], now["training_held"]["happened_on"]) == (45, "2025-03-03")
    assert (now["task_assigned"]["due_on"], now["task_assigned"]["note"]) == ("2025-09-30", "a")
    other = (await platform.registry.client.get("/drafts/NQ-2")).json()
    assert (other["procedure"], other["procedure_decision"]["document"]) == ("simplified", "CV 7")


def columns(folder: Path, name: str, *added: str) -> None:
    """Add empty columns to a file."""
    file = folder / f"{name}.csv"
    header, *rows = file.read_text(encoding="utf-8-sig").splitlines()
    new = [column for column in added if column not in header.split(",")]
    lines = [",".join([header, *new]), *(row + "," * len(new) for row in rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


async def test_a_row_that_may_not_be_amended_is_refused_and_the_others_go_in(
    platform: Platform, tmp_path: Path
) -> None:
    await fill(platform)
    folder = tmp_path / "data"
    await asyncio.to_thread(exported, platform, folder)
    rewrite(folder, "stages", lambda row: row | {"entered_on": "2999-01-01"})
    rewrite(folder, "drafts", draft)
    done, findings = await asyncio.to_thread(update, platform, folder)
    assert (done.amended, done.refused) == (3, 2)
    refused = [finding for finding in findings if finding.refused]
    assert {(finding.label, finding.line) for finding in refused} == {("stages.csv", 2), ("stages.csv", 3)}
    assert (await platform.registry.client.get("/drafts/NQ-1")).json()["title"] == "Nghị quyết hỗ trợ học phí"
