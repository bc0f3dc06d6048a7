"""A line of the log: one JSON object with time, service and ids, whatever stands in its values."""

import json
import subprocess
import sys
from datetime import datetime, timedelta

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
