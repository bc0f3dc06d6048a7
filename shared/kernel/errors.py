"""The three families of errors: a refusal by the domain, a transient fault, a permanent one."""

from dataclasses import dataclass
from typing import ClassVar, Literal

RefusalKind = Literal[
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "stale",
    "not_yet",
    "unavailable",
    "too_large",
    "gone",
    "too_many",
]


@dataclass(frozen=True, slots=True)
class Text:
    """One message in the two languages of the product."""

    vi: str
    en: str

    def filled(self, /, **values: object) -> "Text":
        """Fill in the places in braces (`{names}`), in both languages."""
        return Text(self.vi.format(**values), self.en.format(**values))


class LoaError(Exception):
    """The root of what this system raises itself."""


def in_words(error: Exception) -> str:
    """Say what went wrong to a person: the names of our own classes mean nothing to them, those of libraries can be looked up."""
    return str(error) if isinstance(error, LoaError) else f"{type(error).__name__}: {error}"


class Refusal(LoaError):
    """The domain says no, and says what to do; nothing was written.

    `code` is stable (it ends the `type` of a problem document, RFC 9457), `kind` gives the edge which
    family of status fits, `message` is for a person.
    """

    code: ClassVar[str] = "refused"
    kind: ClassVar[RefusalKind] = "conflict"

    retry_after: int | None = None
    """Seconds after which the same request may succeed; None if it will not."""

    def __init__(self, vi: str, en: str, **facts: object) -> None:
        super().__init__(en)
        self.message = Text(vi, en)
        self.facts = facts


class TooManyAttempts(Refusal):
    """It was tried too often; `retry_after` are the seconds until it may be tried again."""

    code = "too-many-attempts"
    kind = "too_many"

    def __init__(self, seconds: int) -> None:
        minutes = -(-seconds // 60)
        super().__init__(
            f"Đã có quá nhiều lần thử trong thời gian ngắn. Đề nghị thử lại sau {minutes} phút; "
            "các liên kết khác trong thư vẫn dùng được bình thường.",
            f"There were too many attempts in a short time. Please try again in {minutes} min; "
            "other links of the mail still work.",
        )
        self.retry_after = seconds


class TransientError(LoaError):
    """It may work later: try again, with a delay."""


class Unavailable(TransientError):
    """It may work later, once a person has done something; `message` is for that person, `code` as of a `Refusal`."""

    code: ClassVar[str] = "temporarily-unavailable"

    def __init__(self, vi: str, en: str, **facts: object) -> None:
        super().__init__(f"{en} ({facts})" if facts else en)
        self.message = Text(vi, en)
        self.facts = facts


class PermanentError(LoaError):
    """It will never work as it is: park it, with a low-cardinality reason that is also a metric label."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
