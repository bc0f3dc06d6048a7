"""The head of a unit names who gets its mail, and who stands in during leave; a clerk does not, nor do others."""

import re

from shared.auth.sessions import COOKIE, CSRF_FIELD, RECENT
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import HEALTH, JUSTICE, SCHOOLS, Office, date_of, filled, press
from tests.integration.metrics.office import ago

PATH = f"/entry/units/{HEALTH}/recipients"
END = re.compile(r'action="([^"]+/end)"')


async def listed(office: Office) -> list[tuple[str, str, str | None]]:
    answer = await office.platform.services["notifier"].client.get(f"/units/{HEALTH}/recipients")
    return [(row["email"], row["role"], row["valid_to"]) for row in answer.json()["recipients"]]


async def test_a_head_names_recipients_and_who_stands_in(office: Office) -> None:
    async with office.browser(HEALTH, Role.HEAD, "notifier") as head:
        led = await head.get("/entry/recipients")
        assert (led.status_code, str(led.url.join(led.headers["location"]).path)) == (303, PATH)
        form = await head.get(PATH)
        assert "chưa có đầu mối nhận thư" in form.text
        wrong = await press(head, form, "record", email="Ông A <a@syt.example.vn>", calendar="yes")
        assert (wrong.status_code, 'id="email-error"' in wrong.text) == (422, True)
        assert (filled(wrong)["email"], filled(wrong)["calendar"]) == ("Ông A <a@syt.example.vn>", "yes")
        late = await head.get(PATH)
        added = await press(head, wrong, "record", email="Dau.Moi@syt.example.vn")
        assert added.status_code == 303, added.text
        stale = await press(head, late, "record", email="khac@syt.example.vn")
        assert (stale.status_code, filled(stale)["email"]) == (412, "khac@syt.example.vn")
        twice = await press(head, stale, "record", email="dau.moi@syt.example.vn")
        assert (twice.status_code, "đã có trong danh sách" in twice.text) == (422, True)
        form = await head.get(PATH)
        leave = date_of("valid_from", ago(-3)) | date_of("valid_to", ago(-2))
        absent = {"stands_in_for": "dau.moi@syt.example.vn"}
        backwards = await press(head, form, "record", email="thay@syt.example.vn", **leave, **absent)
        assert 'id="valid_to-error"' in backwards.text, backwards.text
        endless = await press(head, backwards, "record", **dict.fromkeys(date_of("valid_to", ago(-2)), ""))
        assert "ngày cuối của kỳ nghỉ" in endless.text, endless.text
        stands_in = await press(head, backwards, "record", **date_of("valid_to", ago(-9)))
        assert stands_in.status_code == 303, stands_in.text
        page = await head.get(PATH)
        assert "Nhận thay cho dau.moi@syt.example.vn" in page.text
        assert 'value="supervisor"' not in page.text  # more than a head has
        assert "chưa có đầu mối nhận thư" not in page.text
        ends = END.findall(page.text)
        stolen = await head.post(page.url.join(ends[0]), data={CSRF_FIELD: "x", "step": "record"})
        assert stolen.status_code == 403
        over = await head.post(page.url.join(ends[0]), data=filled(page) | {"step": "record"})
        assert over.status_code == 303, over.text
        assert (
            await head.post(page.url.join(ends[0]), data=filled(page) | {"step": "record"})
        ).status_code == 410
        assert await listed(office) == []  # with who is absent ends who stands in
        alone = await press(head, await head.get(PATH), "record", email="khac@syt.example.vn")
        assert alone.status_code == 303, alone.text
    assert await listed(office) == [("khac@syt.example.vn", "focal_point", None)]


async def test_a_list_is_changed_by_who_has_signed_in_lately(office: Office) -> None:
    async with office.browser(HEALTH, Role.HEAD, "notifier") as head:
        form, before = await head.get(PATH), await listed(office)
        store = office.platform.services["notifier"].app.state.access.sessions
        session = await store.find(head.cookies[COOKIE])
        entry = f"session.{session.session_id}"
        document = dict((await store.bucket.get(entry)).document)
        document["started"] = (session.started - RECENT).isoformat()
        await store.bucket.put(entry, document)
        assert (await head.get(PATH)).status_code == 200
        late = await press(head, form, "record", email="moi@syt.example.vn")
        assert (late.status_code, "Đăng nhập ở thẻ mới" in late.text) == (401, True)
        assert 'value="moi@syt.example.vn"' in late.text, "what was typed is kept"
    assert await listed(office) == before


async def test_nobody_else_sees_or_changes_the_list(office: Office) -> None:
    for unit, role in ((HEALTH, Role.UNIT), (SCHOOLS, Role.HEAD), (SCHOOLS, Role.SUPERVISOR)):
        async with office.browser(unit, role, "notifier") as other:
            page = await other.get(PATH)
            assert (page.status_code, "example.vn" in page.text) == (403, False), (unit, role)
            sent = await other.post(PATH, data={"email": "ke.khac@example.vn", "step": "record"})
            assert sent.status_code == 403, (unit, role)
    async with office.browser(JUSTICE, Role.SUPERVISOR, "notifier") as justice:
        page = await justice.get(PATH)
        assert page.status_code == 200, page.text
    assert "ke.khac@example.vn" not in [email for email, _, _ in await listed(office)]
