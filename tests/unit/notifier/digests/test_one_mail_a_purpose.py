"""A person gets one mail a day of one purpose, whatever lists name the address; and nothing is lost by that."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import combinations
from uuid import UUID

import pytest

from services.notifier.application.pipeline import MailKind, Planning
from services.notifier.application.ports import Notice, PlanningSnapshot
from services.notifier.domain.digest import JOINT, JointNotice
from services.notifier.domain.gaps.gap_alert import Gap, UnitRequest
from services.notifier.domain.notification.reasons import LastNotification
from services.notifier.domain.notification.timing import STEPS
from services.notifier.domain.recipients.audience import Recipient
from services.notifier.domain.recipients.preference import Preference
from shared.contracts.event import banners
from shared.contracts.vocabulary import Dataset, OptionalMail, Procedure, RecipientRole, Weekday
from shared.kernel.local_day import VIETNAM
from tests.unit.notifier.builders import CALENDAR, MONDAY, gap, recipient, tree
from tests.unit.notifier.mails import ASKED, KINDS, UNITS, month_of, to_decide, waiting

PERSON = "mot.nguoi@tinh.example.vn"
ALL_RUNS = frozenset({"digest", "weekly_list", "monthly_summary"})
LATE, SOON = date(2026, 11, 9), date(2026, 11, 26)
GAPS = (
    gap(1, unit_code="SO-A", due_on=LATE, title="Nghị quyết thứ nhất"),
    gap(2, unit_code="SO-A", due_on=SOON, title="Nghị quyết thứ hai"),
    gap(3, unit_code="XA", due_on=LATE, title="Quyết định thứ ba"),
    gap(4, unit_code="XA", due_on=SOON, title="Quyết định thứ tư"),
    gap(5, unit_code="UBND", due_on=LATE, title="Quyết định thứ năm"),
    gap(6, unit_code="STP", due_on=LATE, title="Quyết định thứ sáu"),
    gap(7, unit_code="SO-A", procedure=Procedure.SIMPLIFIED, due_on=MONDAY, title="Nghị quyết thứ bảy"),
    gap(8, unit_code="SO-A", procedure=Procedure.SIMPLIFIED, due_on=MONDAY, title="Nghị quyết thứ tám"),
)
RECORDS = tuple(
    recipient(10 * place + number, unit_code=unit, role=role, email=PERSON)
    for place, unit in enumerate(("SO-A", "XA", "UBND", "STP"), start=1)
    for number, role in enumerate(RecipientRole)
)
PAIRS = list(combinations(RECORDS, 2))
TRIPLES = list(combinations(RECORDS, 3))[::7]
ASKING = ("SO-A", "XA", "UBND")
OTHERS = (
    recipient(71, unit_code="SO-A", email="so.a@example.vn"),
    recipient(72, unit_code="UBND", role=RecipientRole.SUPERVISOR, email="ubnd@example.vn"),
)


@dataclass(frozen=True)
class Sent:
    """What goes out at a moment: whole `mails`, and the `notices` that stand in them."""

    mails: Sequence[Notice]

    @property
    def notices(self) -> list[Notice]:
        return [part for mail in self.mails for part in parts_of(mail)]

    def mails_to(self, address: str) -> list[Notice]:
        return [mail for mail in self.mails if mail.recipient.email.casefold() == address]

    def to(self, address: str) -> list[Notice]:
        return [part for mail in self.mails_to(address) for part in parts_of(mail)]

    def gaps_to(self, addresses: Iterable[str]) -> set[UUID]:
        return {line.gap.gap_id for a in addresses for notice in self.to(a) for line in notice.lines}


def parts_of(mail: Notice) -> Sequence[Notice]:
    return mail.parts if isinstance(mail, JointNotice) else (mail,)


def notified_by(notices: Iterable[Notice]) -> dict[UUID, dict[UUID, LastNotification]]:
    """What the ledger has of mails, as the snapshot reads it."""
    memory: dict[UUID, dict[UUID, LastNotification]] = {}
    for notice in notices:
        for line in notice.lines:
            if line.reason != "listed":
                memory.setdefault(notice.recipient.recipient_id, {})[line.gap.gap_id] = LastNotification(
                    day=notice.day,
                    standing=line.standing,
                    due_on=line.gap.due_on,
                    policies=line.gap.policies,
                    unit_code=line.unit_code,
                    above=line.reason.is_above,
                )
    return memory


def plan(
    recipients: Iterable[Recipient],
    gaps: Sequence[Gap] = GAPS,
    *,
    due: frozenset[str] = ALL_RUNS,
    before: Iterable[Notice] = (),
    at: datetime = datetime(2026, 11, 23, 8, 5, tzinfo=VIETNAM),
    preferences: dict[UUID, Preference] | None = None,
    requests: Iterable[UnitRequest] = (),
) -> Sent:
    before = list(before)
    snapshot = PlanningSnapshot(
        position=1,
        gaps=gaps,
        recipients=list(recipients),
        tree=tree(),
        notified=notified_by(before),
        done=frozenset((n.kind, n.recipient.recipient_id) for n in before if n.day == at.date()),
        history=gaps,
        requests=list(requests),
        preferences=preferences or {},
    )
    planning = Planning(
        snapshot=snapshot,
        local=at,
        calendar=CALENDAR,
        steps=STEPS,
        due=due,
        plan_kind=KINDS.plan_kind,
        scheduled=KINDS.scheduled,
    )
    return Sent(KINDS.plan(planning).notices)


def subjects(notices: Iterable[Notice]) -> list[str]:
    return [KINDS[n.kind].render(n, UNITS[n.recipient.unit_code]).subject for n in notices]


def doubles(items: Iterable[object]) -> list[object]:
    return [item for item, number in Counter(items).items() if number > 1]


def apart(records: Iterable[Recipient]) -> list[Recipient]:
    """The same recipients, each with an address of its own."""
    return [replace(r, email=f"{r.recipient_id.int}@example.vn") for r in records]


def of(pair: Sequence[Recipient]) -> str:
    return "+".join(f"{r.unit_code}-{r.role}" for r in pair)


@pytest.mark.parametrize("records", [*((r,) for r in RECORDS), *PAIRS], ids=of)
def test_a_person_gets_one_mail_of_a_purpose(records: tuple[Recipient, ...]) -> None:
    first, *rest = records
    shouted = [first, *(replace(r, email=r.email.upper()) for r in rest)]
    sent = plan([*shouted, *OTHERS])
    mine = sent.to(PERSON)
    assert doubles(notice.kind for notice in mine) == []
    assert doubles(subjects(mine)) == []
    assert doubles(line.gap.gap_id for notice in mine for line in notice.lines) == []


@pytest.mark.parametrize("records", [*((r,) for r in RECORDS), *PAIRS, *TRIPLES], ids=of)
def test_an_address_gets_one_scheduled_mail_a_day(records: tuple[Recipient, ...]) -> None:
    """Digest, requests to decide, weekly list and monthly page of one day, in whatever roles and as whoever's stand-in."""
    requests = [replace(ASKED, unit_code=unit, request_id=UUID(int=80 + n)) for n, unit in enumerate(ASKING)]
    sent = plan([*records, *OTHERS], requests=requests)
    scheduled = [mail for mail in sent.mails_to(PERSON) if mail.kind in {*KINDS.scheduled, JOINT}]
    assert len(scheduled) <= 1
    assert [notice for notice in sent.to(PERSON) if notice.kind not in KINDS.scheduled] == []
    later = plan([*records, *OTHERS], requests=requests, before=sent.notices)
    assert later.mails_to(PERSON) == []
    if scheduled:
        mail = KINDS.render(scheduled[0], tree())
        shown = {line.gap.title for line in scheduled[0].lines}
        assert [title for title in shown if title not in mail.text or title not in mail.html] == []


