"""The five buttons under a gap in a mail: one link each, for whoever may answer for the unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from services.notifier.domain.digest import Digest, Line
from shared.contracts.vocabulary import AlertAnswer, RecipientRole
from shared.kernel.clock import VIETNAM
from shared.signed_links.links import VALID_FOR, Link, LinkSigner, link_id


@dataclass(frozen=True, slots=True)
class AnswerLinks:
    """Without a signer mails bear no buttons."""

    signer: LinkSigner | None

    def of(self, digest: Digest, line: Line) -> Mapping[AlertAnswer, str]:
        """Address every answer; none for supervisors, and for gaps of units below."""
        reader = line.reader or digest.recipient
        supervises = reader.role is RecipientRole.SUPERVISOR or line.is_below
        if self.signer is None or supervises:
            return {}
        address = self.signer.address
        return {answer: address(_link(digest, line, answer)) for answer in AlertAnswer}


def _link(digest: Digest, line: Line, answer: AlertAnswer) -> Link:
    gap = line.gap
    return Link(
        link_id=link_id(digest.key, gap.gap_id, answer),
        recipient_id=(line.reader or digest.recipient).recipient_id,
        gap_id=gap.gap_id,
        draft_code=gap.draft_code,
        unit_code=gap.unit_code,
        stage=gap.stage,
        answer=answer,
        expires=datetime.combine(digest.day + VALID_FOR, time(), VIETNAM),
    )
