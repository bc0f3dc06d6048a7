"""Five real drafts of the public sample, reckoned by hand: every figure here was counted on paper first.

Working days were counted in the calendar of the year; none of the spans below holds a public holiday
unless it is named. Every draft goes by Law 80/2015 (`law_2015`), ordinary procedure, 5 working days of
grace, and all four criteria of Decision 407 hold, unless said otherwise.
"""

import csv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.keys.keyring import Keyring
from tests.support.platform.service import Platform, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

SAMPLE = Path(__file__).parents[3] / "deploy" / "sample" / "open"
SHEETS = ("units", "unit_successions", "drafts", "policies", "stages", "communications")


@pytest.fixture(scope="module")
async def sample(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    """Import the whole public sample once."""
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as platform,
    ):
        for sheet in SHEETS:
            with (SAMPLE / f"{sheet}.csv").open(encoding="utf-8-sig", newline="") as file:
                await platform.import_rows(sheet, list(csv.DictReader(file)))
        await platform.settled()
        yield platform


async def verdicts(platform: Platform, draft_code: str, as_of: str) -> dict[int, str]:
    answer = await platform.services["metrics"].client.get(
        f"/drafts/{draft_code}/coverage", params={"as_of": as_of}
    )
    return {policy["policy_no"]: policy["verdict"] for policy in answer.json()["policies"]}


async def group(platform: Platform, **query: str) -> dict[str, Any]:
    answer = await platform.services["metrics"].client.get("/compliance", params=query)
    (only,) = answer.json()["groups"]
    selected: dict[str, Any] = only
    return selected


async def gap(platform: Platform, draft_code: str, as_of: str) -> dict[str, Any] | None:
    answer = await platform.services["metrics"].client.get("/gaps", params={"as_of": as_of})
    mine = [item for item in answer.json()["gaps"] if item["draft_code"] == draft_code]
    assert len(mine) <= 1
    return mine[0] if mine else None


def gap_facts(item: dict[str, Any] | None) -> tuple[Any, ...]:
    assert item is not None
    names = ("stage", "since", "due_on", "state", "overdue_working_days", "policies")
    return tuple(item[name] for name in names)


class TestLawOnData:
    """LUAT-DULIEU (Bộ Công an), policies 1 and 2.

    Consultation on the draft from Mon 01/07/2024; the window opens there. It left that stage for
    `submitted` (only passes paper on) on 22/10/2024 and was adopted on 30/11/2024. Due: the 5th working day
    after 01/07 is 2, 3, 4, 5, Mon 8 July. A news item about the whole draft is of 01/07/2024 itself.
    """

    async def test_before_the_consultation_nothing_is_judged(self, sample: Platform) -> None:
        assert await verdicts(sample, "LUAT-DULIEU", "2024-06-30") == {1: "not_opened", 2: "not_opened"}

    async def test_covered_on_the_first_day_it_is_met_at_once(self, sample: Platform) -> None:
        assert await verdicts(sample, "LUAT-DULIEU", "2024-07-01") == {1: "met", 2: "met"}
        assert await gap(sample, "LUAT-DULIEU", "2024-07-01") is None

    async def test_it_is_still_met_after_the_adoption(self, sample: Platform) -> None:
        assert await verdicts(sample, "LUAT-DULIEU", "2024-12-31") == {1: "met", 2: "met"}


