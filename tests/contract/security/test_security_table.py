"""SECURITY-ASVS.md: every requirement of levels 1 and 2, none invented; tests that exist, or a reason, or what is missing."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
LEVELS = Path(__file__).with_name("asvs_levels.csv")  # numbers and levels of the official list, 5.0.0
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
STATES = ("tested", "n/a", "open")
SHORTEST = len("none")  # of a reason
OF_LEVEL = {"1": 70, "2": 183}


def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall((ROOT / "SECURITY-ASVS.md").read_text(encoding="utf-8"))


def official() -> dict[str, str]:
    with LEVELS.open(encoding="utf-8", newline="") as file:
        return {row["number"]: row["level"] for row in csv.DictReader(file)}


def faults(number: str, state: str, proof: str) -> Iterator[str]:
    paths = re.findall(r"`(tests/[\w/]+\.py)`", proof)
    if state not in STATES:
        yield f"{number}: the state is none of {', '.join(STATES)}"
    elif state == "tested":
        if ", ".join(f"`{path}`" for path in paths) != proof or not paths:
            yield f"{number}: names no tests alone"
        yield from (f"{number}: there is no {path}" for path in paths if not (ROOT / path).is_file())
    elif paths or len(proof) < SHORTEST:
        yield f"{number}: says no reason"


def test_every_requirement_has_one_row() -> None:
    levels = official()
    assert Counter(levels.values()) == OF_LEVEL
    assert [number for number, *_ in rows()] == list(levels)


def test_every_row_has_tests_a_reason_or_what_is_missing() -> None:
    states = Counter(state for _, _, state, _ in rows())
    print("ASVS 5.0, levels 1 and 2:", ", ".join(f"{states[state]} {state}" for state in STATES))  # noqa: T201
    assert [fault for number, _, state, proof in rows() for fault in faults(number, state, proof)] == []


def test_a_wrong_row_is_seen() -> None:
    wrong = [
        ("tested", "no path"),
        ("tested", "`tests/contract/nothing.py`"),
        ("open", ""),
        ("done", "`tests/README.md`"),
    ]
    assert [len(list(faults("1.1.1", *row))) for row in wrong] == [1] * len(wrong)
