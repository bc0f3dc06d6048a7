"""The least that answers the requests of `tests.bench.overload`: FastAPI, one append, one SELECT.

`python -m tests.bench.peers.bare_http` takes its engines from the variables of a service. No token is checked, nothing is
loaded or decided, no line is logged.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import nats
import uvicorn
from fastapi import FastAPI, Response
from pydantic import BaseModel

from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.registry import DraftStageEntered
from shared.contracts.vocabulary import Stage
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import _outgoing
from shared.kernel.runtime import new_id

META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="bench", correlation_id="bench")


class StageBody(BaseModel):
    stage: Stage
    entered_on: date


def create_app(nats_url: str, seed: str, database_url: str) -> FastAPI:
    engines: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        options: dict[str, Any] = {"nkeys_seed_str": seed, "inbox_prefix": "_INBOX.registry"}
        engines["nats"] = await nats.connect(nats_url, **options)
        engines["postgres"] = await asyncpg.create_pool(database_url, min_size=2, max_size=8)
        yield
        await engines["postgres"].close()
        await engines["nats"].close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/livez")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/drafts/{code}")
    async def draft(code: str) -> Response:
        body = await engines["postgres"].fetchval("SELECT body FROM bare_draft WHERE code = $1", code)
        return Response(body, media_type="application/json")

    @app.post("/drafts/{code}/stages", status_code=201)
    async def stage(code: str, body: StageBody) -> dict[str, str]:
        event = NewEvent(new_id(), DraftStageEntered(stage=body.stage, entered_on=body.entered_on), META)
        (message,) = _outgoing(AggregateRef("draft", new_id()), NOTHING, [event])
        await engines["nats"].request(message.subject, message.payload, timeout=10, headers=message.headers)
        return {"draft_code": code}

    return app


if __name__ == "__main__":
    made = create_app(os.environ["LOA_NATS_URL"], os.environ["LOA_NATS_SEED"], os.environ["LOA_DATABASE_URL"])
    uvicorn.run(made, port=int(os.environ["LOA_PORT"]), log_level="warning", access_log=False)
