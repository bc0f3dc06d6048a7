"""A broker whose store can be replaced."""

from pathlib import Path

import pytest

from deploy.local.engines.nats import NatsServer
from tests.integration.log.replaced_log import Store


@pytest.fixture
def store(new_nats: NatsServer, tmp_path: Path) -> Store:
    return Store(new_nats, tmp_path)
