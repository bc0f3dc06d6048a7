"""A line of the log: one JSON object with time, service and ids, whatever stands in its values."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from shared.kernel import runtime

PROGRAM = """
from shared.observability import signals
signals.configure("registry", "json", "INFO")
log = signals.get_logger("test")
with signals.bound(correlation_id="c-1", request_id="r-1"):
    log.warning("access_refused", by='x\\n{"event": "forged"}\\r\\u2028', path="/\\x1b[31m")
secret = "canary"
try:
    raise ValueError("no value is shown")
except ValueError:
    log.exception("request_failed")
"""


def test_a_line_is_one_object_with_its_time_in_utc() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    refused, failed = (json.loads(line) for line in done.stdout.rstrip("\n").split("\n"))
    moment = datetime.fromisoformat(refused["timestamp"])
    assert moment.utcoffset() == timedelta(0)
    assert abs(runtime.now() - moment) < timedelta(minutes=5)
    named = {name: refused[name] for name in ("event", "service", "level", "correlation_id", "request_id")}
    assert list(named.values()) == ["access_refused", "registry", "warning", "c-1", "r-1"]
    assert refused["by"] == 'x\n{"event": "forged"}\r\u2028', "a value is one value"
    assert (failed["event"], failed["exception"][0]["exc_type"]) == ("request_failed", "ValueError")
    assert "canary" not in done.stdout


UNWRITABLE = """
import sys
from shared.observability import signals
signals.configure("registry", "json", "INFO")
log = signals.get_logger("test")
log.warning("access_refused", by="\\ud800")
log.info("went_on")
print("carried on", file=sys.stderr)
"""


def test_what_cannot_be_written_stops_nobody() -> None:
    """A value that is no text of UTF-8, and a full disk."""
    done = subprocess.run([sys.executable, "-c", UNWRITABLE], capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["event"] == "went_on"
    assert "access_refused" in done.stderr
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", UNWRITABLE], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "No space left on device" in done.stderr
    assert "carried on" in done.stderr


LIBRARY = """
import logging
from shared.observability import signals
signals.configure("registry", "json", "INFO")
signals.get_logger("ours").info("both")
logging.getLogger("library").info("both")
"""


def test_our_lines_and_those_of_a_library_are_alike() -> None:
    done = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True)
    ours, theirs = (json.loads(line) | {"timestamp": ""} for line in done.stdout.splitlines())
    assert list(ours.items()) == list(theirs.items())