def test_several_kinds_meet_on_one_day() -> None:
    """The test above would see two mails: in some of its cases three and four kinds are due to one address."""
    requests = [replace(ASKED, unit_code="SO-A")]
    most = [plan([*records, *OTHERS], requests=requests).to(PERSON) for records in PAIRS]
    assert max(map(len, most)) == 4


@pytest.mark.parametrize("records", PAIRS, ids=of)
def test_nothing_is_lost_when_records_share_an_address(records: tuple[Recipient, ...]) -> None:
    """The gaps of both stand in the mails; so do the units and figures of the monthly page."""
    separate = apart(records)
    expected = plan([*separate, *OTHERS]).gaps_to(r.email for r in separate)
    assert plan([*records, *OTHERS]).gaps_to([PERSON]) == expected


@pytest.mark.parametrize("records", PAIRS, ids=of)
def test_the_next_day_brings_nothing_that_was_notified(records: tuple[Recipient, ...]) -> None:
    """What a list named is not new to its reader in the digest of the next working day."""
    before = plan([*records, *OTHERS]).notices
    named = {line.gap.gap_id for n in before for line in n.lines if line.reason != "listed"}
    wednesday = datetime(2026, 11, 25, 8, 5, tzinfo=VIETNAM)
    after = plan(
        [*records, *OTHERS], GAPS[:1] + GAPS[2:3], before=before, due=frozenset({"digest"}), at=wednesday
    )
    news = {line.gap.gap_id for n in after.to(PERSON) for line in n.lines if line.reason.is_news}
    assert news & named == set()


