"""Files with and without mistakes through `loa import`: good rows go in, bad ones are named to the cell."""

import csv
import json
import os
import tempfile
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

import deploy.cli
import deploy.sample
from deploy.cli.client import Services
from deploy.local.state import Current
from deploy.sample import exercise
from shared.kernel import runtime
from shared.kernel.local_day import day_in_vietnam
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.platform.dumps import dump
from tests.support.platform.home import Home, platform, settle
from tests.support.samples.refusals import CASES, answers, table, written

OPEN = Path(deploy.sample.__file__).parent / "open"
README = Path(deploy.cli.__file__).with_name("README.md")

TOMORROW = day_in_vietnam(runtime.now()) + timedelta(days=1)
DRAFT = "VD-1,Nghị quyết thử,provincial_resolution,SO-A,law_2025_amended,yes"

GOOD = {
    "units": "code,name,level,kind\nSO-A,Sở Ví dụ A,provincial,department\n",
    "drafts": f"draft_code,title,instrument,lead_unit_code,regime,in_scope\n{DRAFT}\n",
    "policies": "draft_code,policy_no,title\nVD-1,1,Hỗ trợ học phí\n",
    "stages": "draft_code,stage,entered_on\nVD-1,draft_consultation,2026-03-02\n",
    "plans": "draft_code,document,approved_on\nVD-1,12/KH-STP,2026-02-20\n",
    "activities": "draft_code,planned_on,channel,responsible_unit_code\nVD-1,2026-03-03,radio_tv,SO-A\n",
    "communications": "draft_code,held_on,channel,title,policy_no\nVD-1,2026-03-03,radio_tv,Phát thanh,1\n",
    "programme": "unit_code,year,kind,title\nSO-A,2026,plan_adopted,Kế hoạch năm 2026\n",
    "recipients": "unit_code,role,email,language\nSO-A,focal_point,dau-moi@example.vn,vi\n",
}
BAD = {
    "units": 'code,name,level,kind,note\nSO-B,Sở Ví dụ B,provincial,department,"hai\ndòng"\nSO-C,,provincial,department,\n',
    "drafts": "draft_code,title,instrument,lead_unit_code,regime\n"
    "VD-2,Thiếu đơn vị,decree,KHONG-CO,law_2025_amended\nVD-3,Đúng,decree,SO-B,law_2025_amended\n",
    "stages": "draft_code,stage,entered_on\nVD-3,tham_dinh,2026-03-02\nVD-3,appraisal,2026-02-31\n"
    f"VD-3,drafting,{TOMORROW}\nVD-3,drafting,2026-03-02\n",
    "communications": "draft_code,held_on,channel,title,policy_no\n"
    "VD-3,2026-03-03,radio_tv,Sai chính sách,7\nVD-3,2026-03-03,radio_tv,Đúng,\n",
    "policies": "draft_code;policy_no;title\nVD-3;1;Chính sách\n",
    "activities": "draft_code,stage,planned_on\nVD-3,drafting,2035-03-02\nVD-3,drafting,2026-03-02\n",
    "programme": "unit_code,year,kind,title\nSO-A,2026,obstacle_answered,Thiếu kinh phí\n"
    "SO-A,2026,obstacle_raised,Thiếu kinh phí\n",
    "notes": "a,b\n1,2\n",
}
REFUSED = (
    ("units.csv, line 4, column name", "units.csv, dòng 4, cột name"),
    ("drafts.csv, line 2", "KHONG-CO"),
    ("stages.csv, line 2, column stage = 'tham_dinh'", "không thuộc danh mục"),
    ("stages.csv, line 3, column entered_on = '2026-02-31'", "không phải là ngày hợp lệ"),
    ("stages.csv, line 4", "tương lai"),
    ("communications.csv, line 2", "không có chính sách số 7"),
    ("policies.csv, line 1", "dấu chấm phẩy"),
    ("activities.csv, line 2, column planned_on", "quá xa"),
    ("programme.csv, line 2", "chưa có mục “Thiếu kinh phí”"),
)


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="loa-e2e-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder))
        run = home.up()
        yield home
        assert home.stop(run) == 0, home.output()


@pytest.mark.timeout(300)
def test_the_same_import_twice_ends_at_the_same_position(home: Home) -> None:
    folder = _written(home.root / "good", GOOD, bom="\ufeff")
    first, second = home.loa("import", folder), home.loa("import", folder)
    assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr + second.stderr
    assert first.stdout.splitlines()[-1] == second.stdout.splitlines()[-1]
    assert _counts(first.stdout) == dict.fromkeys(_files(GOOD), ("1", "0", "0"))
    assert _counts(second.stdout) == dict.fromkeys(_files(GOOD), ("0", "1", "0"))


