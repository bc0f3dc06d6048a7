"""Finds the programs of readers in deploy/sample/README.md, the only place that has them."""

import re
from enum import StrEnum
from pathlib import Path

from deploy import sample

DOCUMENT = Path(sample.__file__).with_name("README.md")
BLOCK = re.compile(r"<!-- reader: (?P<name>[a-z-]+) -->\n+```[a-z]*\n(?P<code>.*?)```", re.DOTALL)


class Snippet(StrEnum):
    """Libraries for which there is a program."""

    NATS_PY = "nats-py"
    FASTSTREAM = "faststream"
    NODE = "node"


def snippets() -> dict[Snippet, str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    return {Snippet(block["name"]): block["code"] for block in BLOCK.finditer(text)}


def snippet(name: Snippet) -> str:
    return snippets()[name]
