"""Turns of requests: so many are in work at once, the others wait in their order, and nobody waits long for nothing.

Where all requests together are more than the service can do, a queue only makes every answer late. So who can't expect a turn
in time is refused at once, and the accepted ones stay quick.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.types import Message, Receive, Scope, Send

from shared.kernel.errors import Refusal
from shared.observability import signals

logger = signals.get_logger(__name__)

MOST_WAITING = 200  # requests of one queue
SOON = 1  # seconds after which a refused client may send again
LOG_SECONDS = 10.0  # between two lines about refused requests


class TooManyRequests(Refusal):
    """One caller sends more than its share."""

    code = "too-many-requests"
    kind = "too_many"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Có quá nhiều yêu cầu từ cùng một nơi gửi; đề nghị gửi lại sau {seconds} giây.",
            f"Too many requests come from one caller; send again after {seconds} s.",
        )
        self.retry_after = seconds


class TooBusy(Refusal):
    """All turns for large requests are taken for longer than one waits."""

    code = "too-busy"
    kind = "unavailable"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__(
            "Hệ thống đang xử lý nhiều yêu cầu nặng; đề nghị gửi lại sau ít giây. Chưa có gì được ghi.",
            "The system is busy with other large requests; send again in a few seconds. Nothing was written.",
        )


class Overloaded(Refusal):
    """More requests come than the service can answer in time."""

    code = "overloaded"
    kind = "unavailable"
    retry_after = SOON

    def __init__(self) -> None:
        super().__init__(
            f"Hệ thống đang nhận nhiều yêu cầu hơn khả năng xử lý; đề nghị gửi lại sau {SOON} giây. Chưa có gì được ghi.",
            f"More requests come than the system can answer in time; send again after {SOON} s. Nothing was written.",
        )


@dataclass(slots=True)
class Turns:
    """Lets `most` in at once; the others wait in their order."""

    most: int
    running: int = 0
    waiting: deque[tuple[asyncio.Future[None], float]] = field(default_factory=deque)  # and since when

    async def enter(self, patience: float, refusal: type[Overloaded | TooBusy]) -> None:
        """Wait for a turn, for `patience` seconds at most; raises `refusal`, or `TooManyRequests` if too many wait already.

        It is raised at once if the first has waited half as long: at twice the capacity, who comes then waits the whole.
        """
        if self.running < self.most:
            self.running += 1
            return
        if len(self.waiting) >= MOST_WAITING:
            raise TooManyRequests(round(patience) or SOON)
        if self.age > patience / 2:
            raise refusal
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((turn, time.monotonic()))
        entered = False
        try:
            async with asyncio.timeout(patience):
                await turn
            entered = True
        except TimeoutError as error:
            raise refusal from error
        finally:
            if not entered:
                self._give_up(turn)

    @property
    def age(self) -> float:
        """How long the first has waited, in seconds; 0 if nobody waits."""
        return time.monotonic() - self.waiting[0][1] if self.waiting else 0.0

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.leave()  # it came in the same moment
        else:
            self.waiting = deque(each for each in self.waiting if each[0] is not turn)

    def resume(self) -> None:
        """Go on after a rest; nobody waits in the middle of a request."""
        self.running += 1

    def leave(self) -> None:
        """Pass the turn on."""
        self.running -= 1
        while self.waiting and self.running < self.most:
            turn, _ = self.waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)


@dataclass(slots=True)
class Work:
    """The turn of one request. It is for work alone: a slow client, or a read model that is behind, holds up nobody else.

    So it is given back while the request rests, and for good when its answer begins.
    """

    turns: Turns
    _rests: int = 0
    _ended: bool = False

    @contextmanager
    def resting(self) -> Iterator[None]:
        self._rests += 1
        if self._rests == 1 and not self._ended:
            self.turns.leave()
        try:
            yield
        finally:
            self._rests -= 1
            if self._rests == 0 and not self._ended:
                self.turns.resume()

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            if self._rests == 0:
                self.turns.leave()

    def receiving(self, receive: Receive) -> Receive:
        """Rest while the client sends its body."""

        async def received() -> Message:
            with self.resting():
                return await receive()

        return received

    def sending(self, send: Send) -> Send:
        """End when the answer begins: from then on the client sets the pace."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.end()
            await send(message)

        return sent


_WORK = "work"


def begin(scope: Scope, turns: Turns) -> Work:
    """Remember the turn that a request has entered."""
    work = Work(turns)
    scope.setdefault("state", {})[_WORK] = work
    return work


@contextmanager
def resting(scope: Scope) -> Iterator[None]:
    """Give the turn of a request back while it waits for something that others may take long for."""
    work: Work | None = scope.get("state", {}).get(_WORK)
    if work is None:
        yield
    else:
        with work.resting():
            yield


@dataclass(slots=True)
class Refused:
    """Counts the requests that an overload refused, with one line in some seconds: a line for each would add to it."""

    count: Callable[[], None]
    _since_line: int = 0
    _line_at: float = float("-inf")

    def note(self, waited: float) -> None:
        """`waited` is how long the first in the queue has, in seconds."""
        self.count()
        self._since_line += 1
        now = time.monotonic()
        if now - self._line_at >= LOG_SECONDS:
            logger.warning(
                "requests_refused",
                refused=self._since_line,
                first_waited_seconds=round(waited, 3),
                advice="more requests come than this process can answer (RUNBOOK.md, more requests than a service can answer)",
            )
            self._since_line, self._line_at = 0, now