@pytest.mark.timeout(300)
def test_bad_rows_are_named_and_good_ones_go_in(home: Home) -> None:
    done = home.loa("import", _written(home.root / "bad", BAD))
    assert done.returncode == 1
    for english, vietnamese in REFUSED:
        assert english in done.stderr, done.stderr
        assert vietnamese in done.stderr, done.stderr
    assert "notes.csv is ignored" in done.stdout
    assert _counts(done.stdout) == {
        "units.csv": ("1", "0", "1"),
        "drafts.csv": ("1", "0", "1"),
        "policies.csv": ("0", "0", "1"),
        "stages.csv": ("1", "0", "3"),
        "communications.csv": ("1", "0", "1"),
        "activities.csv": ("1", "0", "1"),
        "programme.csv": ("1", "0", "1"),
    }


@pytest.mark.timeout(300)
def test_a_workbook_is_taken_like_a_folder(home: Home) -> None:
    book = openpyxl.Workbook()
    book.active.title = "units"
    book.active.append(["code", "name", "level", "kind"])
    book.active.append(["SO-X", "Sở Ví dụ X", "provincial", "department"])
    book.active.append(["SO-Y", "Sở Ví dụ Y", "provincial", "phòng"])
    path = home.root / "units.xlsx"
    book.save(path)
    done = home.loa("import", path)
    assert done.returncode == 1
    assert "units, line 3, column kind = 'phòng'" in done.stderr
    assert _counts(done.stdout) == {"units": ("1", "0", "1")}


