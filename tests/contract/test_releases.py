"""Today's code keeps what every release promised; no command of ours rewrites a release."""

from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.envelope import CATALOG
from shared.contracts.event import Event
from shared.contracts.vocabulary import CLOSED_LISTS, OPEN_LISTS
from tests.contract import golden, regenerate, release, releases
from tests.contract.golden import MODELS, fields
from tests.contract.releases import Release, changed_samples, faults

RELEASES = releases.releases()
NEWEST = RELEASES[-1]
every_release = pytest.mark.parametrize("released", RELEASES, ids=lambda released: released.version)


def test_there_is_a_release() -> None:
    assert "0.1.0" in [item.version for item in RELEASES]


@every_release
def test_todays_code_keeps_what_was_released(released: Release) -> None:
    assert faults(released, CATALOG.types) == []


@every_release
def test_released_samples_keep_their_bytes(released: Release) -> None:
    assert changed_samples(released, golden.SAMPLES) == [], (
        "they stand in logs out there: write one more instead"
    )


@every_release
def test_a_release_has_a_schema_of_each_type_that_it_lists(released: Release) -> None:
    schemas = {file.stem for file in (releases.RELEASES / released.version / "schemas").iterdir()}
    assert schemas == set(released.types)


def test_every_list_that_an_event_bears_is_open_or_closed() -> None:
    borne = {kind for model in MODELS for _, annotation in fields(model) for kind in _lists_in(annotation)}
    undeclared = borne - {*OPEN_LISTS, *CLOSED_LISTS}
    assert undeclared == set(), "say so in shared/contracts/vocabulary.py"
    assert not {*OPEN_LISTS} & {*CLOSED_LISTS}


def _lists_in(annotation: Any) -> set[type[StrEnum]]:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return {annotation}
    return {kind for part in getattr(annotation, "__args__", ()) for kind in _lists_in(part)}


def test_a_changed_sample_is_noticed(tmp_path: Path) -> None:
    name = next(iter(NEWEST.samples))
    for kept in NEWEST.samples:
        (tmp_path / kept).write_bytes((golden.SAMPLES / kept).read_bytes())
    assert changed_samples(NEWEST, tmp_path) == []
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes().replace(b"1.0", b"1.1"))
    assert changed_samples(NEWEST, tmp_path) == [name]
    (tmp_path / name).unlink()
    assert changed_samples(NEWEST, tmp_path) == [name]


def test_a_release_is_never_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(releases, "RELEASES", tmp_path)
    assert release.main("9.9.9") == 0
    kept = {file: file.read_bytes() for file in tmp_path.rglob("*.json")}
    assert len(kept) == len(MODELS) + 1
    assert release.main("9.9.9") == 1
    assert "never written again" in capsys.readouterr().out
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.json")} == kept
    with pytest.raises(FileExistsError):
        releases.write(tmp_path / "9.9.9", MODELS)


def test_a_release_that_breaks_an_earlier_release_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(releases, "RELEASES", tmp_path)
    assert release.main("9.9.8") == 0
    monkeypatch.setattr(releases, "CONTENT_TYPE", "application/json")
    assert release.main("9.9.9") == 1
    assert "content_type was application/cloudevents+json" in capsys.readouterr().out
    assert not (tmp_path / "9.9.9").exists()


def test_regenerate_writes_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {file: file.read_bytes() for file in releases.RELEASES.rglob("*.json")}
    monkeypatch.setattr(golden, "SCHEMAS", tmp_path)
    monkeypatch.setattr(golden, "next_sample_file", lambda _: tmp_path / "sample.json")
    regenerate.main()
    assert len([*tmp_path.iterdir()]) >= len(MODELS)
    assert {file: file.read_bytes() for file in releases.RELEASES.rglob("*.json")} == before


def test_a_type_that_is_gone_is_noticed() -> None:
    types: dict[str, type[Event]] = {n: m for n, m in CATALOG.types.items() if n != "vn.loa.draft.merged.v1"}
    (fault,) = faults(NEWEST, types)
    assert fault.startswith("vn.loa.draft.merged.v1: the type is gone")