class TestExciseTax:
    """LUAT-TTDB (Bộ Tài chính), policies 1, 2 and 3.

    Consultation on the draft in June 2024, the day unknown: the stage begins on 01/06, but grace counts from
    30/06 (a Sunday): 1, 2, 3, 4, Fri 5 July is the due day. The first communication in it is the workshop of
    11/07/2024 about everything: late. `submitted` on 22/11/2024 is not required. Deliberation from Fri
    09/05/2025 to the adoption on 14/06/2025: due 12, 13, 14, 15, Fri 16 May; the news item of 09/05/2025 is
    about policy 1 alone. So policy 1 is met but not on time, 2 and 3 are missed.
    """

    async def test_the_gap_of_july(self, sample: Platform) -> None:
        july = "draft_consultation", "2024-06-01", "2024-07-05"
        assert gap_facts(await gap(sample, "LUAT-TTDB", "2024-07-05")) == (*july, "in_grace", 0, [1, 2, 3])
        # 8, 9 and 10 July are the working days after the 5th
        assert gap_facts(await gap(sample, "LUAT-TTDB", "2024-07-10")) == (*july, "overdue", 3, [1, 2, 3])
        assert await gap(sample, "LUAT-TTDB", "2024-07-11") is None

    async def test_missed_without_communication_then_met_again(self, sample: Platform) -> None:
        assert await verdicts(sample, "LUAT-TTDB", "2024-07-05") == {1: "pending", 2: "pending", 3: "pending"}
        assert await verdicts(sample, "LUAT-TTDB", "2024-07-08") == {1: "missed", 2: "missed", 3: "missed"}
        assert await verdicts(sample, "LUAT-TTDB", "2024-07-11") == {1: "met", 2: "met", 3: "met"}

    async def test_the_gap_of_the_deliberation(self, sample: Platform) -> None:
        may = "deliberation", "2025-05-09", "2025-05-16"
        assert gap_facts(await gap(sample, "LUAT-TTDB", "2025-05-16")) == (*may, "in_grace", 0, [2, 3])
        # Sat 17 May: overdue, yet no working day has passed; Mon 19 May is the first
        assert gap_facts(await gap(sample, "LUAT-TTDB", "2025-05-17")) == (*may, "overdue", 0, [2, 3])
        assert gap_facts(await gap(sample, "LUAT-TTDB", "2025-05-19")) == (*may, "overdue", 1, [2, 3])
        # four weeks of five days: 19-23 May, 26-30 May, 2-6 June, 9-13 June
        assert gap_facts(await gap(sample, "LUAT-TTDB", "2025-06-13")) == (*may, "overdue", 20, [2, 3])
        assert await gap(sample, "LUAT-TTDB", "2025-06-14") is None

    async def test_the_figures_of_the_ministry(self, sample: Platform) -> None:
        """It is the ministry's only draft in scope; NQ-DANANG-2025 (2 policies) has an undetermined scope."""
        figures = await group(sample, unit="BTC", as_of="2025-06-30")
        assert (figures["policies"], figures["judged"], figures["met"], figures["missed"]) == (3, 3, 1, 2)
        assert figures["undetermined"] == 2
        assert figures["rate_full"] == pytest.approx(1 / 3)
        assert figures["rate_on_time"] == 0  # policy 1 was late in June 2024
        assert figures["rate_any"] == 1  # the workshop was about all three
        assert figures["rate_from_start"] == 0
        # 6 pairs: consultation 3 covered late, deliberation 1 covered and 2 missed
        assert figures["rate_occurrences"] == pytest.approx(4 / 6)
        assert figures["provisional"] == 0


class TestPersonalData:
    """LUAT-BVDLCN (Bộ Công an), policies 1 to 4: the model pupil.

    Policy consultation from Fri 01/03/2024 (due 4, 5, 6, 7, Fri 8 March), the dossier posted the same day;
    consultation on the draft from Tue 24/09/2024 (due 25, 26, 27, 30 September, 1 October), posted the same
    day; submitted (not required) 05/05/2025; adopted 26/06/2025. Met, on time, from the start.
    """

    async def test_met_on_time_from_the_start(self, sample: Platform) -> None:
        answer = await sample.services["metrics"].client.get(
            "/drafts/LUAT-BVDLCN/coverage", params={"as_of": "2025-07-01"}
        )
        body = answer.json()
        required = [occurrence for occurrence in body["occurrences"] if occurrence["required"]]
        assert [(occurrence["stage"], occurrence["due_on"]) for occurrence in required] == [
            ("policy_consultation", "2024-03-08"),
            ("draft_consultation", "2024-10-01"),
        ]
        flags = [
            (p["policy_no"], p["verdict"], p["on_time"], p["from_start"], p["provisional"])
            for p in body["policies"]
        ]
        assert flags == [(number, "met", True, True, False) for number in (1, 2, 3, 4)]