@pytest.mark.timeout(300)
def test_questions_are_answered_in_words_and_as_json(home: Home) -> None:
    for arguments in (["compliance"], ["gaps"], ["gaps", "--json"], ["status"], ["preview"]):
        done = home.loa(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    wrong = home.loa("compliance", "--as-of", "2026-02-31")
    assert (wrong.returncode, "ngày hợp lệ" in wrong.stderr) == (1, True)
    assert home.loa("rebuild", "metrics").returncode == 0
    assert "as declared" in home.loa("streams", "plan").stdout
    reader = home.loa("token", "--role", "reader").stdout.strip()
    refused = home.loa("rebuild", "metrics", LOA_TOKEN=reader)
    assert (refused.returncode, "reader" in refused.stderr) == (1, True)


@pytest.mark.timeout(300)
def test_every_way_of_being_wrong_is_answered_as_the_readme_says(home: Home) -> None:
    base = {
        "units": GOOD["units"],
        "drafts": GOOD["drafts"] + "VD-9,Đã rút,provincial_resolution,SO-A,law_2025_amended,yes\n",
        "policies": GOOD["policies"],
        "stages": GOOD["stages"] + "VD-9,draft_consultation,2026-03-02\nVD-9,withdrawn,2026-03-05\n",
    }
    assert home.loa("import", _written(home.root / "base", base)).returncode == 0
    folders = (home.root / f"case-{number}" for number in count())
    with Services(Current(urls=home.current["urls"], token=home.current["token"])) as services:
        lines = list(table(lambda case: answers(written(case, next(folders)), services)))
    notified = [line for line in lines[2:] if line]
    assert len({line.split(" | ")[0] for line in notified}) == len(CASES)
    before, begin, rest = README.read_text().partition("<!-- refusals -->\n")
    now = "\n".join(lines) + "\n"
    was, end, after = rest.partition("<!-- /refusals -->")
    if os.environ.get("LOA_WRITE_REFUSALS"):
        README.write_text(before + begin + now + end + after)
    else:
        assert was == now, "the table in deploy/cli/README.md is not what the import says"


@pytest.mark.timeout(300)
def test_twins_in_another_normal_form_are_the_same_row_and_formulas_are_text(home: Home) -> None:
    title = "=Hỗ trợ học phí"
    files = [
        {"policies": f"draft_code,policy_no,title\nVD-1,5,{unicodedata.normalize(form, title)}\n"}
        for form in ("NFC", "NFD")
    ]
    base = {"units": GOOD["units"], "drafts": GOOD["drafts"]}
    assert home.loa("import", _written(home.root / "twin-base", base)).returncode == 0
    outputs = [home.loa("import", _written(home.root / f"twin-{n}", part)) for n, part in enumerate(files)]
    counts = [_counts(output.stdout)["policies.csv"] for output in outputs]
    assert counts == [("1", "0", "0"), ("0", "1", "0")]


MERGED = {  # what the samples lack: successions, a dissolution, own targets, columns of one's own
    "units": "code,name,level,kind,Trụ sở\n"
    "XA-A,Xã A,commune,commune,Thôn 1\nXA-B,Xã B,commune,commune,\nXA-C,Xã C,commune,commune,\n",
    "unit_successions": "from_code,to_code,kind,date,legal_basis,source,Bàn giao\n"
    "XA-A,XA-B,merge,2025-07-01,NQ 1685/NQ-UBTVQH15,Công báo,đã xong\nXA-C,,dissolve,2025-07-01,,,đang làm\n",
    "supervision": "unit_code,supervisor_code,kind,from,document,Người giao\n"
    "XA-A,XA-B,justice_body,2025-01-01,QĐ 1,Phòng 1\nXA-B,XA-C,council,2025-01-01,,\n"
    "XA-A,-,justice_body,2025-06-01,QĐ 2,\n",
    "targets": "unit_code,year,target_percent,document,Người trình\n"
    "XA-B,2025,70,KH 12,Phòng 1\nXA-B,2025,72.5,KH 15,Phòng 2\n",
    "drafts": "draft_code,title,instrument,lead_unit_code,regime,in_scope,Người soạn\n"
    f"{DRAFT.replace('VD-1', 'VD-M')},Phòng 1\n"
    f"{DRAFT.replace('VD-1', 'VD-N').replace('Nghị quyết thử', '=HYPERLINK(A1)')},@SUM(A1)\n",
    "stages": "draft_code,stage,entered_on,Số công văn\n"
    "VD-M,draft_consultation,2026-03-02,12/CV\nVD-M,suspended,2026-03-05,13/CV\n",
    "exemptions": "draft_code,stages,document,Ghi chú riêng\nVD-M,draft_consultation,QĐ 5,theo đề nghị của Sở\n",
}
NOTED = ("Trụ sở", "Bàn giao", "Người giao", "Người trình", "Người soạn", "Số công văn", "Ghi chú riêng")


@pytest.mark.timeout(300)
async def test_what_is_exported_goes_in_again_to_an_identical_state(home: Home) -> None:
    exercise.write(home.root / "office", day_in_vietnam(runtime.now()), load_rulebook().calendar)
    head, _, units = MERGED["units"].partition("\n")
    registered = GOOD["units"].partition("\n")[2].replace("\n", ",\n")
    own = _written(home.root / "merged", {**MERGED, "units": f"{head}\n{registered}{units}"})
    for folder, dataset in ((home.root / "office", "exercise"), (OPEN, "sample"), (own, "live")):
        taken = home.loa("import", folder, "--dataset", dataset, "--keep-notes", ",".join(NOTED))
        assert taken.returncode == 0, taken.stderr
    done = home.loa("export", home.root / "out")
    assert done.returncode == 0, done.stderr
    assert f"--keep-notes '{','.join(sorted(NOTED))}'" in done.stdout
    assert home.loa("export", home.root / "out").returncode == 1
    cells = [cell for file in (home.root / "out").glob("*.csv") for row in rows_of(file) for cell in row]
    assert [cell for cell in cells if cell[:1] in {*"=+@\t\r"}] == []
    assert {"'=HYPERLINK(A1)", "'@SUM(A1)"} <= {*cells}
    with platform() as other:
        again = other.loa("import", home.root / "out", "--keep-notes", ",".join(NOTED))
        assert again.returncode == 0, again.stderr
        here, there = _state(home), _state(other)
        assert {kind: _differences(here[kind], there[kind]) for kind in here} == {kind: [] for kind in here}
        assert [column for column in NOTED if column not in json.dumps(here, ensure_ascii=False)] == []
        settle(home)
        settle(other)
        assert await dump(other, "registry", "campaigns") == await dump(home, "registry", "campaigns")


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


def _differences(here: list[Any], there: list[Any]) -> list[Any]:
    """Name what is not the same, that a failure says it shortly."""
    assert len(here) == len(there)
    pairs = [(item, other) for item, other in zip(here, there, strict=True) if item != other]
    return [_fields(pair, other) if isinstance(pair, dict) else (pair, other) for pair, other in pairs]


def _fields(item: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {name: (item[name], other.get(name)) for name in item if item[name] != other.get(name)}


def _state(home: Home) -> dict[str, Any]:
    """Ask for everything; only ids drawn at the moment of recording are left out."""
    with Services(Current(urls=home.current["urls"], token=home.current["token"])) as services:
        codes = [draft["draft_code"] for draft in _items(services, "registry", "/drafts")]
        units = [unit["unit_code"] for unit in _items(services, "registry", "/units")]
        return {
            "units": [_unit(services.get("registry", f"/units/{code}")) for code in units],
            "drafts": [_plain(services.get("registry", f"/drafts/{code}")) for code in codes],
            "communications": [
                _items(services, "campaigns", f"/drafts/{code}/communications") for code in codes
            ],
        }


def _items(services: Services, service: str, path: str) -> list[dict[str, Any]]:
    page = services.get(service, path, limit=500)
    assert page["next"] is None
    return [{name: value for name, value in item.items() if name != "version"} for item in page["items"]]


def _unit(unit: dict[str, Any]) -> dict[str, Any]:
    changes = [{**change, "change_id": "", "recorded_at": ""} for change in unit["changes"]]
    return {**unit, "changes": changes}


def _plain(draft: dict[str, Any]) -> dict[str, Any]:
    stages = [{**stage, "entry_id": ""} for stage in draft["stages"]]
    findings = [{**finding, "about": ""} for finding in draft["findings"]]
    return {**draft, "stages": stages, "findings": findings, "version": 0}


def _written(folder: Path, files: dict[str, str], bom: str = "") -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(bom + text, encoding="utf-8")
    return folder


def _files(files: dict[str, str]) -> list[str]:
    return [f"{name}.csv" for name in files]


def _counts(output: str) -> dict[str, tuple[str, ...]]:
    """Read the table at the end: file, taken, unchanged, refused."""
    rows = [line.strip("│ ").split("│") for line in output.splitlines() if line.startswith("│")]
    return {cells[0].strip(): tuple(cell.strip() for cell in cells[1:]) for cells in rows}
