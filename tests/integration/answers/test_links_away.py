"""While the notifier is away the form of campaigns can't be opened: a page says so, and what was typed is kept."""

import httpx
import pytest
from pydantic import SecretStr

from services.campaigns.adapters.answers import link_source
from shared.contracts.vocabulary import AlertAnswer
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.test_done import DONE
from tests.support.platform.service import eventually
from tests.support.servers.ports import free_port


async def test_the_form_waits_for_the_notifier_and_nothing_is_lost(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_source, "PAUSE", 0.01)
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[AlertAnswer.DONE]
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with owing_unit.platform.another("campaigns", internal_url_notifier=nowhere) as alone:
        page = f"http://127.0.0.1:{alone.settings.port}/answers/{link.rpartition('/')[2]}"
        look = await visitor.get(page)
        assert (look.status_code, "Tạm thời chưa mở được" in look.text) == (503, True)
        assert "Thử lại" not in look.text.partition("<form")[2], "there is nothing to send again yet"
        sent = await visitor.post(page, data=DONE)
        assert sent.status_code == 503
        assert "chưa có gì bị mất" in sent.text
        for name, value in DONE.items():
            for each in [value] if isinstance(value, str) else value:
                assert f'name="{name}" value="{each}"' in sent.text
        assert link.rpartition("/")[2] not in sent.text
    assert await owing_unit.communications() == []
    assert (await visitor.post(link, data=DONE)).status_code == 200
    await eventually(owing_unit.is_closed)


@pytest.mark.parametrize("token", [None, "made.by.nobody"])
async def test_a_service_that_the_notifier_does_not_know_gets_no_answer(
    new_owing_unit: NewOwingUnit,
    visitor: httpx.AsyncClient,
    token: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link_source, "PAUSE", 0.01)
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[AlertAnswer.DONE]
    async with owing_unit.platform.another(
        "campaigns", service_token=SecretStr(token) if token else None
    ) as alone:
        page = f"http://127.0.0.1:{alone.settings.port}/answers/{link.rpartition('/')[2]}"
        assert (await visitor.get(page)).status_code == 503