class TestSocialInsurance:
    """LUAT-BHXH (Bộ Lao động - Thương binh và Xã hội), policies 1 to 4.

    Consultation in March 2023, the day unknown: grace from Fri 31/03/2023: 3, 4, 5, 6, Fri 7 April. Nothing
    was communicated before 10/11/2023, and the stage was left for the deliberation only in October 2023:
    missed for all four, for good. Deliberation of October 2023 (month): grace from 31/10, so until
    07/11/2023, but the draft was submitted on 02/11: waived. The opinion of the standing committee in March
    2024 (month) is covered on 14/03; the deliberation from Mon 27/05/2024 on the same day; adopted 29/06/2024.
    """

    async def test_pending_until_the_due_day_then_missed(self, sample: Platform) -> None:
        assert set((await verdicts(sample, "LUAT-BHXH", "2023-04-07")).values()) == {"pending"}
        assert set((await verdicts(sample, "LUAT-BHXH", "2023-04-08")).values()) == {"missed"}

    async def test_the_gap_of_october_was_never_overdue(self, sample: Platform) -> None:
        october = "deliberation", "2023-10-01", "2023-11-07"
        assert gap_facts(await gap(sample, "LUAT-BHXH", "2023-11-01")) == (
            *october,
            "in_grace",
            0,
            [1, 2, 3, 4],
        )
        assert await gap(sample, "LUAT-BHXH", "2023-11-02") is None

    async def test_the_figures_of_the_ministry(self, sample: Platform) -> None:
        """LUAT-VIECLAM (3 policies) came to no opening stage: as of 31/12/2024 it is not opened."""
        figures = await group(sample, unit="BLDTBXH", as_of="2024-12-31")
        assert (figures["judged"], figures["met"], figures["not_opened"]) == (4, 0, 3)
        assert figures["rate_full"] == 0
        assert figures["rate_any"] == 1
        # per policy: March 2023 missed, October 2023 waived, March 2024 and May 2024 covered
        assert figures["rate_occurrences"] == pytest.approx(2 / 3)
        assert figures["waived_occurrences"] == 4

    async def test_its_successor_answers_for_it_only_where_it_has_a_successor(self, sample: Platform) -> None:
        """The ministry was split over three others on 01/03/2025; no transfer names one, so it stays."""
        figures = await group(sample, unit="BLDTBXH", as_of="2025-03-01", view="successor")
        assert figures["judged"] == 4


class TestLand:
    """LUAT-DATDAI (Bộ Tài nguyên và Môi trường), policies 1 to 4.

    Suspended 19/04/2022, submitted 01/11/2022, opinion of the standing committee 13/12/2022: all before the
    window, which opens with the consultation of the people on Tue 03/01/2023 and closes with the adoption on
    18/01/2024. Posted and in the news on 03/01/2023: met on time. The ministry became part of the Ministry
    of Agriculture and Environment (BNNMT) on 01/03/2025.
    """

    async def test_no_gap_before_the_window(self, sample: Platform) -> None:
        assert await gap(sample, "LUAT-DATDAI", "2022-12-20") is None
        assert set((await verdicts(sample, "LUAT-DATDAI", "2022-12-20")).values()) == {"not_opened"}

    async def test_it_belongs_to_the_reporting_years_of_its_window(self, sample: Platform) -> None:
        """15/12/2022 to 14/12/2023, and 15/12/2023 to 14/12/2024 by its last days; not to 2025."""
        judged = {
            year: (await group(sample, unit="BTNMT", year=year, as_of="2025-12-31"))["judged"]
            for year in ("2022", "2023", "2024", "2025")
        }
        assert judged == {"2022": 0, "2023": 4, "2024": 4, "2025": 0}

    async def test_the_successor_carries_it_from_its_day_on(self, sample: Platform) -> None:
        before = await group(sample, unit="BNNMT", view="successor", as_of="2025-02-28")
        after = await group(sample, unit="BNNMT", view="successor", as_of="2025-03-01")
        assert (before["judged"], after["judged"], after["met"]) == (0, 4, 4)


