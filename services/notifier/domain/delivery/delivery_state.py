"""Where a mail stands in the ledger."""

from enum import StrEnum


class DigestState(StrEnum):
    """`unsure`: it may have gone out, and its day is over, so it is not retried.

    `expired`: it was not taken while it was good for something; the next one repeats its content.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"
    EXPIRED = "expired"


WAITING = frozenset({DigestState.QUEUED, DigestState.CLAIMED})
# What failed did not notify anybody; what may have come through is repeated, under at-least-once.
NOTIFIED = WAITING | {DigestState.SENT}
UNDELIVERED = frozenset({DigestState.FAILED, DigestState.UNSURE})
