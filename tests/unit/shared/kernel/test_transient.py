"""Which exception is tried again, as a table."""

import builtins
import re
from collections.abc import Callable
from pathlib import Path
from socket import gaierror

import nats.errors
import nats.js.errors
import pytest
from fastapi import FastAPI
from sqlalchemy import exc

from shared.eventstore.handle import VersionConflict
from shared.http import problems
from shared.kernel import transient
from shared.kernel.errors import PermanentError, Refusal, TransientError
from shared.persistence.database import DatabaseAway, DatabaseBusy
from shared.projections.rows import CheckpointMoved, PoisonEvent, StreamRecreated

CASES: list[tuple[Exception, bool]] = [
    (TransientError("away"), True),
    (DatabaseAway("gone"), True),
    (DatabaseBusy("deadlock"), True),
    (nats.errors.ConnectionClosedError(), True),
    (nats.errors.NoRespondersError(), True),
    (nats.errors.TimeoutError(), True),
    (nats.errors.OutboundBufferLimitError(), True),
    (nats.js.errors.ServiceUnavailableError(), True),
    (nats.js.errors.NotFoundError(), True),  # a stream that the bootstrap has not made yet
    (ConnectionRefusedError(), True),
    (ConnectionResetError(), True),
    (OSError("Multiple exceptions: [Errno 111] …"), True),  # asyncio, where a name has several addresses
    (OSError(113, "No route to host"), True),
    (gaierror(-3, "Temporary failure in name resolution"), True),
    (builtins.TimeoutError(), True),
    (exc.OperationalError("SELECT 1", None, Exception()), True),
    (exc.InterfaceError("SELECT 1", None, Exception()), True),
    (exc.TimeoutError("QueuePool limit"), True),
    (exc.ProgrammingError("SELECT 1", None, Exception()), False),
    (exc.IntegrityError("SELECT 1", None, Exception()), False),
    (exc.DataError("SELECT 1", None, Exception()), False),
    (PermanentError("poison_event", "1"), False),
    (PoisonEvent(1, "broken"), False),
    (StreamRecreated("another"), False),
    (CheckpointMoved("registry"), False),
    (VersionConflict("moved"), False),
    (Refusal("không", "no"), False),
    (ValueError("wrong"), False),
    (KeyError("wrong"), False),
    (AssertionError(), False),
]


@pytest.mark.parametrize(("error", "is_transient"), CASES, ids=lambda value: type(value).__name__)
def test_which_fault_passes(error: Exception, is_transient: bool) -> None:
    assert isinstance(error, transient.TRANSIENT) is is_transient


STATES = {
    "08006": True,  # connection failure
    "53300": True,  # too many connections
    "57P01": True,  # admin shutdown
    "57P03": True,  # cannot connect now
    "25006": True,  # read-only transaction: a standby, or a server set to read-only
    "55000": True,  # the database does not accept connections
    "3D000": True,  # no such database, yet
    "40001": True,  # serialization failure
    "40P01": True,  # deadlock
    "55P03": True,  # lock timeout
    "57014": False,  # query cancelled: by a person or a limit, which would cancel it again
    "22003": False,  # number out of range
    "23505": False,  # unique violation
    "42P01": False,  # no such table
    "": False,
}


@pytest.mark.parametrize(("state", "is_transient"), STATES.items())
def test_which_state_of_the_database_passes(state: str, is_transient: bool) -> None:
    assert transient.is_transient_state(state) is is_transient


WHO_TRIES_AGAIN: dict[str, Callable[[], tuple[type[Exception], ...]]] = {
    "a message": lambda: transient.RETRIED,
}


@pytest.mark.parametrize("tried", WHO_TRIES_AGAIN.values(), ids=list(WHO_TRIES_AGAIN))
def test_no_module_has_a_list_of_its_own(tried: Callable[[], tuple[type[Exception], ...]]) -> None:
    """A refusal of a message means that others keep changing the aggregate: it is tried again too."""
    assert set(tried()) == {Refusal, *transient.TRANSIENT}


FAMILIES = re.compile(
    r"\b(OperationalError|InterfaceError|nats\.errors\.Error|nats(\.js)?\.errors import .*\bError\b)"
)


def test_no_other_module_names_the_families() -> None:
    root = Path(__file__).parents[4]
    sources = [path for top in ("shared", "services") for path in (root / top).rglob("*.py")]
    actual = {str(path.relative_to(root)) for path in sources if FAMILIES.search(path.read_text())}
    assert actual == {"shared/kernel/transient.py"}


def test_every_transient_fault_is_answered_with_503() -> None:
    app = FastAPI()
    problems.install(app)
    answered = {kind for kind, handler in app.exception_handlers.items() if handler is problems._transient}
    assert answered == set(transient.TRANSIENT)