class TestConstitution:
    """NQ-HIENPHAP: no proposal was required by law, so it is out of scope: counted nowhere, no gap."""

    async def test_counted_nowhere(self, sample: Platform) -> None:
        figures = await group(sample, unit="UBDTSDHP", as_of="2025-06-30")
        assert (figures["policies"], figures["undetermined"], figures["rate_full"]) == (0, 0, None)
        assert await gap(sample, "NQ-HIENPHAP", "2025-05-20") is None


class TestTodos:
    """What no figure judges: it stands beside the figures, under the unit that leads on that day."""

    async def test_drafts_that_are_not_judged_are_named(self, sample: Platform) -> None:
        answer = await sample.services["metrics"].client.get("/todos", params={"as_of": "2025-06-30"})
        actual = {(todo["kind"], todo["draft_code"]): todo["unit_code"] for todo in answer.json()["todos"]}
        # adopted on 27/11/2023 after `submitted` and `deliberation` alone: no consultation is on record
        assert actual["closed_unopened", "LUAT-CANCUOC"] == "BCA"
        assert actual["scope_undetermined", "LUAT-CNCNS"] == "BTTTT"
        assert ("closed_unopened", "LUAT-DULIEU") not in actual

    async def test_a_suspension_is_long_after_180_days(self, sample: Platform) -> None:
        """LUAT-DATDAI was suspended on 19/04/2022 and went on with its submission on 01/11/2022."""
        named = []
        for day in ("2022-10-16", "2022-10-17", "2022-10-31", "2022-11-01"):
            answer = await sample.services["metrics"].client.get("/todos", params={"as_of": day})
            long = [t["draft_code"] for t in answer.json()["todos"] if t["kind"] == "suspended_long"]
            named.append("LUAT-DATDAI" in long)
        # 180 days after 19/04/2022 is 16/10/2022
        assert named == [False, True, True, False]


class TestPages:
    """Pages together are the whole list, and `/waiting` counts what the lists have."""

    @pytest.mark.parametrize(
        ("path", "name", "day"), [("/gaps", "gaps", "2025-12-14"), ("/todos", "todos", "2025-06-30")]
    )
    @pytest.mark.parametrize("limit", [1, 2, 500])
    async def test_pages_are_the_whole_list(
        self, sample: Platform, path: str, name: str, day: str, limit: int
    ) -> None:
        client, asked = sample.services["metrics"].client, {"as_of": day}
        whole = (await client.get(path, params=asked)).json()
        assert (whole["total"], whole["next"]) == (len(whole[name]), None)
        assert whole[name]
        rows: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = (await client.get(path, params=asked | {"limit": limit} | cursor)).json()
            assert (page["total"], page["banners"]) == (whole["total"], whole["banners"])
            rows += page[name]
            if page["next"] is None:
                break
            assert len(page[name]) == limit
            cursor = {"cursor": page["next"]}
        assert rows == whole[name]

    async def test_a_page_without_a_limit_has_fifty_rows_at_most(self, sample: Platform) -> None:
        client, day = sample.services["metrics"].client, {"as_of": "2025-06-30"}
        first = (await client.get("/todos", params=day | {"limit": 1})).json()
        rest = (await client.get("/todos", params=day | {"cursor": first["next"]})).json()
        assert len(rest["todos"]) == min(50, first["total"] - 1)

    @pytest.mark.parametrize("area", [{}, {"area_of": "BTP"}, {"area_of": "HCM-UBND"}])
    @pytest.mark.parametrize("day", ["2024-06-30", "2025-06-30", "2025-12-14"])
    async def test_what_waits_is_as_much_as_the_lists_have(
        self, sample: Platform, area: dict[str, str], day: str
    ) -> None:
        client, asked = sample.services["metrics"].client, {"as_of": day, **area}
        waiting = (await client.get("/waiting", params=asked)).json()
        gaps = (await client.get("/gaps", params=asked)).json()
        todos = (await client.get("/todos", params=asked)).json()
        overdue = [gap["unit_code"] for gap in gaps["gaps"] if gap["state"] == "overdue"]
        names = ("gaps", "overdue", "units_overdue", "todos")
        counted = (gaps["total"], gaps["overdue"], len(set(overdue)), todos["total"])
        assert tuple(waiting[name] for name in names) == counted
        assert gaps["overdue"] == len(overdue)
        assert waiting["banners"] == (gaps["banners"] or todos["banners"])


