"""Logs: one JSON object a line, the event's name first and constant, ids bound by whoever runs the work."""

import logging
import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Literal

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from shared.kernel.transient import TRANSIENT

EXPECTED = (*TRANSIENT, TimeoutError)


def configure(service: str, fmt: Literal["json", "console"], level: str) -> None:
    """Set up structlog, and let the libraries' own logging go through it."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[_without_expected_traceback, *_rendering(service, fmt)]
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("uvicorn.access", "uvicorn.error", "faststream", "alembic", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    _take_over()
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught


def _take_over() -> None:
    """Let every library's logger write through ours: some bring a handler of their own when they are imported."""
    for name in list(logging.root.manager.loggerDict):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("process_failed", exc_info=(kind, error, trace))


def _without_expected_traceback(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Name an expected fault in one line: where in a library it was raised helps nobody."""
    given = event.get("exc_info")
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, EXPECTED):
        del event["exc_info"]
        event["error"] = f"{type(error).__name__}: {error}"
    return event


def _rendering(service: str, fmt: Literal["json", "console"]) -> list[structlog.typing.Processor]:
    def name_service(
        _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {"event": event.pop("event"), "service": service, **event}

    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if fmt == "console":
        return [
            meta,
            name_service,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    return [
        meta,
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        name_service,
        structlog.processors.JSONRenderer(
            serializer=lambda event, **_: orjson.dumps(event, default=str).decode()
        ),
    ]


def get(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def bound(**ids: object) -> AbstractContextManager[None]:
    """Put ids on every line that is logged within."""
    return structlog.contextvars.bound_contextvars(**ids)
