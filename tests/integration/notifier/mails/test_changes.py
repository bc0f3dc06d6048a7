"""A far-reaching change is told by mail, once, to who was there before it: also to a mailbox that was taken off its list."""

from typing import Any

from shared.contracts.envelope import AggregateRef
from shared.contracts.event import unit_id
from shared.contracts.registry import UnitChangeCancelled, UnitSupervisionSet
from shared.contracts.vocabulary import Role, UnitChange
from shared.eventstore.jetstream import JetStreamEventStore
from tests.integration.notifier.notifier_fixture import (
    ABOVE,
    MONDAY,
    OTHER,
    UNIT,
    NotifierFixture,
    put_recipient,
    tick,
)

OLD, NEW = "dau.moi@stp.example.vn", "ke.moi@elsewhere.example.vn"
SILENCE = {"unit_code": UNIT, "last_day": "2026-11-27", "reason": "Chờ ý kiến của Ủy ban"}


def reported(env: NotifierFixture, address: str) -> list[Any]:
    return [mail for mail in env.mails() if mail["To"] == address and "[Thông báo]" in mail["Subject"]]


def words(mail: Any) -> str:
    body: str = mail.get_body(("plain",)).get_content()
    return " ".join(body.split())


async def test_who_was_on_a_list_is_told_that_it_was_replaced(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api, email=OLD)
        first = await tick(api, 0)
        async with api.as_(Role.SUPERVISOR, UNIT) as supervisor:
            mailbox = {"role": "focal_point", "email": NEW, "language": "vi"}
            answer = await supervisor.put(f"/units/{UNIT}/recipients", json=[mailbox])
        assert answer.status_code == 200, answer.text
        sent = await tick(api, 0)
        again = await tick(api, 0)
        outbox = (await api.client.get("/outbox")).text
    assert first["sent"] == []
    assert [mail["kind"] for mail in sent["sent"]] == ["change"]
    assert again["sent"] == []
    assert reported(notifier_env, NEW) == []
    (mail,) = reported(notifier_env, OLD)
    assert "Thay đổi hộp thư nhận của Sở Tư pháp tỉnh A" in mail["Subject"]
    assert "thêm 01, bỏ 01, đổi vai trò 00 hộp thư" in words(mail)
    assert "Người thực hiện: cơ quan theo dõi" in words(mail)
    assert NEW not in words(mail)
    assert "Thông báo thay đổi" in outbox


async def test_the_same_list_again_is_no_change(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api, email=OLD)
        await put_recipient(api, email=OLD, language="en")
        await tick(api, 0)
    assert notifier_env.mails() == []


def row_of(email: str, unit: str = UNIT, role: str = "focal_point") -> dict[str, str]:
    return {"unit_code": unit, "role": role, "email": email, "language": "vi"}


async def test_who_was_on_a_list_is_told_once_of_what_an_import_adds(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api, email=OLD)
        rows = [row_of(NEW), row_of("thu.ba@elsewhere.example.vn"), row_of(OLD, role="head")]
        dry = await api.import_rows("recipients", rows, dry_run=1)
        untold = await tick(api, 0)
        taken = await api.import_rows("recipients", rows)
        sent = await tick(api, 0)
        again = await api.import_rows("recipients", rows)
        after = await tick(api, 0)
    assert [row["status"] for row in dry] == [row["status"] for row in taken], dry
    assert (untold["sent"], after["sent"]) == ([], [])
    assert [mail["kind"] for mail in sent["sent"]] == ["change"]
    assert {row["status"] for row in again} == {"unchanged"}
    (mail,) = reported(notifier_env, OLD)
    assert "thêm 02, bỏ 00, đổi vai trò 01 hộp thư" in words(mail)
    assert NEW not in words(mail)


