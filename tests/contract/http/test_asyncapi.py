"""The AsyncAPI document of each service: valid by the real parser, and with the addresses, headers and security of the wire."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.envelope import CATALOG, data_schema
from shared.contracts.envelope_schema import event_schema
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.streams import CONSUMERS, TICKS
from tests.contract.http.test_endpoints import every_service, shown_app
from tests.support.node_packages import LOCKED, node_folder


async def _get(service: str, path: str) -> Any:
    transport = httpx.ASGITransport(shown_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.slow
@every_service
async def test_the_parser_of_asyncapi_accepts_it(service: str, tmp_path: Path) -> None:
    file = tmp_path / "asyncapi.json"
    file.write_text(json.dumps(await _get(service, "/asyncapi.json")))
    lines = _diagnostics(file)
    newer_exists = [line for line in lines if " asyncapi-latest-version " in line]
    assert [line for line in lines[:-1] if line not in newer_exists] == []
    assert int(lines[-1].removeprefix("messages ")) >= len(CATALOG.owned_by(service))


@pytest.mark.slow
async def test_the_parser_would_report_an_error(tmp_path: Path) -> None:
    document = await _get("registry", "/asyncapi.json")
    next(iter(document["channels"].values()))["parameters"] = {"id": {"description": 1}}
    file = tmp_path / "asyncapi.json"
    file.write_text(json.dumps(document))
    assert any(line.startswith("0 ") for line in _diagnostics(file))


def _diagnostics(file: Path) -> list[str]:
    program = ["node", str(LOCKED / "validate-asyncapi.mjs"), str(file)]
    output: str = subprocess.check_output(program, cwd=node_folder(), text=True, timeout=60)
    return output.splitlines()


@every_service
async def test_each_place_of_an_address_is_a_parameter(service: str) -> None:
    for name, channel in (await _get(service, "/asyncapi.json"))["channels"].items():
        assert "*" not in channel["address"], name
        places = re.findall(r"\{(\w+)\}", channel["address"])
        assert list(channel.get("parameters", {})) == places, name
        assert channel["x-stream"] == (TICKS if channel["address"].startswith("loa-ticks.") else EVENTS)


@every_service
async def test_servers_name_the_protocol_and_how_to_sign_in(service: str) -> None:
    document = await _get(service, "/asyncapi.json")
    for server in document["servers"].values():
        assert server["protocol"] == "nats"
        assert "@" not in server["host"]
        (security,) = server["security"]
        assert (
            security["$ref"].removeprefix("#/components/securitySchemes/")
            in document["components"]["securitySchemes"]
        )


@every_service
async def test_operations_say_what_the_service_does(service: str) -> None:
    operations = (await _get(service, "/asyncapi.json"))["operations"].values()
    received = len([consumer for consumer in CONSUMERS if consumer.owner == service])
    assert sum(operation["action"] == "send" for operation in operations) == len(CATALOG.owned_by(service))
    assert sum(operation["action"] == "receive" for operation in operations) == received
    assert all(operation["summary"] for operation in operations)


@every_service
async def test_schemas_are_listed_and_each_is_found_by_type_and_id(service: str) -> None:
    listed = (await _get(service, "/schemas"))["schemas"]
    assert [entry["type"] for entry in listed] == list(CATALOG.types)
    for entry in (listed[0], listed[-1]):
        model = CATALOG.types[entry["type"]]
        assert (entry["version"], entry["dataschema"]) == (model.version, data_schema(model))
        by_url, by_id = [
            await _get(service, path) for path in (entry["url"], f"/schemas/{entry['dataschema']}")
        ]
        assert by_url == by_id == event_schema(model)
        assert by_url["$id"] == entry["dataschema"]
