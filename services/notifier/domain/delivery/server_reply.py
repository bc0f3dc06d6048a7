"""What the reply of a mail server means for a mail and for its address (RFC 5321, RFC 3463)."""

import re
from dataclasses import dataclass
from enum import Enum

CLOSING = 421  # the server as a whole is not available
PERMANENT = 500  # replies from here on will not change by themselves
REASONS = {550: "mailbox_refused", 552: "mailbox_full", 553: "address_refused", 554: "message_refused"}
# Enhanced codes that speak of the address: bad or moved mailbox, bad domain, mailbox disabled.
NO_SUCH_ADDRESS = re.compile(r"\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b")
ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
WITHOUT_ENHANCED = frozenset({550, 551, 553})


class Step(Enum):
    """The SMTP command that the server refused."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    MESSAGE = "DATA"


class Meaning(Enum):
    SERVER_LATER = "server_later"  # no mail is to blame
    LATER = "later"
    NEVER = "never"
    NEVER_ADDRESS = "never_address"  # nobody reads there


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str
    step: Step

    @property
    def meaning(self) -> Meaning:
        if self.code < PERMANENT:
            of_server = self.code == CLOSING or self.step is Step.SENDER
            return Meaning.SERVER_LATER if of_server else Meaning.LATER
        plain = self.code in WITHOUT_ENHANCED and not ENHANCED.search(self.text)
        of_address = plain or NO_SUCH_ADDRESS.search(self.text)
        is_final = self.step is Step.RECIPIENT and of_address
        return Meaning.NEVER_ADDRESS if is_final else Meaning.NEVER

    @property
    def reason(self) -> str:
        """A word of few, for the ledger and as a metric label."""
        return REASONS.get(self.code, "smtp_refused")

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:300]
