"""Two provinces and a ministry, the objects of one unit, and what can be tried on each: one attempt for each action."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.auth.sessions import Way
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Role
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import new_id, now
from shared.rules.rights.actions import Action, Relation
from tests.support.platform.service import Platform, eventually

VICTIM, DRAFT, MAILBOX = "A-SYT", "NQ-A-1", "dau.moi@syt-a.example.vn"
UNITS = (  # code, level, kind, parent, name
    ("CP", "central", "government", None, "Chính phủ"),
    ("BYT", "central", "ministry", "CP", "Bộ Y tế"),
    ("BYT-PC", "central", "department", "BYT", "Vụ Pháp chế"),
    ("A-UB", "provincial", "provincial_committee", "CP", "Ủy ban nhân dân tỉnh A"),
    ("A-STP", "provincial", "department", "A-UB", "Sở Tư pháp tỉnh A"),
    (VICTIM, "provincial", "department", "A-UB", "Sở Y tế tỉnh A"),
    ("A-SYT-P", "provincial", "department", VICTIM, "Chi cục Dân số tỉnh A"),
    ("B-UB", "provincial", "provincial_committee", "CP", "Ủy ban nhân dân tỉnh B"),
    ("B-STP", "provincial", "department", "B-UB", "Sở Tư pháp tỉnh B"),
    ("B-SYT", "provincial", "department", "B-UB", "Sở Y tế tỉnh B"),
)
ELSEWHERE = ("A-SYT-P", "BYT", "BYT-PC", "B-UB", "B-STP", "B-SYT", "NOBODY", None)
STANDING: Mapping[str | None, Relation] = {  # how a token's unit stands to the victim, written by hand
    VICTIM: Relation.OWN,
    "CP": Relation.BELOW,
    "A-UB": Relation.BELOW,
    "A-STP": Relation.AREA,
    **dict.fromkeys(ELSEWHERE, Relation.ELSEWHERE),
}
CALLERS = [(role, unit) for role in Role if role is not Role.OPERATOR for unit in STANDING]


@dataclass(frozen=True, slots=True)
class Attempt:
    """`leaks`: a list or page, which anybody with the role may ask for; it must not have the victim's mailbox or code."""

    action: Action
    service: str
    method: str
    path: str
    body: Any = None
    leaks: bool = False


