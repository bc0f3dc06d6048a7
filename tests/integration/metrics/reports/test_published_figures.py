"""The fifteen figures that ministries and provinces published: invented data for each are entered, and one command reads it back.

Figures and commands stand in deploy/cli/README.md; what can't be expressed stands there with the reason (`NOT_EXPRESSED`).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.data import sources
from deploy.cli.data.result import Finding
from deploy.cli.main import app
from deploy.local.keys.keyring import Keyring
from shared.contracts.vocabulary import Role
from shared.rules.figures import reporting_year
from tests.integration.metrics.office import today
from tests.support.platform.files import exported, findings_of
from tests.support.platform.service import Platform, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

README = Path(__file__).parents[4] / "deploy" / "cli" / "README.md"
Rows = list[dict[str, Any]]
Answer = dict[str, Any]
NEXT = reporting_year(today()) + 1  # what is expected is to come
SPOKEN = "Ý kiến phát biểu trực tiếp tại hội nghị không tính"
SERVICES = ("registry", "campaigns", "metrics")
CHECKED = sources.Choices(dates_checked=True)  # the days are right, though none is after a 12th
PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 500
RECEIVED, AGREE = 280_226_909, 279_526_342


def units() -> Rows:
    provinces = ("VP", "QN", "TINH13", "TINH15")
    of_provinces = [
        small_office.unit(f"{code}-SO", name=f"Sở {code}", parent_code=code)
        for code in (*provinces, "CHINHPHU")
    ]
    inspected = [
        small_office.unit("HUYEN-A", level="district_legacy", kind="district_legacy"),
        small_office.unit("HUYEN-B", level="district_legacy", kind="district_legacy"),
        small_office.unit("XA-C", level="commune", kind="commune_committee"),
    ]
    return [
        *(small_office.unit(code, kind="provincial_committee") for code in provinces),
        small_office.unit("CHINHPHU", level="central", kind="government"),
        small_office.unit("BTP", level="central", kind="ministry"),
        small_office.unit("STP-QN", kind="provincial_justice_department", parent_code="QN"),
        small_office.unit("HDPH", level="central", kind="pbgdpl_council"),
        *of_provinces,
        *inspected,
    ]


def listed(unit: str, name: str, number: int, instrument: str = "provincial_resolution", **more: Any) -> Rows:
    return [
        small_office.draft(f"{unit}-{name}-{at}", f"{unit}-SO", instrument=instrument, **more)
        for at in range(1, number + 1)
    ]


VP = [*listed("VP", "NQ", 17), *listed("VP", "QD", 33, "provincial_decision")]
QN = {
    "appraisal": ("2024-05-06", listed("QN", "TD", 95)),
    "policy_appraisal": ("2024-03-04", listed("QN", "DN", 5)),
    "before": ("2023-05-08", listed("QN", "TR", 67)),
}
MINISTRY = {
    "policy_appraisal": ("2024-04-08", listed("CHINHPHU", "DN", 33, "law")),
    "appraisal": ("2024-09-09", listed("CHINHPHU", "TD", 176, "decree")),
}
HANDLED = (("new", 120), ("amend", 61), ("replace", 50), ("abolish", 12))
TO_HANDLE = [
    row
    for handling, number in HANDLED
    for row in listed("TINH15", handling.upper(), number, handling=handling)
]
SESSIONS = ("Kỳ họp thường lệ giữa năm", "Kỳ họp thường lệ cuối năm")
OTHER = listed("TINH13", "NQ", 1)
DRAFTS = [
    *VP,
    *OTHER,
    *TO_HANDLE,
    *(row for group in (QN, MINISTRY) for _, rows in group.values() for row in rows),
]


def stages() -> Iterator[dict[str, Any]]:
    for group in (QN, MINISTRY):
        for name, (day, rows) in group.items():
            stage = "appraisal" if name == "before" else name
            yield from (small_office.stage(row["draft_code"], stage, day) for row in rows)
    for at, row in enumerate(TO_HANDLE):
        day, session = (f"{NEXT}-07-08", SESSIONS[0]) if at % 3 else (f"{NEXT}-12-08", SESSIONS[1])
        yield small_office.stage(row["draft_code"], "adopted", day, expected="yes", session=session)


def performed(unit: str, day: str, channel: str, title: str, **more: Any) -> dict[str, Any]:
    code = more.pop("draft_code", OTHER[0]["draft_code"])
    return small_office.communication(code, day, channel=channel, title=title, unit_code=unit, **more)


def communications() -> Rows:
    of_vp = [
        performed("VP-SO", "2022-09-05", channel, "Lấy ý kiến", draft_code=row["draft_code"])
        for row in VP
        for channel in ("written_request", "portal_posting")
    ]
    # One conference on a resolution and a decision is one activity, and communicates one document of each form.
    joint = [
        performed(
            "VP-SO",
            "2023-03-06",
            "conference",
            "Hội nghị",
            draft_code=code,
            activity_code="HN-1",
            attendance=200,
        )
        for code in ("VP-NQ-1", "VP-QD-1")
    ]
    country = [
        performed(
            "BTP",
            f"2025-{month:02}-10",
            "legal_reporter",
            f"Tuyên truyền {month}",
            items=items,
            attendance=people,
        )
        for month, items, people in (
            (3, 100_000, 11_000_000),
            (6, 66_000, 7_000_000),
            (10, 50_000, 5_000_000),
        )
    ]
    contests = [
        performed("BTP", "2023-04-10", "contest", "Cuộc thi ở địa phương", items=4_979, attendance=1_400_000),
        performed("BTP", "2023-08-10", "contest", "Cuộc thi toàn quốc", attendance=600_000),
    ]
    conferences = [
        performed(
            "TINH13-SO",
            "2024-05-10",
            "conference",
            "Hội nghị tại xã",
            items=162,
            attendance=7_657,
            area="xã, phường",
        ),
        performed(
            "TINH13-SO",
            "2024-06-10",
            "conference",
            "Hội nghị tại trường",
            items=2,
            attendance=1_645,
            area="trường học",
        ),
        performed("TINH13-SO", "2024-06-12", "radio_tv", "Phát thanh", items=40, area="xã, phường"),
    ]
    seminar = performed("BTP", "2024-10-10", "panel_talk", "Tọa đàm", reach="cơ quan báo chí", reach_count=40)
    return [*of_vp, *joint, *country, *contests, *conferences, seminar]


def entry(unit: str, kind: str, title: str, **more: Any) -> dict[str, Any]:
    return {"unit_code": unit, "year": 2024, "kind": kind, "title": title, "happened_on": "2024-05-20"} | more


def programme() -> Rows:
    inspected = (("HUYEN-A", 15, 5), ("HUYEN-B", 12, 4), ("XA-C", 5, 1))
    inspections = [
        entry(
            "STP-QN",
            "inspection_conducted",
            f"Kiểm tra {unit}",
            entry_ref=f"KT-{unit}",
            lead_unit_code=unit,
            examined=examined,
            quantity=wrong,
        )
        for unit, examined, wrong in inspected
    ]
    advised = [
        entry("STP-QN", "advice_given", "Văn bản tham mưu", quantity=85),
        entry("STP-QN", "plan_adopted", "Kế hoạch được tham mưu ban hành", quantity=75),
    ]
    issued = [entry("HDPH", "directive_issued", f"Văn bản số {at} của Hội đồng") for at in range(1, 49)]
    return [*inspections, *advised, *issued]


def opinions() -> Rows:
    groups = "VNeID: 4300000; từ 18 đến 30 tuổi: 1900000; trên 30 tuổi: 2400000; nông dân: 1500000"
    return [
        {
            "draft_code": "CHINHPHU-DN-1",
            "stage": "draft_consultation",
            "summarised_on": "2025-06-05",
            "received": RECEIVED,
            "agree": AGREE,
            "disagree": RECEIVED - AGREE,
            "groups": groups,
            "counting_rule": SPOKEN,
        }
    ]


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure: the command that reads it, and what its answer says."""

    number: int
    command: str
    read: Callable[[Answer], Any]
    published: Any