CITY = {"unit": "HCM-UBND", "include_descendants": "true"}
NUMBERS = (
    "policies",
    "judged",
    "met",
    "missed",
    "closed_unopened",
    "undetermined",
    "provisional",
    "waived_occurrences",
)


class TestAProvinceAndAYear:
    """TP. Hồ Chí Minh (HCM-UBND and the units below it) in the reporting year 2025, 15/12/2024 to 14/12/2025, on paper.

    The drafts of its departments, from drafts.csv and stages.csv; a provincial resolution under `law_2025_amended` is not
    asked criterion (i), so three criteria decide:

    | draft | lead unit | three criteria | scope | stages | window | in the year |
    |---|---|---|---|---|---|---|
    | HCM-BANGGIADAT-2026, policies 1 and 2 | HCM-SNNMT | yes yes yes | in | consultation Wed 26/11/2025, verification 23/12, adopted 26/12 | 26/11 to 25/12 | 2 policies |
    | HCM-XECONGNGHE, policy 1 | HCM-SXD | yes yes yes | in | drafting 07/2025 | never opened | none |
    | HCM-XEBUYTDIEN, policy 1 | HCM-SXD | yes unknown yes | unknown | registered 12/08/2025 | never opened | none |
    | HCM-XETHOSO | HCM-SXD | recorded as out of scope | out | executive review 03/07/2025 | – | none |
    | HCM-VIAHE | HCM-SGTVT, below the committee before 01/07/2025 | – | in | adopted 19/09/2023 | – | another year |

    BANGGIADAT goes by the simplified procedure: 2 working days after Wed 26/11 are Thu 27 and Fri 28/11, so due on 28/11.
    Communications about it (no unit is named: the lead unit's): news 10/09 (whole draft) and 31/10 (policy 1) before the
    window; portal 26/11 (policy 1) on its first day; news 27/12 and 28/12 (policy 1) after its last.

    | | policy 1 | policy 2 | sum |
    |---|---|---|---|
    | communicated in the consultation (26/11 to 14/12) | 26/11, in time | never: missed since 29/11 | |
    | judged; met; begun at the start; on time; in the window at all | 1; 1; 1; 1; 1 | 1; 0; 0; 0; 0 | 2; 1; 1; 1; 1 |
    | in the window by statutory channels alone | 1 (portal) | 0 | 1 |

    In drafts: 1 judged, 0 of them with both policies begun. All rates are 1/2, the rate in drafts 0/1. On 14/12/2025 the gap of
    policy 2 is overdue by 10 working days: 1 to 5 and 8 to 12 December (13 and 14 are a weekend).
    A year later (15/12/2025 to 14/12/2026) the window has days from 15 to 25/12, so both policies belong to it as well; the
    verification (23/12, due 25/12) was left on 26/12 before it could be judged: waived, for both; due days in the year: none.

    Activities from communications.csv (each row is one): BANGGIADAT 10/09, 31/10, 26/11; XECONGNGHE 07/2025, 15/07, 12/08;
    XEBUYTDIEN 12/08; XETHOSO 03/07: 8 on 4 drafts, 6 news, 1 portal, 1 written request. Nobody gave attendances or costs.

    Quảng Ninh in the same year: three resolutions adopted on 14/11/2025 without a recorded consultation; of two the third
    criterion is unknown (2 policies undetermined), one is out of scope. Two news items on one of them.
    """

    async def test_policies_and_rates(self, sample: Platform) -> None:
        counted = await group(sample, **CITY, year="2025", as_of="2025-12-14")
        assert [counted[name] for name in NUMBERS] == [2, 2, 1, 1, 0, 0, 2, 0]
        rates = ("plan", "plan_low", "full", "on_time", "any", "from_start", "occurrences")
        assert [counted[f"rate_{name}"] for name in rates] == [0.5] * len(rates)
        assert (counted["any_statutory_only"], counted["any_verified"]) == (1, 0)
        assert [counted[name] for name in ("drafts", "drafts_judged", "drafts_plan")] == [1, 1, 0]
        assert (counted["rate_plan_drafts"], counted["target"], counted["floor"]) == (
            0,
            None,
            1,
        )  # no target of its own

    async def test_the_gap(self, sample: Platform) -> None:
        item = await gap(sample, "HCM-BANGGIADAT-2026", "2025-12-14")
        assert gap_facts(item) == (
            *("draft_consultation", "2025-11-26", "2025-11-28", "overdue"),
            *(10, [2]),
        )

    async def test_the_year_after(self, sample: Platform) -> None:
        counted = await group(sample, **CITY, year="2026", as_of="2026-01-31")
        assert [counted[name] for name in NUMBERS] == [2, 2, 1, 1, 0, 0, 0, 2]
        assert (counted["rate_plan"], counted["rate_occurrences"]) == (0.5, None)

    async def test_activities(self, sample: Platform) -> None:
        query = {**CITY, "year": "2025", "as_of": "2025-12-14"}
        client = sample.services["metrics"].client
        (whole,) = (await client.get("/counts", params=query)).json()["groups"]
        names = ("activities", "items", "attendance", "cost_state", "drafts_communicated")
        assert [whole[name] for name in names] == [8, 8, None, None, 4]
        assert whole["year_before"]["activities"] == 0
        groups = (await client.get("/counts", params=query | {"group_by": "channel"})).json()["groups"]
        by_channel = {each["key"]: each["activities"] for each in groups}
        assert by_channel == {"news_article": 6, "portal_posting": 1, "written_request": 1}

    async def test_the_report_has_the_same_numbers(self, sample: Platform) -> None:
        query = {**CITY, "year": "2025", "as_of": "2025-12-14"}
        report = (await sample.services["metrics"].client.get("/reports/407", params=query)).json()
        totals, (draft,) = report["totals"], report["results"]["drafts"]
        assert (totals["begun"], totals["figures"]["judged"], totals["activities"]["activities"]) == (1, 2, 8)
        assert (draft["draft_code"], draft["consultation_started_on"], draft["articles_portal"]) == (
            *("HCM-BANGGIADAT-2026", "2025-11-26"),
            1,
        )
        assert report["conclusion"].startswith("1/2 chính sách được đánh giá (50%)")

    async def test_the_other_province(self, sample: Platform) -> None:
        query = {"unit": "QNI-UBND", "include_descendants": "true", "year": "2025", "as_of": "2025-12-14"}
        counted = await group(sample, **query)
        assert [counted[name] for name in NUMBERS] == [0, 0, 0, 0, 0, 2, 0, 0]
        assert (counted["rate_plan"], counted["drafts_judged"]) == (None, 0)
        (whole,) = (await sample.services["metrics"].client.get("/counts", params=query)).json()["groups"]
        assert (whole["activities"], whole["drafts_communicated"]) == (2, 1)
