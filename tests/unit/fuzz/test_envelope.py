"""Whatever stands in the log is read as an event of ours, or is a poison event: nothing else comes of it.

An input that once did is kept in `corpus/envelope`: write what Hypothesis prints there, under a name that says what it is.
"""

import contextlib
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings

from shared.contracts.envelope import CATALOG, Recorded, decode
from shared.kernel.errors import PermanentError
from tests.contract.golden import MODELS, sample
from tests.unit.fuzz.mutations import damaged_bytes, damaged_documents

CORPUS = sorted((Path(__file__).parent / "corpus" / "envelope").iterdir())
DOCUMENTS = [sample(model) for model in MODELS]
EXAMPLES = settings(max_examples=400, deadline=timedelta(seconds=2), derandomize=True, database=None)


def check(payload: bytes) -> None:
    """Decode; what is taken has the types that everybody relies on."""
    with contextlib.suppress(PermanentError):
        _check_types(decode(CATALOG, 7, payload))


def _check_types(event: Recorded) -> None:
    metadata = event.metadata
    assert isinstance(event.event_id, UUID)
    assert isinstance(event.ref.id, UUID)
    assert isinstance(event.type, str)
    assert type(event.aggregate_version) is int
    assert metadata.time.tzinfo is not None
    assert all(isinstance(text, str) for text in (metadata.actor, metadata.correlation_id))
    optional = (
        *(metadata.causation_id, metadata.idempotency_key, metadata.payload_hash, metadata.traceparent),
        metadata.actor_unit,
    )
    assert all(text is None or isinstance(text, str) for text in optional)


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_an_input_of_the_corpus_is_a_poison_event(file: Path) -> None:
    with pytest.raises(PermanentError, match="poison_event: position 7"):
        decode(CATALOG, 7, file.read_bytes())


@EXAMPLES
@given(damaged_documents(DOCUMENTS))
def test_a_damaged_document(document: object) -> None:
    check(json.dumps(document).encode())


@EXAMPLES
@given(damaged_bytes([orjson.dumps(document) for document in DOCUMENTS]))
def test_damaged_bytes(payload: bytes) -> None:
    check(payload)
