"""`loa verify`: check the log, and compare each read model with a rebuild; exit status 1 if anything differs."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from deploy.cli import brokers
from deploy.cli.backup.audit import KINDS, Audit
from deploy.cli.client import Services
from deploy.cli.console import count, listed, out, print_json, print_text
from deploy.cli.operate import read_models
from deploy.nats.permissions import SERVICES
from shared.kernel.counted import counted
from shared.kernel.errors import Text

SHOWN = 20  # faults of the log that are listed


def show(services: Services, *, as_json: bool) -> bool:
    """Check log and read models and print the result; return whether all is right."""
    audit = asyncio.run(audit_log())
    models = {name: compare(services, name) for name in SERVICES}
    if as_json:
        print_json(document(audit, models))
    else:
        _print(audit, models)
    return is_right(audit, models)


async def audit_log() -> Audit:
    """Audit the whole log up to its last position at the start."""
    audit = Audit()
    async with brokers.as_operator() as client:
        if result := await brokers.log_state(client):
            with out.status("…"):
                await brokers.read_log(client, result.last, audit.check)
    return audit


def compare(services: Services, name: str) -> Mapping[str, Any]:
    """Make a service rebuild its tables next to the live ones, and return the comparison."""
    answer = services.post(name, "/projections/verification")
    with out.status("…") as view:
        while answer["running"]:
            read_models.watch(view, name, answer["running"])
            time.sleep(read_models.POLL)
            answer = services.get(name, "/projections/verification")
    outcome: Mapping[str, Any] = answer["outcome"]
    return outcome


def is_right(audit: Audit, models: Mapping[str, Mapping[str, Any]]) -> bool:
    return not audit.faults and all(table["same"] for model in models.values() for table in model["tables"])


def document(audit: Audit, models: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    return {
        "right": is_right(audit, models),
        "log": {
            "last_position": audit.last,
            "sha256": audit.sha256,
            "events": dict(audit.contexts),
            "unknown": dict(audit.unknown),
            "faults": [
                {"position": entry.position, "kind": entry.kind, "detail": entry.detail}
                for entry in audit.faults
            ],
        },
        "read_models": models,
    }


def _print(audit: Audit, models: Mapping[str, Mapping[str, Any]]) -> None:
    for line in _of_log(audit):
        print_text(line)
    for fault in audit.faults[:SHOWN]:
        kind = KINDS[fault.kind]
        print_text(
            Text(f"✗ vị trí {fault.position}: {kind.vi} ({fault.detail})", f"  {fault.position}: {kind.en}"),
            style="red",
        )
    out.print(_table(models))
    if is_right(audit, models):
        print_text(
            Text("Nhật ký và dữ liệu đọc đều đúng.", "The log and the read models are right."), style="green"
        )
        return
    wrong = [name for name, model in models.items() if not all(item["same"] for item in model["tables"])]
    fix = listed(f"`loa rebuild {name}`" for name in wrong) or "deploy/RUNBOOK.md"
    print_text(Text(f"Có sai lệch; xử lý: {fix}", f"Something is wrong; fix: {fix}"), style="bold red")


def _of_log(audit: Audit) -> Iterator[Text]:
    contexts = listed(f"{name} {count(number)}" for name, number in sorted(audit.contexts.items()))
    yield Text(
        f"Nhật ký: {count(audit.last)} sự kiện ({contexts}); SHA-256 {audit.sha256[:16]}…",
        f"The log: {counted(audit.last, 'event', count(audit.last))}",
    )
    if audit.unknown:
        kinds = listed(audit.unknown)
        yield Text(
            f"Loại sự kiện phiên bản này chưa biết: {kinds}", f"Event types unknown to this release: {kinds}"
        )
    if audit.faults:
        kinds = listed(
            f"{kind} {count(n)}" for kind, n in Counter(entry.kind for entry in audit.faults).items()
        )
        yield Text(f"Sai sót trong nhật ký: {kinds}", f"Faults in the log: {kinds}")


def _table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("Dịch vụ / Service", "Bảng / Table")
    table.add_column("Vị trí / Position", justify="right")
    table.add_column("Số dòng / Rows", justify="right")
    table.add_column("Dựng lại / Rebuilt", justify="right")
    table.add_column("Giống / Same")
    for name, model in models.items():
        for item in model["tables"]:
            same = "có / yes" if item["same"] else "[red]KHÔNG / NO[/red]"
            live, rebuilt = count(item["live"]["rows"]), count(item["rebuilt"]["rows"])
            table.add_row(name, item["table"], count(model["position"]), live, rebuilt, same)
    return table
