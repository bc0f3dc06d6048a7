"""A client that hangs up while its request is read: nobody to answer, nothing done, and no error in the log."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from starlette.types import Message
from structlog.testing import capture_logs

from shared.http import problems
from shared.http.requests.request_context import BodyLimit
from shared.pages.forms import sent
from shared.pages.layout import page_route, problem_body


def as_page(_: Request, problem: Response) -> Response:
    return Response(problem_body(problem)["title"], problem.status_code)


def app() -> FastAPI:
    made = FastAPI()
    problems.install(made)
    made.add_middleware(BodyLimit)
    pages = APIRouter(route_class=page_route(as_page))

    @pages.post("/form")
    async def form(request: Request) -> Response:
        await sent(request)
        return Response("done")

    @made.post("/body")
    async def body(request: Request) -> Response:
        await request.body()
        return Response("done")

    made.include_router(pages)
    return made


async def hung_up(path: str, content_type: str) -> list[Message]:
    """Send half a body and hang up; gives what the application sent."""
    sent_messages: list[Message] = [
        {"type": "http.request", "body": b"--x\r\n", "more_body": True},
        {"type": "http.disconnect"},
    ]
    messages = iter(sent_messages)
    answered: list[Message] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        answered.append(message)

    headers = [(b"content-type", content_type.encode()), (b"content-length", b"1000")]
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("test", 80), "client": ("test", 1),
        "root_path": "",
    }  # fmt: skip
    await app()(scope, receive, send)
    return answered


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/form", "application/x-www-form-urlencoded"),
        ("/form", "multipart/form-data; boundary=x"),
        ("/body", "application/json"),
    ],
)
async def test_a_client_that_hangs_up_is_no_error(path: str, content_type: str) -> None:
    with capture_logs() as logs:
        answered = await hung_up(path, content_type)
    assert answered[0]["status"] == 499
    assert [each for each in logs if each["log_level"] not in {"debug", "info"}] == []