def by_key(*names: str) -> Callable[[Answer], dict[str, Any]]:
    def read(answer: Answer) -> dict[str, Any]:
        return {
            group["key"]: tuple(group[name] for name in names) if len(names) > 1 else group[names[0]]
            for group in answer["groups"]
        }

    return read


def alone(*names: str) -> Callable[[Answer], Any]:
    return lambda answer: tuple(answer["groups"][0][name] for name in names)


def kind(group: str, name: str, *figures: str) -> Callable[[Answer], Any]:
    def read(answer: Answer) -> Any:
        (of_group,) = (each for each in answer["groups"] if each["key"] == group)
        (of_kind,) = (each for each in of_group["kinds"] if each["kind"] == name)
        return tuple(of_group["figures"].get(key, of_kind.get(key)) for key in figures)

    return read


def appraised(answer: Answer) -> Any:
    of = by_key("drafts", "change")(answer)
    return of["appraisal"], of["policy_appraisal"][0]


FIGURES = (
    Figure(
        1,
        "loa counts --from 2022-04-01 --to 2023-04-30 --unit VP --include-descendants --group-by instrument",
        by_key("drafts_communicated"),
        {"provincial_resolution": 17, "provincial_decision": 33},
    ),
    Figure(
        1,
        "loa counts --from 2022-04-01 --to 2023-04-30 --unit VP --include-descendants",
        alone("drafts_communicated"),
        (50,),
    ),
    Figure(
        2,
        "loa counts --from 2022-04-01 --to 2023-04-30 --unit VP --include-descendants --group-by channel",
        by_key("activities"),
        {"written_request": 50, "portal_posting": 50, "conference": 1},
    ),
    Figure(
        3,
        "loa counts --of drafts --year 2024 --area-of STP-QN --group-by stage",
        appraised,
        ((95, 28 / 67), 5),  # +41.8 %
    ),
    Figure(
        5,
        "loa programme --year 2024 --unit STP-QN",
        kind(
            "inspection",
            "inspection_conducted",
            *("entries", "units_inspected", "examined", "findings_district_legacy", "findings_commune"),
        ),
        (3, 3, 32, 9, 1),
    ),
    Figure(6, "loa counts --year 2025", alone("items", "attendance"), (216_000, 23_000_000)),
    Figure(7, "loa counts --year 2023 --channel contest", alone("items", "attendance"), (4_980, 2_000_000)),
    Figure(
        8, "loa programme --year 2024 --unit HDPH", kind("leadership", "directive_issued", "entries"), (48,)
    ),
    Figure(
        9,
        "loa counts --of opinions --year 2025",
        lambda answer: (answer["groups"][0]["received"], round(answer["groups"][0]["share_agree"], 4)),
        (RECEIVED, 0.9975),
    ),
    Figure(
        10,
        "loa counts --of opinions --year 2025 --group-by group",
        by_key("received"),
        {
            "VNeID": 4_300_000,
            "từ 18 đến 30 tuổi": 1_900_000,
            "trên 30 tuổi": 2_400_000,
            "nông dân": 1_500_000,
        },
    ),
    Figure(11, "loa counts --of opinions --year 2025", alone("counting_rules"), ([SPOKEN],)),
    Figure(
        12,
        "loa counts --of drafts --year 2024 --unit CHINHPHU --include-descendants --group-by stage",
        by_key("entered"),
        {"policy_appraisal": 33, "appraisal": 176},
    ),
    Figure(
        13,
        "loa counts --year 2024 --unit TINH13 --include-descendants --channel conference --group-by area",
        by_key("items", "attendance"),
        {"xã, phường": (162, 7_657), "trường học": (2, 1_645)},
    ),
    Figure(
        14,
        "loa counts --year 2024 --unit BTP --channel panel_talk",
        alone("activities", "reach_count"),
        (1, 40),
    ),
    Figure(
        15,
        f"loa counts --of drafts --year {NEXT} --unit TINH15 --include-descendants --stage adopted",
        alone("drafts", "expected"),
        (243, 243),
    ),
    Figure(
        15,
        f"loa counts --of drafts --year {NEXT} --unit TINH15 --include-descendants --stage adopted --group-by handling",
        by_key("drafts"),
        dict(HANDLED),
    ),
    Figure(
        15,
        f"loa counts --of drafts --year {NEXT} --unit TINH15 --include-descendants --stage adopted --group-by unit",
        by_key("drafts"),
        {"TINH15-SO": 243},
    ),
    Figure(
        15,
        f"loa counts --of drafts --year {NEXT} --unit TINH15 --include-descendants --stage adopted --group-by session",
        by_key("drafts"),
        {SESSIONS[0]: 162, SESSIONS[1]: 81},
    ),
)
ADVISED = Figure(
    4, "loa programme --year 2024 --unit STP-QN", kind("advice", "advice_given", "quantity"), (85,)
)
PLANS = Figure(4, ADVISED.command, kind("leadership", "plan_adopted", "quantity"), (75,))
NOT_EXPRESSED = {
    4: "2.700 công văn là toàn bộ thư từ hành chính của Sở, không riêng Quyết định số 407",
}


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server,
            keys,
            token_issuer,
            session_database,
            *SERVICES,
            evidence_url=tmp_path_factory.mktemp("evidence").as_uri(),
        ) as opened,
    ):
        sheets: Sequence[tuple[str, Rows]] = (
            ("units", units()),
            ("drafts", DRAFTS),
            ("stages", list(stages())),
            ("opinions", opinions()),
        )
        for sheet, rows in sheets:
            await opened.import_rows(sheet, rows)
        await opened.settled()
        await opened.import_rows("communications", communications())
        await opened.import_rows("programme", programme())
        await opened.settled()
        await attach_a_file(opened)
        yield opened


