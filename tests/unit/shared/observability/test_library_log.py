"""A handler that ends with its service is no error in the log; every other fault of a handler is."""

import asyncio
import logging

import pytest

from shared.messaging.faststream_broker import LIBRARY

CASES: list[tuple[BaseException, int]] = [(asyncio.CancelledError(), 0), (ValueError("bad"), 1)]


@pytest.mark.parametrize(("fault", "lines"), CASES)
@pytest.mark.parametrize("with_traceback", [True, False])
def test_a_cancelled_handler_is_not_logged(
    fault: BaseException, lines: int, *, with_traceback: bool, caplog: pytest.LogCaptureFixture
) -> None:
    message = f"{type(fault).__name__}: {fault}"
    logging.getLogger(LIBRARY).error(message, exc_info=fault if with_traceback else None)
    assert len([record for record in caplog.records if record.name == LIBRARY]) == lines
