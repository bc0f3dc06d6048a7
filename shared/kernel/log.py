"""Logs: one JSON object a line, the event's name first and constant, ids bound by whoever runs the work."""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Literal

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer


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
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(service, fmt))
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("uvicorn.access", "uvicorn.error", "faststream", "alembic", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


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