@dataclass(slots=True)
class Objects:
    """The ids of what belongs to the victim."""

    platform: Platform
    ids: dict[str, str] = field(default_factory=dict)

    async def call(self, service: str, method: str, path: str, body: Any = None) -> Any:
        answer = await self.platform.services[service].client.request(method, path, json=body)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    async def make(self) -> None:
        rows = [
            {"code": code, "level": level, "kind": kind, "parent_code": parent, "name": name}
            for code, level, kind, parent, name in UNITS
        ]
        await self.platform.import_rows("units", [{k: v for k, v in row.items() if v} for row in rows])
        await self._unit()
        await self._draft()
        await self._communication()
        await self._alert()
        await self._requests()
        await self._session()

    async def _unit(self) -> None:
        """Record once more what the victim is called: a change that may be cancelled, and changes nothing."""
        (name,) = {name for code, *_, name in UNITS if code == VICTIM}
        renamed = {"name": name, "on": ago(60)}
        await self.call("registry", "POST", f"/units/{VICTIM}/rename", renamed)
        shown = await self.call("registry", "GET", f"/units/{VICTIM}")
        self.ids["unit_change"] = shown["changes"][0]["change_id"]

    async def _draft(self) -> None:
        draft = {"draft_code": DRAFT, "title": "Nghị quyết", "instrument": "provincial_resolution"}
        draft |= {"lead_unit_code": VICTIM, "regime": "law_2025_amended", "in_scope": "yes"}
        await self.call("registry", "POST", "/drafts", draft | {"scope_basis": "local_plan"})
        path = f"/drafts/{DRAFT}"
        await self.call("registry", "POST", f"{path}/policies", {"policy_no": 1, "title": "Hỗ trợ"})
        begun = {"stage": "draft_consultation", "entered_on": ago(30)}
        await self.call("registry", "POST", f"{path}/stages", begun)
        posting = {"stage": "draft_consultation", "opened_on": ago(20)}
        opened = await self.call("registry", "POST", f"{path}/postings", posting)
        await self.call(
            "registry", "POST", f"{path}/exemptions", {"document": "QĐ 6", "stages": ["appraisal"]}
        )
        shown = await self.call("registry", "GET", path)
        self.ids["exemption"] = shown["exemptions"][0]["exemption_id"]
        self.ids |= {"posting": opened["posting"]["posting_id"], "entry": shown["stages"][0]["entry_id"]}
        await self.platform.settled()

    async def _communication(self) -> None:
        held = {"held_on": ago(40), "channel": "dialogue", "title": "Đối thoại"}
        made = await self.call("campaigns", "POST", f"/drafts/{DRAFT}/communications", held)
        planned = {"planned_on": ago(-20), "channel": "dialogue", "title": "Hội nghị"}
        activity = await self.call("campaigns", "POST", f"/drafts/{DRAFT}/plan/activities", planned)
        task = {"kind": "task_assigned", "title": "Đối thoại"}
        entered = await self.call("campaigns", "POST", f"/units/{VICTIM}/programme/2026", task)
        asked = {"kind": "report_required", "title": "Báo cáo", "report_period": "year", "due_days": 10}
        asked |= {"coordinating_unit_codes": [VICTIM]}
        duty = await self.call("campaigns", "POST", f"/units/{VICTIM}/programme/2026", asked)
        self.ids |= {"communication": made["id"], "activity": activity["id"], "task": entered["id"]}
        self.ids["duty"] = duty["id"]
        await self.platform.settled()

    async def _alert(self) -> None:
        mailbox = [{"role": "focal_point", "email": MAILBOX, "language": "vi"}]
        await self.call("notifier", "PUT", f"/units/{VICTIM}/recipients", mailbox)
        alerts = await eventually(self._alerts)
        self.ids["alert"] = alerts[0]["alert_id"]
        ticked = await self.call("notifier", "POST", "/tick", {"at": f"{next_working_day()}T09:00:00+07:00"})
        self.ids["digest"] = ticked["sent"][0]["digest_key"] if ticked["sent"] else "none"
        silence = {"unit_code": VICTIM, "stage": "appraisal", "last_day": ago(-9), "reason": "Chờ ý kiến"}
        self.ids["silence"] = (await self.call("notifier", "POST", "/silences", silence))["silence_id"]

    async def _requests(self) -> None:
        """What the victim asks for itself: one that another may try to decide, one to withdraw."""
        async with self.platform.registry.as_(Role.UNIT, VICTIM) as clerk:
            for name, document in (("request", "QĐ 8"), ("request_to_withdraw", "QĐ 9")):
                answer = await clerk.post(f"/drafts/{DRAFT}/exemptions", json={"document": document})
                assert answer.status_code == 202, answer.text
                self.ids[name] = answer.json()["request"]["request_id"]
        exempted = {"document": "QĐ 7", "stages": ["appraisal"]}
        await self.call(
            "registry", "POST", f"/drafts/{DRAFT}/exemptions", exempted
        )  # one that is listed as lowered

    async def _session(self) -> None:
        sessions = self.platform.services["notifier"].app.state.access.sessions
        _, session = await sessions.start(Principal("head-of-the-victim", Role.HEAD, VICTIM), Way.MAIL)
        self.ids["session"] = session.session_id

    async def _alerts(self) -> Any:
        return (await self.call("notifier", "GET", f"/alerts?unit={VICTIM}"))["items"]

    def attempts(self) -> list[Attempt]:
        return [
            *self._of_units(),
            *self._of_draft(),
            *self._of_campaigns(),
            *self._of_requests(),
            *self._of_metrics(),
            *self._of_notifier(),
            *self._of_sign_in(),
            *_operation(),
        ]

    def _of_units(self) -> Iterator[Attempt]:
        on, path = ago(1), f"/units/{VICTIM}"
        child = {
            "code": f"X-{str(new_id())[:8].upper()}",
            "name": "X",
            "level": "provincial",
            "kind": "department",
        }
        yield Attempt(Action.REGISTER_UNIT, "registry", "POST", "/units", child | {"parent_code": VICTIM})
        for action, what, body in (
            (Action.AMEND_UNIT, "amend", {"kind": "agency", "reason": "nhầm"}),
            (
                Action.CANCEL_UNIT_CHANGE,
                "cancellations",
                {"change_id": self.ids["unit_change"], "reason": "nhầm"},
            ),
            (
                Action.CORRECT_UNIT_CHANGE,
                f"changes/{self.ids['unit_change']}/correct",
                {"legal_basis": "NQ 2", "reason": "nhầm"},
            ),
            (Action.RENAME_UNIT, "rename", {"name": "Tên khác", "on": on}),
            (Action.MOVE_UNIT, "move", {"parent_code": "A-UB", "on": on}),
            (Action.SUCCEED_UNIT, "successions", {"to_code": "A-SYT-P", "kind": "split", "date": on}),
            (Action.SET_TARGET, "targets", {"year": 2026, "target_percent": 50}),
            (
                Action.SET_SUPERVISION,
                "supervision",
                {"supervisor_code": "A-STP", "kind": "council", "on": on},
            ),
        ):
            yield Attempt(action, "registry", "POST", f"{path}/{what}", body)

    def _of_draft(self) -> Iterator[Attempt]:
        path, ids = f"/drafts/{DRAFT}", self.ids
        draft = {"draft_code": f"NQ-{str(new_id())[:8].upper()}", "title": "X", "regime": "law_2025_amended"}
        draft |= {"instrument": "provincial_resolution", "lead_unit_code": VICTIM}
        yield Attempt(Action.REGISTER_DRAFT, "registry", "POST", "/drafts", draft)
        for action, method, what, body in (
            (Action.AMEND_DRAFT, "POST", "amend", {"source": "x", "reason": "nhầm"}),
            (Action.RETITLE_DRAFT, "POST", "title", {"title": "Tên khác"}),
            (Action.ASSESS_SCOPE, "POST", "scope", {"in_scope": "no"}),
            (Action.ADD_POLICY, "POST", "policies", {"policy_no": 2, "title": "Y"}),
            (Action.AMEND_POLICY, "PUT", "policies/1", {"title": "Z"}),
            (Action.REMOVE_POLICY, "DELETE", "policies/1", None),
            (Action.EXEMPT_DRAFT, "POST", "exemptions", {"document": "QĐ 1"}),
            (
                Action.CANCEL_EXEMPTION,
                "POST",
                f"exemptions/{ids['exemption']}/cancel",
                {"reason": "nhầm"},
            ),
            (
                Action.CORRECT_EXEMPTION,
                "POST",
                f"exemptions/{ids['exemption']}/correct",
                {"document": "QĐ 2", "reason": "nhầm"},
            ),
            (Action.DECIDE_PROCEDURE, "POST", "procedure", {"procedure": "simplified", "document": "QĐ 1"}),
            (Action.ENTER_STAGE, "POST", "stages", {"stage": "appraisal", "entered_on": ago(1)}),
            (
                Action.EXPECT_STAGE,
                "POST",
                "expected-stages",
                {"stage": "adopted", "expected_on": ago(-30)},
            ),
            (
                Action.SUMMARISE_OPINIONS,
                "POST",
                "opinions",
                {"stage": "draft_consultation", "summarised_on": ago(1), "received": 3},
            ),
            (
                Action.CORRECT_STAGE,
                "POST",
                f"stages/{ids['entry']}/correct",
                {"stage": "draft_consultation", "entered_on": ago(2)},
            ),
            (Action.CANCEL_STAGE, "POST", f"stages/{ids['entry']}/cancel", {"reason": "nhầm"}),
            (Action.CANCEL_POSTING, "POST", f"postings/{ids['posting']}/cancel", {"reason": "nhầm"}),
            (
                Action.CORRECT_POSTING,
                "POST",
                f"postings/{ids['posting']}/correct",
                {"stage": "draft_consultation", "opened_on": ago(4), "reason": "nhầm"},
            ),
            (Action.OPEN_POSTING, "POST", "postings", {"stage": "draft_consultation", "opened_on": ago(3)}),
            (Action.EXTEND_POSTING, "POST", f"postings/{ids['posting']}/extend", {"closes_on": ago(-60)}),
            (Action.CLOSE_POSTING, "POST", f"postings/{ids['posting']}/close", {"closed_on": ago(0)}),
            (Action.TRANSFER_DRAFT, "POST", "transfer", {"to_unit_code": "A-STP", "on": ago(0)}),
            (Action.WITHDRAW_DRAFT, "POST", "withdraw", {"on": ago(0)}),
        ):
            yield Attempt(action, "registry", method, f"{path}/{what}", body)

    def _of_requests(self) -> Iterator[Attempt]:
        path = f"/drafts/{DRAFT}/requests"
        refused = {"decision": "refused", "reason": "Không thuộc trường hợp được miễn"}
        decide, withdraw = f"{self.ids['request']}/decision", f"{self.ids['request_to_withdraw']}/withdraw"
        approved = {"decision": "approved", "document": "QĐ 8"}
        for body in (approved, refused):
            yield Attempt(Action.DECIDE_REQUEST, "registry", "POST", f"{path}/{decide}", body)
        request = f"{path}/{self.ids['request']}"
        passed_on = {"to_unit_code": "B-STP", "reason": "Đúng thẩm quyền"}
        yield Attempt(Action.DECIDE_REQUEST, "registry", "POST", f"{request}/answer", {"reply": "Đã xem"})
        yield Attempt(Action.DECIDE_REQUEST, "registry", "POST", f"{request}/forward", passed_on)
        yield Attempt(Action.WITHDRAW_REQUEST, "registry", "POST", f"{path}/{withdraw}", {})
        for action, where in (
            (Action.READ_REQUESTS, "/requests"),
            (Action.READ_REQUESTS, f"/requests?draft={DRAFT}"),
            (Action.READ_LOWERED_DUTIES, "/lowered-duties"),
        ):
            yield Attempt(action, "registry", "GET", where, leaks=True)

    def _of_campaigns(self) -> Iterator[Attempt]:
        path, of = f"/drafts/{DRAFT}", f"/communications/{self.ids['communication']}"
        held = {"held_on": ago(1), "channel": "dialogue", "title": "Đối thoại khác"}
        planned = {"planned_on": ago(-9), "channel": "dialogue", "title": "Khác"}
        activity = f"{path}/plan/activities/{self.ids['activity']}"
        entry = f"/units/{VICTIM}/programme/2026/entries/{self.ids['task']}"
        for action, method, where, body in (
            (Action.RECORD_COMMUNICATION, "POST", f"{path}/communications", held | {"unit_code": VICTIM}),
            (Action.CORRECT_COMMUNICATION, "POST", f"{of}/correct", held),
            (Action.ATTACH_EVIDENCE, "POST", f"{of}/evidence", {"url": "https://example.vn/1"}),
            (Action.READ_EVIDENCE, "GET", f"{of}/evidence/{UUID(int=1)}/file", None),
            (Action.ERASE_EVIDENCE, "POST", f"{of}/evidence/{UUID(int=1)}/erase", {"reason": "nhầm"}),
            (Action.SUMMARISE_FEEDBACK, "PUT", f"{of}/feedback", {"received": 2}),
            (Action.VERIFY_COMMUNICATION, "POST", f"{of}/verify", None),
            (Action.VERIFY_COMMUNICATION, "POST", f"{of}/refuse-verification", {"reason": "Chưa đủ"}),
            (Action.CONFIRM_COMMUNICATION, "POST", f"{of}/confirm", None),
            (Action.RETRACT_COMMUNICATION, "POST", f"{of}/retract", None),
            (Action.APPROVE_PLAN, "PUT", f"{path}/plan", {"document": "KH 1", "approved_on": ago(1)}),
            (Action.PLAN_ACTIVITY, "POST", f"{path}/plan/activities", planned),
            (Action.RESCHEDULE_ACTIVITY, "POST", f"{activity}/reschedule", {"planned_on": ago(-30)}),
            (Action.CANCEL_ACTIVITY, "POST", f"{activity}/cancel", None),
            (
                Action.ENTER_PROGRAMME,
                "POST",
                f"/units/{VICTIM}/programme/2026",
                {"kind": "plan_adopted", "title": "Kế hoạch"},
            ),
            (Action.ENTER_PROGRAMME, "POST", f"/units/{VICTIM}/reports", {"duty_id": self.ids["duty"]}),
            (Action.FOLLOW_PROGRAMME_ENTRY, "POST", f"{entry}/steps", {"kind": "task_reported"}),
            (Action.CORRECT_PROGRAMME_ENTRY, "POST", f"{entry}/correct", {"title": "X", "reason": "Y"}),
            (Action.CANCEL_PROGRAMME_ENTRY, "POST", f"{entry}/cancel", {"reason": "Y"}),
        ):
            yield Attempt(action, "campaigns", method, where, body)

    def _of_metrics(self) -> Iterator[Attempt]:
        yield Attempt(Action.MAKE_CALENDAR, "metrics", "POST", "/calendars", {"unit": VICTIM})
        yield Attempt(Action.MAKE_CALENDAR, "metrics", "POST", "/calendars/withdraw", {"unit": VICTIM})
        yield Attempt(Action.PUBLISH_REPORT, "metrics", "POST", "/reports/407/published", {"unit": VICTIM})

    def _of_notifier(self) -> Iterator[Attempt]:
        silence = {"last_day": ago(-5), "reason": "Chờ ý kiến"}
        key, attacker = (
            self.ids["digest"],
            [{"role": "head", "email": "ke.khac@example.vn", "language": "vi"}],
        )
        for action, method, where, body in (
            (Action.SNOOZE_ALERT, "POST", f"/alerts/{self.ids['alert']}/snooze", {"until": ago(-5)}),
            (Action.ADD_SILENCE, "POST", "/silences", silence | {"unit_code": VICTIM}),
            (Action.ADD_SILENCE, "POST", "/silences", silence | {"draft_code": DRAFT}),
            (Action.ADD_SILENCE, "POST", "/silences", silence | {"unit_code": VICTIM, "draft_code": DRAFT}),
            (Action.LIFT_SILENCE, "DELETE", f"/silences/{self.ids['silence']}", None),
            (Action.READ_RECIPIENTS, "GET", f"/units/{VICTIM}/recipients", None),
            (Action.READ_MAIL, "GET", f"/outbox/{key}", None),
            (Action.READ_FILES_OF_MAIL, "GET", f"/outbox/{key}/files/0", None),
            (Action.REPLACE_RECIPIENTS, "PUT", f"/units/{VICTIM}/recipients", attacker),
        ):
            yield Attempt(action, "notifier", method, where, body)
        for action, where in (
            (Action.READ_RECIPIENTS, "/recipients"),
            (Action.READ_RECIPIENTS, "/recipients/missing"),
            (Action.READ_MAIL, "/outbox"),
            (Action.PREVIEW_MAIL, f"/preview?at={next_working_day()}"),
            (Action.READ_REQUESTS, "/requests"),
            (Action.READ_REQUESTS, f"/requests?unit={VICTIM}"),
        ):
            yield Attempt(action, "notifier", "GET", where, leaks=True)
        yield Attempt(Action.URGE_UNIT, "notifier", "POST", "/entry/urging/send", leaks=True)

    def _of_sign_in(self) -> Iterator[Attempt]:
        for action, method, where, body in (
            (Action.MAKE_LOGIN, "POST", "/sign-in/codes", {}),
            (Action.READ_SESSIONS, "GET", "/sessions", None),
            (Action.READ_SESSIONS, "GET", "/revoked-tokens", None),
            (Action.END_SESSION, "POST", f"/sessions/{self.ids['session']}/end", None),
            (Action.REVOKE_ACCESS, "POST", "/revoked-tokens", {"token_id": "head-of-the-victim"}),
            (Action.WITHDRAW_LINKS, "POST", "/links/withdraw", {"unit_code": VICTIM, "reason": "không được"}),
        ):
            yield Attempt(action, "notifier", method, where, body)