async def test_the_first_list_of_a_unit_by_import_is_no_change(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await api.import_rows("recipients", [row_of(OLD), row_of(NEW)])
        assert (await tick(api, 0))["sent"] == []


async def test_a_silence_is_told_to_its_unit_in_spite_of_it_and_so_is_its_end(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api, email=OLD)
        await put_recipient(api, OTHER, email=NEW)
        made = (await api.client.post("/silences", json=SILENCE)).json()
        await tick(api, 0)
        assert (await api.client.delete(f"/silences/{made['silence_id']}")).status_code == 200
        await tick(api, 0)
    paused, resumed = sorted(reported(notifier_env, OLD), key=lambda mail: "trở lại" in mail["Subject"])
    assert "được tạm dừng từ ngày 23/11/2026 đến hết ngày 27/11/2026" in words(paused)
    assert "Chờ ý kiến của Ủy ban" in words(paused)
    assert "thư nhắc việc được gửi trở lại" in words(resumed)
    assert reported(notifier_env, NEW) == []


async def test_another_supervisor_is_told_to_the_unit_and_to_the_one_before(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api, email=OLD)
        position = await notifier_env.follow()
        await api.settled(position)
        await put_recipient(api, ABOVE, email=NEW, role="supervisor")
        ticked = await tick(api, position)
        position = await notifier_env.follow(by=OTHER, on=MONDAY.date(), register=False)
        changed = await tick(api, position)
    assert {mail["unit_code"] for mail in ticked["sent"]} == {UNIT}  # nobody was set before
    assert {mail["unit_code"] for mail in changed["sent"]} == {UNIT, ABOVE}
    assert "Từ ngày 23/11/2026, cơ quan theo dõi Sở Tư pháp tỉnh A là Sở Tài chính tỉnh A" in words(
        reported(notifier_env, NEW)[0]
    )


async def test_a_supervision_that_was_taken_back_is_told_to_who_had_been_set(
    notifier_env: NotifierFixture,
) -> None:
    """Whoever sets another supervisor and takes it back again leaves two mails, not none."""
    async with notifier_env.notifier() as api:
        await put_recipient(api, email=OLD)
        await api.settled(await notifier_env.follow())
        await put_recipient(api, ABOVE, email=NEW, role="supervisor")
        ref = AggregateRef("unit", unit_id(UNIT))
        (wrong,) = (await JetStreamEventStore(notifier_env.registry.client).load(ref)).events[-1:]
        assert isinstance(wrong.data, UnitSupervisionSet)
        cancelled = UnitChangeCancelled(
            unit_code=UNIT,
            change_id=wrong.event_id,
            change=UnitChange.SUPERVISION_SET,
            changed_on=wrong.data.on,
            reason="Ghi nhầm cơ quan theo dõi",
        )
        sent = await tick(api, await notifier_env.registry.write(ref, cancelled))
        again = await tick(api, 0)
    assert sorted(mail["unit_code"] for mail in sent["sent"]) == sorted([UNIT, UNIT, ABOVE])
    assert again["sent"] == []
    (mail,) = reported(notifier_env, NEW)
    assert "Hủy thay đổi cơ quan theo dõi Sở Tư pháp tỉnh A" in mail["Subject"]
    assert "coi như chưa từng có: từ ngày 01/01/2026, cơ quan theo dõi Sở Tư pháp tỉnh A là" in words(mail)
    assert "Ghi nhầm cơ quan theo dõi" in words(mail)


async def test_a_hold_is_told_to_the_justice_unit_when_mail_goes_out_again(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier(justice_unit=UNIT) as api:
        await put_recipient(api, email=OLD)
        await api.client.post("/sending/hold", json={"reason": "chuyển máy chủ thư"})
        held = await tick(api, 0)
        await api.client.post("/sending/release", json={"reason": "đã chuyển xong"})
        await tick(api, 0)
    assert "on_hold" in [skipped["reason"] for skipped in held["skipped"]]
    subjects = sorted(str(mail["Subject"]) for mail in reported(notifier_env, OLD))
    assert subjects == [
        "[Thông báo] Tạm giữ việc gửi thư của hệ thống",
        "[Thông báo] Việc gửi thư của hệ thống được tiếp tục",
    ]
