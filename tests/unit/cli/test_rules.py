"""`loa rules`: procedures, calendar, and the effect of a rules file before it is used."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter

from deploy.cli.ask import rule_effect, rules
from deploy.cli.ask.year_calendar import days_of
from deploy.cli.console import CommandError
from services.registry.adapters.draft_api import procedures_view
from shared.contracts.vocabulary import Instrument, Procedure, Regime
from shared.kernel.settings import RuleSettings
from shared.rules.rulebook.procedures import ProcedureRule
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.words.wording import CERTAINTIES

PACKAGED = load_rulebook()
DAY = date(2026, 11, 24)
AS_JSON = TypeAdapter(ProcedureRule)
ROWS: list[dict[str, Any]] = [
    AS_JSON.dump_python(rule, mode="json") for dated in PACKAGED.procedures.values() for rule in dated
]
STORM = "day,kind,what,source\n2026-11-19,off,Bão,Công điện\n2026-11-20,off,Bão,Công điện\n"


@pytest.fixture
def storm(tmp_path: Path) -> Path:
    path = tmp_path / "storm.csv"
    path.write_text(STORM, encoding="utf-8")
    return path


def test_every_procedure_in_force_on_a_day() -> None:
    every = len(Regime) * len(Instrument) * len(Procedure)
    assert len(rules.matching(ROWS, on=date(2026, 11, 22))) == every
    assert len(rules.matching(ROWS)) >= every
    for day in (date(2016, 1, 1), date(2025, 8, 1), date(2026, 11, 22)):
        (row,) = rules.matching(ROWS, Regime.LAW_2025, Instrument.DECREE, Procedure.ORDINARY, day)
        rule = PACKAGED.procedure(Regime.LAW_2025, Instrument.DECREE, Procedure.ORDINARY, day)
        assert (row["valid_from"], row["legal_basis"]) == (rule.valid_from.isoformat(), rule.legal_basis)


def test_every_row_is_shown_with_its_certainty_and_article(capsys: pytest.CaptureFixture[str]) -> None:
    services = SimpleNamespace(url=lambda name: f"http://{name}")
    answer = procedures_view(PACKAGED).model_dump(mode="json")
    rows = rules.matching(answer["procedures"], Regime.LAW_2025_AMENDED, Instrument.LAW)
    rules.show_procedures(services, rows, answer["rules_version"])  # type: ignore[arg-type]
    shown = " ".join(capsys.readouterr().out.split())
    for rule in (PACKAGED.procedure(Regime.LAW_2025_AMENDED, Instrument.LAW, way, DAY) for way in Procedure):
        for each in filter(None, [rule, *rule.posting, *rule.replies, rule.appraisal, rule.permission]):
            assert f"{CERTAINTIES[each.certainty].vi.upper()}: {each.legal_basis}. " in shown
            assert each.content in shown
    assert "[1] " in shown


def test_a_calendar_names_its_notice_or_is_called_provisional(capsys: pytest.CaptureFixture[str]) -> None:
    rules.show_calendar(2026, [])
    assert "Thông báo số 9441/TB-BNV" in capsys.readouterr().out
    rules.show_calendar(2028, [])
    shown = capsys.readouterr().out
    assert "2028 is provisional" in shown
    assert "2028-01-01,confirmed" in shown


def test_no_match_names_the_command_that_shows_all() -> None:
    with pytest.raises(CommandError, match="without conditions"):
        rules.show_procedures(None, [], "x")  # type: ignore[arg-type]


def test_a_year_of_the_calendar_with_its_sources(storm: Path) -> None:
    packaged = {item.day: item for item in days_of(2026)}
    assert packaged[date(2026, 1, 2)].source.startswith("văn bản số 12729/VPCP-KGVX")
    assert (packaged[date(2026, 1, 10)].kind, packaged[date(2026, 1, 10)].differs_from_weekday) == (
        "work",
        True,
    )
    assert date(2026, 11, 19) not in packaged
    with_file = {item.day: item.source for item in days_of(2026, [storm])}
    assert with_file[date(2026, 11, 19)] == "Công điện"
    assert days_of(2050) == []


@pytest.mark.parametrize(
    "content", ["day,kind\n2026-31-12,off\n", "day,kind\n2026-12-31,holiday\n", "a,b\n1,2\n"]
)
def test_an_invalid_file_is_refused_with_its_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=r"bad\.csv, line 2"):
        rules.loaded([path])
    with pytest.raises(CommandError, match="is invalid"):
        rules.loaded([tmp_path / "absent.csv"])


def test_the_files_in_force_come_from_the_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calendar, rules = tmp_path / "a.csv", tmp_path / "b.json"
    calendar.touch()
    rules.touch()
    monkeypatch.setenv("LOA_CALENDAR_OVERRIDES", f'["{calendar}"]')
    monkeypatch.setenv("LOA_RULES_OVERRIDES", f'["{rules}"]')
    assert RuleSettings().rule_files == (calendar, rules)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("storm.csv", None, "cannot be read"), ("storm.txt", b"day", "csv"), ("a.json", "đ".encode("utf-16"), "UTF-8")],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_before_any_request(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        rule_effect.calculate(None, path, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        ([], "–"),
        (["drafting"], "Soạn thảo"),
        ([{"stage": "draft_consultation", "min_days": 10}], "Lấy ý kiến dự thảo: 10 ngày"),
        (
            [{"stage": "draft_consultation", "days": 7, "counted_in": "working"}],
            "Lấy ý kiến dự thảo: 7 ngày làm việc",
        ),
        ({"body": "provincial_justice", "days": 15}, "Sở Tư pháp: 15 ngày"),
        ({"body": "none", "days": None}, "Không có bước thẩm định"),
        (None, "–"),
    ],
)
def test_a_field_as_text(value: Any, text: str) -> None:
    assert rule_effect.field_text(value) == text
