"""What the golden files keep of an answer: everything but what differs from run to run.

Masked are positions in the log (metrics announces beside the imports, so numbers vary), ids drawn at random (UUID
version 4: events, communications, mailboxes; a mailbox is written as its address), Message-IDs, digest keys and ids
of alerts (all made from such ids) and the tokens of links. Ids made from codes (version 5), versions of aggregates, days,
moments (the clock stands still) and the version of the rules stay. Styles are kept once, in `styles.txt`, so that one
changed line of style changes one file.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RANDOM = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TOKEN = re.compile(r"/(answers|mailbox)/[a-z2-7]{26}")
CONFIRMATION = re.compile(r'(?<=name="confirm" value=")[0-9a-f]{32}')
MESSAGE = re.compile(r"<[0-9a-f-]{36}@")
POSITIONS = frozenset({"position", "facts_position", "known_from", "known_to", "last_position"})
DERIVED = frozenset({"alert_id"})  # ids of version 5 that are made from one drawn at random
IN_PAGES = re.compile(r'(?<=vị trí )[\d.]+(?= trong nhật ký)|(?<=data-position=")\d+')
SHEET = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
INLINE = re.compile(r' style="([^"]*)"')
REPEATED = frozenset(
    {"definition", "definition_en", "definition_of_counts", "definition_of_counts_en"}
)  # long texts of every answer with figures
PICTURE = re.compile(r"data:image/png;base64,[\w+/=]+")


@dataclass(slots=True)
class Plain:
    """`mailboxes` gives addresses by id; `styles` and `texts` collect what is recorded once."""

    mailboxes: Mapping[str, str] = field(default_factory=dict)
    styles: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        for recipient_id, address in self.mailboxes.items():
            text = text.replace(recipient_id, f"({address})")
        text = CONFIRMATION.sub("(confirmation)", TOKEN.sub(r"/\1/(token)", text))
        return RANDOM.sub("(id)", text)

    def page(self, html: str) -> str:
        self.styles |= {*SHEET.findall(html), *INLINE.findall(html)}
        html = INLINE.sub("", SHEET.sub("<style></style>", html))
        return self.text(PICTURE.sub("(picture)", IN_PAGES.sub("(position)", html)))

    def document(self, answers: Mapping[str, Any]) -> str:
        """Write answers by their path, one short line per value; keys in order."""
        content = json.dumps(self._masked(answers), ensure_ascii=False, indent=1, sort_keys=True)
        return f"{self.text(_compact(content))}\n"

    def _masked(self, answer: Any) -> Any:
        if isinstance(answer, dict):
            self.texts |= {key: answer[key] for key in REPEATED & answer.keys()}
            return {key: self._value(key, item) for key, item in answer.items()}
        return [self._masked(item) for item in answer] if isinstance(answer, list) else answer

    def _value(self, key: str, value: Any) -> Any:
        if key in POSITIONS:
            return "(position)"
        return f"({key})" if key in REPEATED | DERIVED else self._masked(value)


def _compact(text: str) -> str:
    """Put innermost objects and lists on one line."""
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda match: re.sub(r"\s*\n\s*", " ", match[0]), text)
