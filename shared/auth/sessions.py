"""Sessions of people: one cookie for the pages of all services, kept hashed in a bucket of the broker for eight hours.

A session that nobody uses ends before: when it was used last stands in an entry of its own, which any service may write, and
does once in `NOTED` at most. The session itself is written by the sign-in alone.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import ValidationError

from shared.auth.tokens import Identity, Principal, RevokedIds, Unauthenticated
from shared.eventstore.buckets import Bucket, hashed
from shared.eventstore.streams import SESSION_USE as USE
from shared.kernel.runtime import Clock
from shared.kernel.transient import BROKER
from shared.observability import signals

logger = signals.get_logger(__name__)

LONGEST = timedelta(hours=8)
IDLE = timedelta(minutes=60)  # unless a setting says otherwise
NOTED = timedelta(minutes=5)  # between two notes that a session is used: so much later than `idle` it may end
RECENT = timedelta(minutes=30)  # since signing in, for what outlasts the session
MOST_SEEN = 10_000  # sessions whose last note a process remembers
MOST_OF_SUBJECT = 10  # sessions at once: desks and phones of one mailbox
SECRET_BYTES = 32
MOST_COOKIE = 200
COOKIE = "loa_session"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
SIGN_IN_PATH = "/sign-in"
SIGN_OUT_PATH = "/sign-out"
TRAINING_PATH = "/sign-in/training"
TRAINING_END_PATH = "/sign-in/training/end"


class Way(StrEnum):
    """How someone signed in."""

    MAIL = "mail"
    OIDC = "oidc"
    COMMAND = "command"


class SessionEnded(Unauthenticated):
    code = "session-ended"

    def __init__(self) -> None:
        super().__init__(
            "Phiên đăng nhập đã kết thúc. Đề nghị đăng nhập lại.",
            "The session has ended. Please sign in again.",
        )


class SignInAgain(Unauthenticated):
    """What is asked for reaches far, and the session began long ago."""

    code = "sign-in-again"

    def __init__(self) -> None:
        super().__init__(
            f"Việc này cần một lần đăng nhập không quá {RECENT // timedelta(minutes=1)} phút trước. Đề nghị đăng nhập lại rồi gửi "
            "lại; nội dung đã nhập được giữ.",
            f"This needs a sign-in of the last {RECENT // timedelta(minutes=1)} min. Please sign in again and send it again; what "
            "you typed is kept.",
        )


def require_recent(principal: Principal, now: datetime) -> None:
    """Let somebody who has signed in lately do what outlasts a stolen session; raises `SignInAgain`. A token is as it is."""
    if principal.signed_in_at is not None and now - principal.signed_in_at > RECENT:
        raise SignInAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`session_id` is no secret: the hashes of its subject and of the cookie. `token_id`: the session ends with this token."""

    session_id: str
    principal: Principal
    way: Way
    started: datetime
    expires: datetime
    token_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sessions:
    bucket: Bucket
    revoked: RevokedIds
    now: Clock
    idle: timedelta = IDLE
    _noted: dict[str, datetime] = field(default_factory=dict, repr=False)

    async def start(
        self, principal: Principal, way: Way, *, until: datetime | None = None, token_id: str | None = None
    ) -> tuple[str, Session]:
        """Start a session, at most until `until`, and give the value of its cookie; the oldest of too many ends."""
        now = self.now()
        secret = f"{_of_subject(principal.subject)}.{secrets.token_urlsafe(SECRET_BYTES)}"
        session = Session(
            session_id=_session_id(secret),
            principal=principal,
            way=way,
            started=now,
            expires=min(now + LONGEST, until or now + LONGEST),
            token_id=token_id,
        )
        for older in (await self._newest_of(principal.subject))[MOST_OF_SUBJECT - 1 :]:
            await self.end(older.session_id)
        await self.bucket.put(_entry(session.session_id), _document(session))
        return secret, session

    async def find(self, secret: str, *, by_person: bool = True) -> Session:
        """Find the session of a cookie; raises `SessionEnded`.

        What a page asks for by itself (not `by_person`) is no use of it.
        """
        if len(secret) > MOST_COOKIE or not secret.isascii() or secret.count(".") != 1:
            raise SessionEnded
        session = await self.get(_session_id(secret))
        if session is None or await self._is_revoked(session) or await self._is_idle(session, by_person):
            raise SessionEnded
        return session

    async def _is_idle(self, session: Session, by_person: bool) -> bool:
        """Say whether nobody has used a session for too long; if not, note that it is used now."""
        now, noted = self.now(), self._noted.get(session.session_id, session.started)
        if now - noted < NOTED:
            return False
        try:
            noted = await self._last_note(session)
            if now - noted >= self.idle + NOTED:
                return True
            if by_person and now - noted >= NOTED:
                await self.bucket.put(_use(session.session_id), {"at": now.isoformat()})
                noted = now
        except BROKER as error:  # the key of an older release may not; the session itself was read
            logger.warning("use_of_session_not_noted", error=type(error).__name__)
            noted = now
        if len(self._noted) >= MOST_SEEN:
            self._noted.clear()
        self._noted[session.session_id] = noted
        return False

    async def _last_note(self, session: Session) -> datetime:
        at = (await self.bucket.get(_use(session.session_id))).document.get("at")
        return max(session.started, datetime.fromisoformat(at)) if at else session.started

    async def get(self, session_id: str) -> Session | None:
        """Give a session that has not ended."""
        session = _session(session_id, (await self.bucket.get(_entry(session_id))).document)
        return session if session and session.expires > self.now() else None

    async def train(self, session: Session, *, training: bool) -> None:
        """Begin or end training: what is entered in the session is exercise data meanwhile."""
        changed = replace(session, principal=replace(session.principal, training=training))
        await self.bucket.put(_entry(session.session_id), _document(changed))

    async def end(self, session_id: str) -> None:
        await self.bucket.end(_entry(session_id))

    async def of(self, subject: str) -> Sequence[Session]:
        """List the sessions of one person that have not ended, the newest first."""
        return await self._newest_of(subject)

    async def end_all_of(self, subject: str) -> None:
        for session in await self._newest_of(subject):
            await self.end(session.session_id)

    async def listed(self) -> Sequence[Session]:
        """List the sessions that have not ended, the newest first."""
        return await self._newest("*.*")

    async def _newest_of(self, subject: str) -> Sequence[Session]:
        return await self._newest(f"{_of_subject(subject)}.*")

    async def _newest(self, pattern: str) -> Sequence[Session]:
        keys = await self.bucket.keys(_entry(pattern))
        sessions = [await self.get(key.removeprefix("session.")) for key in sorted(keys)]
        return sorted((each for each in sessions if each), key=lambda each: each.started, reverse=True)

    async def _is_revoked(self, session: Session) -> bool:
        ids = (session.principal.subject, *([session.token_id] if session.token_id else []))
        return any([await self.revoked.include(name) for name in ids])


