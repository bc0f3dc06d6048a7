"""Where a rule comes from, and how far that was checked: only what was read, or a source writes, is cited as law."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import Text


class Certainty(StrEnum):
    """How a rule became part of the table.

    `read`: the article itself was read. `secondary`: a source about it was read. `memory`: from general knowledge.
    `unknown`: nothing was seen that says it.
    """

    READ = "read"
    SECONDARY = "secondary"
    MEMORY = "memory"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "Certainty | None":
        """Take the two words of version 0.1 in an operator's file."""
        return {"sourced": cls.SECONDARY, "unverified": cls.MEMORY}.get(str(value))

    @property
    def is_citable(self) -> bool:
        return self in {Certainty.READ, Certainty.SECONDARY}


UNCITED = Text(
    "Nội dung tạm đặt của hệ thống, chưa đối chiếu được với điều, khoản của văn bản pháp luật",
    "Set provisionally by the system, not checked against any article of law",
)
FROM_A_SOURCE = Text("theo tài liệu dẫn lại, chưa đối chiếu bản gốc", "as a source writes it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """A rule and where it comes from.

    `legal_basis` names document, article and paragraph; `content` says in Loa's words what they ask for; `note` is
    what Loa sets by itself. Pages, mails and letters take the law from `cited`, never from `legal_basis`.
    """

    legal_basis: str
    content: str
    source: str
    certainty: Certainty
    note: str

    @property
    def cited(self) -> str | None:
        """Give the law that stands behind the rule; None if nobody saw it there."""
        return self.legal_basis if self.certainty.is_citable else None

    @property
    def grounds(self) -> Text:
        """Say for people where the rule comes from: the law, or that it is not checked."""
        if not self.certainty.is_citable:
            return UNCITED
        if self.certainty is Certainty.SECONDARY:
            return Text(
                f"{self.legal_basis} ({FROM_A_SOURCE.vi})", f"{self.legal_basis} ({FROM_A_SOURCE.en})"
            )
        return Text(self.legal_basis, self.legal_basis)
