"""Who may do what at the registry's door."""

from shared.contracts.vocabulary import Role
from tests.integration.registry.test_api import office, refused
from tests.support.platform.service import Platform
from tests.support.samples import small_office


async def test_without_a_token_nothing_is_given(shared_platform: Platform) -> None:
    async with shared_platform.registry.as_(None) as anonymous:
        for path in ("/drafts", "/units", "/drafts/X/history", "/procedures", "/projections"):
            answer = await anonymous.get(path)
            refused(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"
        refused(await anonymous.post("/drafts", json={}), 401, "unauthenticated")
        for path in ("/livez", "/readyz", "/metrics", "/openapi.json", "/asyncapi.json"):
            assert (await anonymous.get(path)).status_code == 200


async def test_a_token_that_is_not_ours_is_refused(shared_platform: Platform) -> None:
    issuer = shared_platform.issuer
    client = shared_platform.registry.client
    good = issuer.token()
    wrong = [
        "nonsense",
        good[:-4] + "AAAA",
        issuer.token(exp=1),
        issuer.token(aud="other"),
        issuer.token(role="emperor"),
    ]
    for token in wrong:
        answer = await client.get("/drafts", headers={"Authorization": f"Bearer {token}"})
        refused(answer, 401, "unauthenticated")


async def test_a_reader_reads_and_no_more(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    async with shared_platform.registry.as_(Role.READER) as reader:
        assert (await reader.get(f"/drafts/{a_code}")).status_code == 200
        refused(await reader.post(f"/drafts/{a_code}/withdraw", json={"on": "2024-01-08"}), 403, "forbidden")
        refused(await reader.post("/units", json=small_office.unit("X1")), 403, "forbidden")
        refused(await reader.post("/projections/rebuild"), 403, "forbidden")


async def test_a_units_official_changes_own_drafts_alone(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    body = {"stage": "drafting", "entered_on": "2024-01-08"}
    async with shared_platform.registry.as_(Role.UNIT, a_code) as own:
        assert (await own.post(f"/drafts/{a_code}/stages", json=body)).status_code == 201
        refused(await own.post("/units", json=small_office.unit("X1")), 403, "forbidden")
        refused(await own.post("/imports", content=b""), 403, "forbidden")
        made = await own.post("/drafts", json=small_office.draft(f"{a_code}-2", a_code))
        assert made.status_code == 201
    async with shared_platform.registry.as_(Role.UNIT, "KHAC") as other:
        refused(await other.post(f"/drafts/{a_code}/stages", json=body), 403, "not-your-draft")
        refused(
            await other.post("/drafts", json=small_office.draft(f"{a_code}-3", a_code)), 403, "not-your-draft"
        )
    for role, status, code in (
        (Role.UNIT, 401, "unauthenticated"),
        (Role.HEAD, 401, "unauthenticated"),
        (Role.SUPERVISOR, 403, "not-your-draft"),
    ):
        async with shared_platform.registry.as_(role) as without_unit:
            refused(await without_unit.post(f"/drafts/{a_code}/stages", json=body), status, code)


async def test_after_a_transfer_the_new_unit_leads(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    new = f"{a_code}-B"
    await shared_platform.import_rows("units", [small_office.unit(new)])
    await client.post(f"/drafts/{a_code}/transfer", json={"to_unit_code": new, "on": "2024-01-08"})
    body = {"stage": "drafting", "entered_on": "2024-01-09"}
    async with shared_platform.registry.as_(Role.UNIT, a_code) as former:
        refused(await former.post(f"/drafts/{a_code}/stages", json=body), 403, "not-your-draft")
    async with shared_platform.registry.as_(Role.UNIT, new) as present:
        assert (await present.post(f"/drafts/{a_code}/stages", json=body)).status_code == 201


async def test_reading_is_public_only_when_it_is_set(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    async with (
        shared_platform.another("registry", public_read=True) as public,
        public.as_(None) as anonymous,
        shared_platform.registry.as_(None) as stranger,
    ):
        assert (await anonymous.get(f"/drafts/{a_code}")).status_code == 200
        refused(await stranger.get(f"/drafts/{a_code}"), 401, "unauthenticated")
        refused(await anonymous.post("/units", json=small_office.unit("X1")), 401, "unauthenticated")
        refused(await anonymous.post("/projections/rebuild"), 401, "unauthenticated")