def csrf_token(secret: str) -> str:
    """Derive what a form of this session must bring along; another site can't read it, and no other session has it."""
    return urlsafe_b64encode(sha256(f"csrf\0{secret}".encode()).digest()[:24]).decode()


def is_csrf_token(secret: str, given: str) -> bool:
    return compare_digest(csrf_token(secret).encode(), given.encode(errors="replace"))


@dataclass(frozen=True, slots=True)
class SignInPlace:
    """Where people sign in: the address of the notifier, that of this service, and all that may be returned to."""

    notifier: str
    own: str
    returns: Sequence[str] = ()

    @property
    def is_secure(self) -> bool:
        return urlsplit(self.notifier).scheme == "https"

    @property
    def is_usable(self) -> bool:
        """A session needs https; on this machine alone http is enough."""
        return self.is_secure or is_loopback(urlsplit(self.notifier).hostname or "")

    @property
    def cookie(self) -> str:
        """Browsers take a `__Host-` cookie over https only, and from this host only (RFC 6265bis)."""
        return f"__Host-{COOKIE}" if self.is_secure else COOKIE

    def at(self, path: str) -> str:
        """Address a page of the sign-in."""
        return f"{self.notifier.rstrip('/')}{path}"

    def sign_in(self, path: str) -> str:
        """Address the sign-in page, which leads back to a path of this service."""
        back = quote(f"{self.own.rstrip('/')}{path}", safe="")
        return f"{self.notifier.rstrip('/')}{SIGN_IN_PATH}?return_to={back}"

    def returned(self, address: str) -> str:
        """Take an address to return to if it is a page of ours; else the sign-in page itself."""
        allowed = any(_is_below(address, base.rstrip("/")) for base in self.returns)
        return address if allowed else f"{self.notifier.rstrip('/')}{SIGN_IN_PATH}"


def _is_below(address: str, base: str) -> bool:
    plain = address.isascii() and address.isprintable() and not set(address) & set(' \\"<>')
    return plain and bool(base) and (address == base or address.startswith((f"{base}/", f"{base}?")))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _of_subject(subject: str) -> str:
    return hashed(subject)[:16]


def _session_id(secret: str) -> str:
    subject = secret.partition(".")[0]
    return f"{subject if subject.isalnum() else hashed(subject)[:16]}.{hashed(secret)}"


def _entry(session_id: str) -> str:
    return f"session.{session_id}"


def _use(session_id: str) -> str:
    return f"{USE}.{session_id}"


def _document(session: Session) -> dict[str, Any]:
    return {
        "sub": session.principal.subject,
        "role": session.principal.role.value,
        "unit": session.principal.unit,
        "way": session.way.value,
        "started": session.started.isoformat(),
        "expires": session.expires.isoformat(),
        "token_id": session.token_id,
        "training": session.principal.training,
    }


def _session(session_id: str, document: Any) -> Session | None:
    """Read an entry; one that was ended, or that another release wrote in its own way, is no session."""
    try:
        named = {name: document[name] for name in ("sub", "role", "unit")}
        return Session(
            session_id=session_id,
            principal=replace(
                Identity.model_validate(named, strict=False).principal(),
                training=document.get("training") is True,  # 0.1.0 writes none
            ),
            way=Way(document["way"]),
            started=datetime.fromisoformat(document["started"]),
            expires=datetime.fromisoformat(document["expires"]),
            token_id=document["token_id"],
        )
    except (KeyError, TypeError, ValueError, ValidationError):
        return None
