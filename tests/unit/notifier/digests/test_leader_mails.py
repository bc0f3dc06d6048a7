"""Leaders' mails begin with the rate by the plan and its lower bound, as metrics gives them, or say where it stands."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, cast

import pytest
from pydantic import SecretStr

from services.notifier.adapters.other_services.plan_rates import MetricsPlanRates
from services.notifier.application.pipeline import Pipeline, Plan, Written
from services.notifier.domain.digest import JointNotice
from services.notifier.domain.overview import PlanRate
from shared.contracts.vocabulary import Language
from shared.kernel.local_day import VIETNAM
from shared.rules.words.figure_words import RATES
from tests.unit.notifier.builders import CALENDAR, MONDAY, tree
from tests.unit.notifier.mails import KINDS, RATE, joint, listed, mail, month_of

MONTH_END = date(2026, 11, 14)


@pytest.mark.parametrize("name", ["monthly_summary_vi", "monthly_summary_en"])
def test_the_rate_by_the_plan_comes_first_with_its_lower_bound(name: str) -> None:
    written = mail(name)
    language = Language(name[-2:])
    words = {key: text.en if language is Language.EN else text.vi for key, text in RATES.items()}
    for content in (written.text, written.html):
        place = content.index(words["rate_plan"])
        low = words["rate_plan_low"]
        assert place < content.index(f"{low[:1].lower()}{low[1:]}") < content.index("407/QĐ-TTg")
        assert words["rate_full"] not in content


def test_without_a_rate_the_page_says_where_it_stands() -> None:
    text = KINDS.render(replace(month_of(), rates=()), tree()).text
    assert "Tỷ lệ truyền thông theo Kế hoạch: xem tại trang số liệu đầy đủ." in text
    assert "%" not in text


@dataclass
class Rates:
    """What metrics answers; without a `rate` it is away."""

    rate: PlanRate | None = RATE
    asked: list[tuple[str, date, bool]] = field(default_factory=list)

    async def of(self, unit_code: str, day: date, *, area: bool) -> PlanRate | None:
        self.asked.append((unit_code, day, area))
        return self.rate


def written_with(rates: Rates, *notices: Any) -> list[Written]:
    pipeline = Pipeline(
        snapshots=cast(Any, None),
        kinds=KINDS,
        message_id=lambda key: f"<{key}@loa.invalid>",
        calendar=CALENDAR,
        head=cast(Any, None),
        rates=rates,
    )
    plan = Plan(datetime(2026, 11, 23, 8, tzinfo=VIETNAM), notices, tree())

    async def run() -> list[Written]:
        return [each async for each in pipeline.mails(plan)]

    return asyncio.run(run())


def test_each_unit_is_asked_for_once_of_its_day_and_area() -> None:
    """A justice body reads of its province, a committee of itself and the units below; joint mails too."""
    rates = Rates()
    bare = replace(month_of(), rates=())
    mails = written_with(rates, bare, listed(), replace(listed(), key="again"), JointNotice(parts=(bare,)))
    assert rates.asked == [("UBND", MONTH_END, False), ("STP", MONDAY, True)]
    assert all("11/20" in each.mail.text for each in mails)


def test_metrics_that_is_away_keeps_no_mail_back_and_is_asked_once() -> None:
    rates = Rates(rate=None)
    mails = written_with(rates, listed(), replace(month_of(), rates=()), joint())
    assert len(mails) == 3
    assert len(rates.asked) == 1


class Metrics(BaseHTTPRequestHandler):
    asked: list[tuple[str, str | None]]
    status = 200

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        self.send_response(self.status)
        self.end_headers()
        group = {"rate_plan": 0.55, "rate_plan_low": 0.4, "judged": 20, "target": 0.7, "rate_full": 0.9}
        self.wfile.write(json.dumps({"groups": [group]}).encode())

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@contextmanager
def metrics(status: int) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    asked: list[tuple[str, str | None]] = []
    handler = type("Handler", (Metrics,), {"status": status, "asked": asked})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_metrics_is_asked_over_http() -> None:
    with metrics(200) as (address, asked):
        source = MetricsPlanRates(address, SecretStr("t"))
        assert asyncio.run(source.of("STP", MONTH_END, area=True)) == RATE
        assert asyncio.run(source.of("UBND", MONTH_END, area=False)) == RATE
    assert asked == [
        ("/compliance?as_of=2026-11-14&area_of=STP", "Bearer t"),
        ("/compliance?as_of=2026-11-14&unit=UBND&include_descendants=true", "Bearer t"),
    ]


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_refusal_of_metrics_is_no_rate(status: int) -> None:
    with metrics(status) as (address, _):
        assert asyncio.run(MetricsPlanRates(address).of("STP", MONTH_END, area=True)) is None


def test_a_metrics_that_nobody_serves_is_no_rate() -> None:
    assert asyncio.run(MetricsPlanRates("http://127.0.0.1:9").of("STP", MONTH_END, area=True)) is None
