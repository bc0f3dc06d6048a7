"""Puts facts of drafts into a running platform, through the routes that people use, in order or shuffled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

from shared.contracts.vocabulary import ENDS, Instrument, Precision, Regime, Stage
from shared.rules.facts import Communication, DraftFacts, StageEntry
from tests.support.platform.service import Platform

LEVELS = {"BTP": "central", "BTC": "central", "BCA": "commune", "TINH-22": "provincial"}

Row = dict[str, Any]
Drafts = Mapping[str, DraftFacts]  # by draft code


def led_below(parent: str, facts: DraftFacts) -> DraftFacts:
    """Give the same draft to the units of one family."""
    return replace(
        facts,
        lead_unit_code=f"{parent}-{facts.lead_unit_code}",
        transfers=tuple(
            replace(transfer, unit_code=f"{parent}-{transfer.unit_code}") for transfer in facts.transfers
        ),
        communications=tuple(
            replace(held, unit_code=held.unit_code and f"{parent}-{held.unit_code}")
            for held in facts.communications
        ),
    )


def unit_rows(parent: str) -> list[Row]:
    top = {"code": parent, "name": f"Họ đơn vị {parent}", "level": "central", "kind": "government"}
    return [
        top,
        *(
            top | {"code": f"{parent}-{code}", "name": code, "level": level, "parent_code": parent}
            for code, level in LEVELS.items()
        ),
    ]


SUPERVISION = (  # unit, who follows it, as what, from
    ("BTP", "BCA", "justice_body", "2024-02-10"),
    ("BTC", "BCA", "council", "2024-06-14"),
    ("BTP", "-", "justice_body", "2025-01-25"),
    ("TINH-22", "BTC", "supervisor", "2024-09-02"),
    ("TINH-22", "BTP", "supervisor", "2025-05-31"),
)


def supervision_rows(parent: str) -> list[Row]:
    return [
        {
            "unit_code": f"{parent}-{unit}",
            "supervisor_code": by if by == "-" else f"{parent}-{by}",
            "kind": kind,
            "from": day,
        }
        for unit, by, kind, day in SUPERVISION
    ]


@dataclass(frozen=True, slots=True)
class Recording:
    """`random`: facts come in another order than they happened, as far as the system takes them so."""

    platform: Platform
    random: Random | None = None

    async def record(self, drafts: Drafts) -> None:
        """Record drafts; at random every third was registered under wrong law, which is put right after its stages."""
        wrong = list(drafts)[::3] if self.random else []
        registered = {
            code: misregistered(facts) if code in wrong else facts for code, facts in drafts.items()
        }
        await self.platform.import_rows("drafts", [_draft(code, facts) for code, facts in registered.items()])
        await self._record(drafts)
        for code in wrong:
            right = {"instrument": drafts[code].instrument, "regime": drafts[code].regime}
            await self._post(f"/drafts/{code}/amend", {**right, "reason": "Ghi nhầm khi đăng ký."})

    async def _record(self, drafts: Drafts) -> None:
        await self.platform.import_rows(
            "policies", [row for item in drafts.items() for row in _policies(*item)]
        )
        communications = self._mixed(row for item in drafts.items() for row in _communications(*item))
        exemptions = self._mixed(row for item in drafts.items() for row in _exemptions(*item))
        if self.random:
            await self.platform.import_rows("communications", communications)
            await self._transfers(drafts)
            await self._stages(drafts)
            await self.platform.import_rows("exemptions", exemptions)
        else:
            await self.platform.import_rows("exemptions", exemptions)
            await self._stages(drafts)
            await self.platform.import_rows("communications", communications)
            await self._transfers(drafts)

    def _mixed(self, rows: Iterable[Row]) -> list[Row]:
        listed = list(rows)
        return self.random.sample(listed, len(listed)) if self.random else listed

    async def _stages(self, drafts: Drafts) -> None:
        """Record every other draft by rows, the rest by commands (where `resumed` has a word of its own).

        A resumption on the day of its suspension can only be recorded by that word.
        """
        listed = list(drafts.items())
        named = [item for n, item in enumerate(listed) if n % 2 or _depends_on_order(item[1].entries)]
        rest = [item for item in listed if item not in named]
        for by_command, chosen in ((False, rest), (True, named)):
            if by_command:
                for code, facts in chosen:
                    # On the day of a suspension only the word `resumed` tells which came first.
                    plain = self.random is not None and not _depends_on_order(facts.entries)
                    await self._enter(code, self._order(facts), plain=plain)
            else:
                rows = [_stage(code, entry) for code, facts in chosen for entry in self._order(facts)]
                await self.platform.import_rows("stages", rows)

    def _order(self, facts: DraftFacts) -> Sequence[StageEntry]:
        if self.random is None or _depends_on_order(facts.entries):
            return facts.entries
        return self.random.sample(facts.entries, len(facts.entries))

    async def _enter(self, code: str, entries: Iterable[StageEntry], *, plain: bool) -> None:
        for entry in entries:
            goes_on = entry.resumed and entry.precision is Precision.DAY and not plain
            if entry.stage is Stage.WITHDRAWN:
                await self._post(f"/drafts/{code}/withdraw", {"on": entry.entered_on.isoformat()})
            else:
                row = _stage(code, entry) | ({"stage": "resumed"} if goes_on else {})
                del row["draft_code"]
                await self._post(f"/drafts/{code}/stages", row)

    async def _transfers(self, drafts: Drafts) -> None:
        for code, facts in drafts.items():
            for transfer in reversed(facts.transfers) if self.random else facts.transfers:
                body = {"to_unit_code": transfer.unit_code, "on": transfer.on.isoformat()}
                await self._post(f"/drafts/{code}/transfer", body)

    async def _post(self, path: str, body: Row) -> None:
        answer = await self.platform.registry.client.post(path, json=body)
        assert answer.is_success, (path, body, answer.text)


def misregistered(facts: DraftFacts) -> DraftFacts:
    """Give the draft with another instrument and regime than its own."""
    instrument = next(item for item in Instrument if item is not facts.instrument)
    return replace(
        facts, instrument=instrument, regime=next(item for item in Regime if item is not facts.regime)
    )


def _depends_on_order(entries: Iterable[StageEntry]) -> bool:
    """Say if a suspension shares its day: whether something resumed then is seen when it is recorded."""
    days = [entry.entered_on for entry in entries if entry.stage is Stage.SUSPENDED]
    return any(sum(entry.entered_on == day for entry in entries) > 1 for day in days)


def _draft(code: str, facts: DraftFacts) -> Row:
    scope = facts.scope
    return {
        "draft_code": code,
        "title": f"Dự thảo {code}",
        "instrument": facts.instrument,
        "lead_unit_code": facts.lead_unit_code,
        "regime": facts.regime,
        "procedure": facts.procedure,
        "requires_proposal": scope.requires_proposal,
        "affects_rights": scope.affects_rights,
        "contested": scope.contested,
        "wide_impact": scope.wide_impact,
        "in_scope": scope.explicit,
        "state_secret": scope.state_secret,
    }


def _policies(code: str, facts: DraftFacts) -> Iterable[Row]:
    for number in sorted(facts.policies):
        yield {"draft_code": code, "policy_no": str(number), "title": f"Chính sách {number}"}


def _stage(code: str, entry: StageEntry) -> Row:
    assert entry.stage not in ENDS or entry.precision is Precision.DAY
    return {
        "draft_code": code,
        "stage": entry.stage,
        "entered_on": entry.entered_on.isoformat(),
        "precision": entry.precision,
    }


def _communications(code: str, facts: DraftFacts) -> Iterable[Row]:
    for number, held in enumerate(facts.communications):
        yield {
            "draft_code": code,
            "held_on": _written(held),
            "precision": held.precision,
            "channel": held.channel,
            "title": f"Hội nghị {number}",
            "policy_no": ";".join(map(str, sorted(held.policies))),
            "role": held.role or "",
            "unit_code": held.unit_code or "",
            "verified_on": held.held_on.isoformat() if held.verified else "",
        }


def _written(held: Communication) -> str:
    """Write a month or a year as people do."""
    length = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}[held.precision]
    return held.held_on.isoformat()[:length]


def _exemptions(code: str, facts: DraftFacts) -> Iterable[Row]:
    for exemption in facts.exemptions:
        stages = ";".join(sorted(exemption.stages)) or "*"
        yield {"draft_code": code, "stages": stages, "document": exemption.document}


def span(drafts: Drafts) -> tuple[date, date]:
    days = [entry.entered_on for facts in drafts.values() for entry in facts.entries]
    return min(days), max(days)
