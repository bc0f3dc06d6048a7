"""What waits for somebody in communications: a supervising body verifies, a lead unit confirms; nobody sees another's."""

from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import COMMUNE, HEALTH, JUSTICE, SCHOOLS, Office, filled
from tests.integration.entry.forms.test_communication_form import in_consultation, listed, recorded

PAGE = "/entry/decisions"
SECTIONS = ("vuong-mac", "gia-han", "ket-qua", "bao-cao", "qua-han", "phoi-hop", "xac-minh")


async def test_a_supervisor_verifies_with_one_press(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    title = f"Hội nghị {a_code}"
    done = await recorded(office, a_code, title=title, url="https://syt.example.vn/tin/1")
    newest = {"min_position": done.headers["loa-position"]}
    (held,) = await listed(office, a_code)
    address = f"/entry/communications/{held['communication_id']}/verify"
    async with office.browser(JUSTICE, Role.SUPERVISOR, "campaigns") as justice:
        page = await justice.get(PAGE, params=newest)
        assert (title in page.text, "https://syt.example.vn/tin/1" in page.text) == (True, True), page.text
        assert address.removeprefix("/") in page.text
        sent = filled(page) | {"step": "record", "note": "Gọi 0912345678"}
        personal = await justice.post(address, data=sent)
        assert (personal.status_code, "số điện thoại" in personal.text) == (422, True)
        stolen = await justice.post(address, data=sent | {CSRF_FIELD: "x"})
        assert stolen.status_code == 403
        verified = await justice.post(address, data=sent | {"note": "Đã đối chiếu biên bản"})
        assert f"Đã xác minh: “{title}”" in verified.text, verified.text
        assert (await justice.post(address, data=sent | {"note": ""})).status_code == 200  # once only
        after = await justice.get(PAGE, params={"min_position": verified.headers["loa-position"]})
        assert title not in after.text
    (held,) = await listed(office, a_code)
    assert (held["verification"]["by_unit_code"], held["verification"]["note"]) == (
        JUSTICE,
        "Đã đối chiếu biên bản",
    )


async def test_a_supervisor_does_not_verify_and_says_why(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    title = f"Hội nghị {a_code}"
    done = await recorded(office, a_code, title=title)
    newest = {"min_position": done.headers["loa-position"]}
    (held,) = await listed(office, a_code)
    address = f"/entry/communications/{held['communication_id']}/refuse-verification"
    async with office.browser(JUSTICE, Role.SUPERVISOR, "campaigns") as justice:
        page = await justice.get(PAGE, params=newest)
        assert address.removeprefix("/") in page.text
        sent = filled(page) | {"step": "record", "note": ""}
        wordless = await justice.post(address, data=sent)
        assert (wordless.status_code, "Đề nghị điền nội dung này" in wordless.text) == (422, True)
        personal = await justice.post(address, data=sent | {"note": "Gọi 0912345678"})
        assert (personal.status_code, 'value="Gọi 0912345678"' in personal.text) == (422, True)
        refused = await justice.post(address, data=sent | {"note": "Biên bản của hội nghị khác"})
        assert f"không xác minh: “{title}”" in refused.text, refused.text
        assert "thông báo lý do bằng thư" in refused.text
        after = {"min_position": refused.headers["loa-position"]}
        assert title not in (await justice.get(PAGE, params=after)).text
    async with office.browser(HEALTH, service="campaigns") as own:
        mine = await own.get("/entry/communications", params=after)
        assert ("Chưa được xác minh" in mine.text, "Biên bản của hội nghị khác" in mine.text) == (True, True)
    (held,) = await listed(office, a_code)
    refusal = held["verification_refusal"]
    assert (held["verification"], refusal["by_unit_code"], refusal["unit_code"]) == (None, JUSTICE, HEALTH)


async def test_nobody_verifies_for_itself_or_others(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    title = f"Hội nghị {a_code}"
    done = await recorded(office, a_code, title=title)
    newest = {"min_position": done.headers["loa-position"]}
    (held,) = await listed(office, a_code)
    address = f"/entry/communications/{held['communication_id']}/verify"
    for unit, role in ((HEALTH, Role.UNIT), (SCHOOLS, Role.SUPERVISOR), (HEALTH, Role.SUPERVISOR)):
        async with office.browser(unit, role, "campaigns") as other:
            page = await other.get(PAGE, params=newest)
            assert (page.status_code, title in page.text) == (200, False), (unit, role)
            refused = await other.post(address, data=filled(page) | {"step": "record"})
            assert refused.status_code == 403, (unit, role)
            against = address.replace("/verify", "/refuse-verification")
            sent = filled(page) | {"step": "record", "note": "Không đúng"}
            assert (await other.post(against, data=sent)).status_code == 403, (unit, role)
    (held,) = await listed(office, a_code)
    assert (held["verification"], held["verification_refusal"]) == (None, None)


async def test_coordinating_work_waits_for_who_leads(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    title = f"Tọa đàm {a_code}"
    done = await recorded(office, a_code, COMMUNE, title=title, role="coordinating")
    newest = {"min_position": done.headers["loa-position"]}
    (held,) = await listed(office, a_code)
    async with office.browser(HEALTH, service="campaigns") as lead:
        page = await lead.get(PAGE, params=newest)
        assert f"Ủy ban nhân dân xã A: {title}" in page.text, page.text
        address = f"/entry/communications/{held['communication_id']}/confirm"
        confirmed = await lead.post(address, data=filled(page) | {"step": "record"})
        assert confirmed.status_code == 200, confirmed.text
        after = await lead.get(PAGE, params={"min_position": confirmed.headers["loa-position"]})
        assert title not in after.text


async def test_only_what_waits_has_a_section(office: Office, a_code: str) -> None:
    """Empty sections stood before the communications to verify, on the third screen of a phone."""
    await in_consultation(office, a_code)
    done = await recorded(office, a_code, title=f"Hội nghị {a_code}")
    async with office.browser(JUSTICE, Role.SUPERVISOR, "campaigns") as justice:
        page = (await justice.get(PAGE, params={"min_position": done.headers["loa-position"]})).text
    linked = [name for name in SECTIONS if f'<a href="#{name}">' in page]
    assert linked == [name for name in SECTIONS if f'<h2 id="{name}">' in page]
    assert "xac-minh" in linked
    assert len(linked) < len(SECTIONS)
