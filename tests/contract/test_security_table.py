"""SECURITY.md: each requirement of the ASVS names a test that exists, or a reason why it does not apply."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) [^|]+ \| (tested|n/a) \| ([^|]+) \|$", re.MULTILINE)


def test_every_requirement_has_a_test_or_a_reason() -> None:
    rows = ROW.findall((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    states = Counter(state for _, state, _ in rows)
    print(f"ASVS 5 level 2: {states['tested']} tested, {states['n/a']} not applicable")  # noqa: T201  the counts
    assert len({number for number, _, _ in rows}) == len(rows) > 0
    for number, state, proof in rows:
        path = re.fullmatch(r"`(tests/[\w/.]+)`", proof.strip())
        assert (path is not None) is (state == "tested"), number
        assert path is None or (ROOT / path[1]).is_file(), number
