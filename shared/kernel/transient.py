"""Which faults pass by themselves: the one list of what is tried again later."""

import nats.errors
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.kernel.errors import Refusal, TransientError

BROKER = (nats.errors.Error, OSError)
"""What nats-py raises while the broker is away, or has not got what is asked for yet."""

DATABASE = (OperationalError, InterfaceError, PoolTimeout)
"""What is raised while the database is away; most comes as `TransientError` (shared.persistence.database)."""

TRANSIENT = (TransientError, *BROKER, *DATABASE)

RETRIED = (*TRANSIENT, Refusal)
"""What background work tries again: there a refusal means that others keep changing the same data, or rows are behind."""

# SQLSTATE: connection, resources, shutting down and starting up, read-only, a database that takes no connections, or is not
# there yet; then serialization failure, deadlock, lock timeout.
AWAY = ("08", "53", "57P", "25006", "55000", "3D000")
BUSY = ("40001", "40P01", "55P03")


def is_transient_state(sqlstate: str) -> bool:
    """Tell by its SQLSTATE whether a statement that failed may succeed later as it is."""
    return sqlstate.startswith(AWAY) or is_busy_state(sqlstate)


def is_busy_state(sqlstate: str) -> bool:
    """Tell whether another transaction was in the way."""
    return sqlstate in BUSY