@pytest.mark.parametrize("records", PAIRS, ids=of)
def test_a_second_tick_of_the_day_adds_nothing(records: tuple[Recipient, ...]) -> None:
    first, second = records
    before = plan([first, *OTHERS]).notices
    kinds = {notice.kind for notice in before if notice.recipient.email == PERSON}
    again = plan([second, first, *OTHERS], before=before)
    assert kinds.isdisjoint(notice.kind for notice in again.to(PERSON))


def test_a_superior_that_stands_in_reads_of_it_in_the_list_alone() -> None:
    """Unit A is late and reads itself, XA is late and lists nobody: the unit above gets its list and no digest."""
    superior = recipient(72, unit_code="UBND", role=RecipientRole.SUPERVISOR, email=PERSON)
    listed = [superior, recipient(71, unit_code="SO-A", email="so.a@example.vn")]
    gaps = (GAPS[0], GAPS[2])
    sent = plan(listed, gaps)
    (weekly,) = [notice for notice in sent.to(PERSON) if notice.lines]
    assert weekly.kind == "weekly_list"
    assert {line.gap.gap_id: str(line.reason) for line in weekly.lines} == {
        GAPS[0].gap_id: "escalated",
        GAPS[2].gap_id: "overdue_first",
    }
    ended = {superior.recipient_id: Preference(unwanted=frozenset({OptionalMail.WEEKLY_LIST}))}
    without_list = plan(listed, gaps, preferences=ended)
    assert [n.kind for n in without_list.to(PERSON) if n.lines] == ["digest"]
    assert without_list.gaps_to([PERSON]) == {gap.gap_id for gap in gaps}


def test_what_cannot_wait_goes_in_one_mail_of_its_own_subject() -> None:
    records = (RECORDS[0], RECORDS[1])
    morning = plan([*records, *OTHERS], GAPS[:1])
    later = plan(
        [*records, *OTHERS],
        (GAPS[0], *GAPS[6:]),
        due=frozenset(),
        before=morning.notices,
        at=datetime(2026, 11, 23, 10, 0, tzinfo=VIETNAM),
    )
    (urgent,) = later.to(PERSON)
    assert (urgent.kind, {line.gap.gap_id for line in urgent.lines}) == (
        "immediate",
        {gap.gap_id for gap in GAPS[6:]},
    )
    assert doubles(subjects([*morning.to(PERSON), urgent])) == []


