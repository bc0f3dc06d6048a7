"""What a letter says that urges units; how it is drawn is in `reminder_letter`, whose python-docx holds 7 MiB."""

from dataclasses import dataclass
from datetime import date

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in words."""

    unit: str
    subject: str
    due_on: str
    overdue_days: int
    reason: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the issuer adds to a letter: until when, whom to turn to, and on which document of its own it rests."""

    deadline: date
    contact: str | None = None
    basis: str | None = None
