"""HTTP client of the services: finds addresses and token, retries, and reports errors in two languages."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import httpx

from deploy.cli.console import CommandError
from deploy.cli.operate.container_places import current_place
from deploy.local import state

SECONDS = 30.0  # timeout of one request
RETRY_SECONDS = 60.0  # for how long a request to a busy or unreachable service is repeated
RETRY_DELAY = 1.0  # seconds between two attempts to reach a service
RETRY_STATUSES = frozenset(
    {HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
)
GATEWAY_STATUSES = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
PROBLEM = "application/problem+json"


class Unreachable(CommandError):
    """A service does not answer."""

    def __init__(self, service: str, url: str) -> None:
        start = current_place().start
        super().__init__(
            f"Không kết nối được dịch vụ {service} tại {url}. Hãy khởi động hệ thống bằng lệnh `{start}`.",
            f"The service {service} cannot be reached at {url}. Start the platform with `{start}`.",
        )


class NotStarted(CommandError):
    """The address of a service is not configured."""

    def __init__(self, service: str) -> None:
        start = current_place().start
        super().__init__(
            f"Chưa biết địa chỉ dịch vụ {service}. Hãy khởi động hệ thống bằng lệnh `{start}`, "
            f"hoặc đặt LOA_URL_{service.upper()} và LOA_TOKEN.",
            f"The address of the service {service} is not known. Start the platform with `{start}`, "
            f"or set LOA_URL_{service.upper()} and LOA_TOKEN.",
        )


class ServiceRefused(CommandError):
    """A service answered with a problem document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        messages = problem.get("messages") or {}
        detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        super().__init__(str(messages.get("vi", detail)), str(messages.get("en", "")))
        self.status = status
        self.problem = problem


@dataclass(slots=True)
class Deadline:
    """Passes `seconds` after the first check."""

    seconds: float = RETRY_SECONDS
    until: float | None = None

    def passed(self) -> bool:
        if self.until is None:
            self.until = time.monotonic() + self.seconds
        return time.monotonic() > self.until


class Services:
    """Calls the services of one platform."""

    def __init__(self, current: state.Current | None = None) -> None:
        self.current = current or state.read()
        headers = {"Authorization": f"Bearer {self.current.token}"} if self.current.token else {}
        self._http = httpx.Client(headers=headers, timeout=SECONDS)
        self._answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def url(self, service: str) -> str:
        if not (url := self.current.urls.get(service)):
            raise NotStarted(service)
        return url.rstrip("/")

    def get(self, service: str, path: str, **query: object) -> Any:
        return self.send("GET", service, path, query=query).json()

    def post(self, service: str, path: str, body: object = None) -> Any:
        return self.send("POST", service, path, json=body).json()

    def ask(self, service: str, path: str) -> httpx.Response:
        """Get an answer of any status."""
        with _transport_errors(service, self.url(service)):
            return self._http.get(self.url(service) + path)

    def send(
        self,
        method: str,
        service: str,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        repeatable: bool = False,
        **content: Any,
    ) -> httpx.Response:
        """Send a request; one that may succeed later is repeated until the deadline.

        A `repeatable` one is also repeated when the connection broke (it may have been executed), unless no service has
        answered yet.
        """
        deadline = Deadline()
        while True:
            try:
                answer = self._once(method, service, path, query or {}, content)
            except Unreachable:
                if not (repeatable and self._answered) or deadline.passed():
                    raise
                time.sleep(RETRY_DELAY)
                continue
            retry_after = answer.headers.get("Retry-After", "")
            if answer.status_code not in RETRY_STATUSES or not retry_after.isdigit() or deadline.passed():
                return _checked(answer)
            time.sleep(min(float(retry_after), RETRY_SECONDS))

    def _once(
        self, method: str, service: str, path: str, query: Mapping[str, object], content: Mapping[str, Any]
    ) -> httpx.Response:
        """Send it once; an error of a proxy before the service counts as `Unreachable`."""
        url = self.url(service)
        params = {name: _text(value) for name, value in query.items() if value is not None}
        with _transport_errors(service, url):
            answer = self._http.request(method, url + path, params=params, **content)
        if answer.status_code in GATEWAY_STATUSES and not answer.headers.get("Content-Type", "").startswith(
            PROBLEM
        ):
            raise Unreachable(service, url)
        self._answered = True
        return answer

    def download(self, service: str, path: str, to: Path) -> None:
        """Stream an answer of any size into a file; a refusal makes none."""
        with (
            _transport_errors(service, self.url(service)),
            self._http.stream("GET", self.url(service) + path, timeout=10 * SECONDS) as answer,
        ):
            if not answer.is_success:
                answer.read()
            _checked(answer)
            with to.open("wb") as file:
                for part in answer.iter_bytes():
                    file.write(part)

    def download_if_there(self, service: str, path: str, to: Path) -> bool:
        """Stream an answer as `download` does; False if there is nothing of this address (404)."""
        try:
            self.download(service, path, to)
        except ServiceRefused as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise
            return False
        return True

    def stream_lines(
        self, service: str, path: str, lines: Iterable[bytes], query: Mapping[str, object]
    ) -> Iterator[str]:
        """Send lines of an idempotent request and give the lines of the answer."""
        answer = self.send(
            "POST",
            service,
            path,
            query=query,
            repeatable=True,
            content=b"\n".join(lines),
            headers={"Content-Type": "application/x-ndjson"},
            timeout=10 * SECONDS,
        )
        yield from answer.text.splitlines()


@contextmanager
def _transport_errors(service: str, url: str) -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise Unreachable(service, url) from error


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    raise ServiceRefused(answer.status_code, problem if isinstance(problem, dict) else {})


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
