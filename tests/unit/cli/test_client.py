"""The HTTP client: retries and errors when a service, or the proxy before it, fails."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from deploy.cli import client
from deploy.cli.client import ServiceRefused, Services, Unreachable
from deploy.local import state

Answer = httpx.Response | httpx.TransportError
TAKEN = httpx.Response(200, text="{}\n")
PROBLEM = {"content-type": "application/problem+json"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Services]]:
    """Make services that give some answers one after the other, at once."""
    monkeypatch.setattr(client, "RETRY_DELAY", 0.0)
    made: list[Services] = []

    def services(*answers: Answer) -> Services:
        left = iter(answers)

        def answer(_request: httpx.Request) -> httpx.Response:
            given = next(left)
            if isinstance(given, httpx.TransportError):
                raise given
            return given

        clients = Services(
            state.Current({"registry": "http://registry", "campaigns": "http://campaigns"}, "", "")
        )
        clients._http = httpx.Client(transport=httpx.MockTransport(answer))
        made.append(clients)
        return clients

    yield services
    for item in made:
        item.__exit__()


def rows(services: Services, service: str = "registry") -> list[str]:
    return list(services.stream_lines(service, "/imports", [b"{}"], {}))


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadError("cut off"),
        httpx.Response(502, text="<html>502 Bad Gateway</html>"),
        httpx.Response(503, text="<html>503 Service Unavailable</html>"),
        httpx.Response(504, text="<html>504 Gateway Time-out</html>"),
        httpx.Response(503, headers={**PROBLEM, "Retry-After": "0"}, json={"detail": "not now"}),
    ],
    ids=["cut off", "502", "503", "504", "not now"],
)
def test_rows_are_resent_after_a_lost_connection(asked: Callable[..., Services], lost: Answer) -> None:
    services = asked(TAKEN, lost, lost, TAKEN)
    assert rows(services) == ["{}"]
    assert rows(services, "campaigns") == ["{}"]


def test_a_service_that_never_answered_is_not_retried(asked: Callable[..., Services]) -> None:
    with pytest.raises(Unreachable):
        rows(asked(httpx.ConnectError("refused"), TAKEN))


def test_a_command_that_may_have_been_executed_is_not_resent(asked: Callable[..., Services]) -> None:
    services = asked(TAKEN, httpx.Response(502, text="<html>502 Bad Gateway</html>"), TAKEN)
    services.send("POST", "registry", "/units")
    with pytest.raises(Unreachable):
        services.send("POST", "registry", "/units")


def test_a_refusal_of_the_service_is_reported_unchanged(asked: Callable[..., Services]) -> None:
    refusal = httpx.Response(503, headers=PROBLEM, json={"messages": {"vi": "không", "en": "no"}})
    with pytest.raises(ServiceRefused, match="no"):
        rows(asked(refusal))


def test_the_deadline_counts_from_its_first_check(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("deploy.cli.client.time.monotonic", lambda: now)
    deadline = client.Deadline(60)
    now = 1000.0
    assert not deadline.passed()
    now = 1059.0
    assert not deadline.passed()
    now = 1061.0
    assert deadline.passed()