def _operation() -> Iterator[Attempt]:
    """What belongs to no unit, an operator alone does."""
    why = {"reason": "không được phép"}
    for action, method, where, body in (
        (Action.HOLD_MAIL, "POST", "/sending/hold", why),
        (Action.RELEASE_MAIL, "POST", "/sending/release", why),
        (Action.TICK, "POST", "/tick", None),
        (Action.ACKNOWLEDGE_MAIL, "POST", "/outbox/acknowledge", {"all": True}),
        (Action.RETRY_MAIL, "POST", "/outbox/none/retry", None),
        (Action.IMPORT_ROWS, "POST", "/imports", None),
        (Action.REBUILD_PROJECTION, "POST", "/projections/rebuild", None),
        (Action.VERIFY_PROJECTION, "POST", "/projections/verification", None),
        (Action.SKIP_EVENT, "POST", "/projections/skip", {"position": 1, "reason": "không được phép"}),
        (Action.READ_LOST_EVENTS, "GET", "/log/lost", None),
        (Action.ACCEPT_LOG, "POST", "/log/decision", why),
        (Action.BACK_UP_OWN_DATA, "GET", "/own-data", None),
        (Action.RESTORE_OWN_DATA, "PUT", "/own-data", None),
    ):
        yield Attempt(action, "notifier", method, where, body)
    yield Attempt(Action.BACK_UP_OWN_DATA, "campaigns", "GET", "/own-files", None)
    yield Attempt(Action.TRY_RULES, "metrics", "POST", "/rules/effect", {"procedures": "x"})


def ago(days: int) -> str:
    return (day_in_vietnam(now()) - timedelta(days=days)).isoformat()


def next_working_day() -> str:
    """Give a Monday to come: on it mails go out, unless it is a holiday."""
    today = day_in_vietnam(now())
    return (today + timedelta(days=7 - today.weekday())).isoformat()