def test_what_one_record_ended_has_ended_for_the_address() -> None:
    first, second = (
        r for r in RECORDS if r.role is RecipientRole.SUPERVISOR and r.unit_code in {"UBND", "SO-A"}
    )
    ended = {second.recipient_id: Preference(unwanted=frozenset({OptionalMail.MONTHLY_SUMMARY}))}
    kinds = [notice.kind for notice in plan([first, second, *OTHERS], preferences=ended).to(PERSON)]
    assert "monthly_summary" not in kinds


def test_reminders_come_each_day_unless_all_records_chose_the_same_day() -> None:
    first, second = (
        r for r in RECORDS if r.role is RecipientRole.FOCAL_POINT and r.unit_code in {"SO-A", "XA"}
    )
    early = [
        replace(GAPS[1], due_on=MONDAY + timedelta(days=4)),
        replace(GAPS[3], due_on=MONDAY + timedelta(days=4)),
    ]
    chose = Preference(digest_day=Weekday.THURSDAY)
    single = plan([first, second], early, preferences={first.recipient_id: chose})
    both = plan([first, second], early, preferences={r.recipient_id: chose for r in (first, second)})
    assert [n.kind for n in single.to(PERSON) if n.lines] == ["digest"]
    assert [n.kind for n in both.to(PERSON) if n.lines] == []


def test_a_mail_of_two_units_names_both_and_whose_each_draft_is() -> None:
    first, second = (
        r for r in RECORDS if r.role is RecipientRole.FOCAL_POINT and r.unit_code in {"SO-A", "XA"}
    )
    (notice,) = plan([first, second], (GAPS[0], GAPS[2]), due=frozenset({"digest"})).to(PERSON)
    mail = KINDS["digest"].render(notice, UNITS[notice.recipient.unit_code])
    assert "Kính gửi: Sở A và UBND xã A" in mail.text or "Kính gửi: UBND xã A và Sở A" in mail.text
    for unit in ("Sở A", "UBND xã A"):
        assert f"Cơ quan chủ trì soạn thảo: {unit}" in mail.text


EXERCISE = frozenset({Dataset.EXERCISE})
PARTS_OF_AN_EXERCISE: tuple[Notice, ...] = (
    replace(to_decide(), requests=(replace(ASKED, dataset=Dataset.EXERCISE),)),
    replace(month_of(), datasets=EXERCISE),
)


@pytest.mark.parametrize("part", PARTS_OF_AN_EXERCISE, ids=lambda part: part.kind)
def test_a_joint_mail_has_the_banner_of_each_part(part: Notice) -> None:
    (banner,) = banners(EXERCISE)
    joint = JointNotice(parts=(waiting(ASKED), part))
    assert banner.vi not in KINDS.render(joint.parts[0], tree()).text
    for notice in (part, joint):
        mail = KINDS.render(notice, tree())
        assert banner.vi in mail.text
        assert banner.vi in mail.html


def test_a_kind_without_anything_to_write_about_is_not_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kind needs is a part of the snapshot: none of an empty one, and not planned then."""
    planned: list[str] = []
    for kind in KINDS:
        made = type(kind)

        def plan(self: MailKind, _planning: Planning) -> Iterable[Notice]:
            planned.append(self.name)
            return ()

        monkeypatch.setattr(made, "plan", plan)
    empty = Planning(
        snapshot=PlanningSnapshot(position=0, gaps=(), recipients=()),
        local=datetime.combine(MONDAY, time(8), VIETNAM),
        calendar=CALENDAR,
        steps=STEPS,
        plan_kind=KINDS.plan_kind,
    )
    for kind in KINDS:
        empty.planned(kind.name)
    assert set(planned) == {kind.name for kind in KINDS if kind.needs is None}
    assert {kind.name: kind.needs for kind in KINDS if kind.needs} == {
        "decision": "requests",
        "reply": "replies",
        "requests": "requests",
        "change": "changes",
        "duties": "programmes.facts",
        "duties_list": "programmes.facts",
    }