async def attach_a_file(platform: Platform) -> None:
    """Have Loa keep a file of evidence, under a title."""
    client = platform.campaigns.client
    listed = await client.get("/communications", params={"limit": 1})
    number = listed.json()["items"][0]["communication_id"]
    sent = await client.post(
        f"/communications/{number}/evidence/files",
        files={"file": ("bien-ban.pdf", PDF)},
        data={"title": "Biên bản"},
    )
    assert sent.status_code == 201, sent.text
    await platform.settled()


async def ask(platform: Platform, command: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command as a person does; returns what it prints."""
    metrics = platform.services["metrics"]
    monkeypatch.setenv("LOA_URL_METRICS", f"http://127.0.0.1:{metrics.settings.port}")
    monkeypatch.setenv("LOA_TOKEN", metrics.issuer.token(Role.OPERATOR, None))
    done = await asyncio.to_thread(CliRunner().invoke, app, command.split()[1:])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    "figure",
    [*FIGURES, ADVISED, PLANS],
    ids=lambda figure: f"{figure.number}-{figure.command.rpartition(' ')[2]}",
)
async def test_a_published_figure_is_read_by_one_command(
    platform: Platform, figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = json.loads(await ask(platform, f"{figure.command} --json", monkeypatch))
    assert figure.read(answer) == figure.published


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (FIGURES[3].command, ("95", "67", "+41,8%", "Cùng kỳ năm trước")),
        ("loa counts --of opinions --year 2025", ("280.226.909", "99,75%", SPOKEN)),
        ("loa programme --year 2024 --unit STP-QN", ("32", "Văn bản, hồ sơ được kiểm tra", "85", "75")),
        ("loa counts --year 2023 --channel contest", ("4.980", "2.000.000")),
    ],
    ids=["drafts", "opinions", "programme", "activities"],
)
async def test_it_is_printed_as_officials_write_it(
    platform: Platform, command: str, printed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = await ask(platform, command, monkeypatch)
    assert [text for text in printed if text not in shown] == []


def test_all_fifteen_are_answered_or_explained() -> None:
    """Each stands in the documentation with its command, or with the reason why it can't be expressed."""
    text = README.read_text(encoding="utf-8")
    numbers = {figure.number for figure in chain(FIGURES, [ADVISED])} | set(NOT_EXPRESSED)
    assert numbers == set(range(1, 16))
    commands = {figure.command.replace(str(NEXT), "2026") for figure in chain(FIGURES, [ADVISED])}
    assert [command for command in sorted(commands) if f"`{command}`" not in text] == []
    assert [reason for reason in NOT_EXPRESSED.values() if reason not in text] == []


def imported(platform: Platform, folder: Path) -> list[Finding]:
    return [finding for finding in findings_of(platform, folder, CHECKED) if finding.refused]


async def test_exported_and_imported_again_the_figures_are_the_same(
    platform: Platform,
    keys: Keyring,
    token_issuer: Issuer,
    new_database: NewDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every field that a figure rests on, and the files of evidence, go along in the files."""
    folder = tmp_path / "export"
    await asyncio.to_thread(exported, platform, folder)
    async with (
        fresh_nats(tmp_path / "nats", keys) as server,
        open_platform(
            server,
            keys,
            token_issuer,
            new_database,
            *SERVICES,
            evidence_url=(tmp_path / "evidence").as_uri(),
        ) as other,
    ):
        assert await asyncio.to_thread(imported, other, folder) == []
        await other.settled()
        read = {}
        for figure in [*FIGURES, ADVISED, PLANS]:
            answer = json.loads(await ask(other, f"{figure.command} --json", monkeypatch))
            read[figure.command, figure.read] = figure.read(answer)
        assert read == {(each.command, each.read): each.published for each in [*FIGURES, ADVISED, PLANS]}
        kept = [path for path in (tmp_path / "evidence").iterdir() if path.read_bytes() == PDF]
        assert len(kept) == 1
        head = await other.head()
        assert await asyncio.to_thread(imported, other, folder) == []
        assert await other.head() == head
