"""Each form leads to its own help page, in Vietnamese first; the pages of help need no sign-in and lead to each other."""

import re

import httpx

from tests.integration.entry.conftest import COMMUNE, HEALTH, Office
from tests.integration.entry.forms.test_communication_form import in_consultation
from tests.integration.metrics.office import today
from tests.support.servers.plain import NO_AUTHORITIES

LINK = re.compile(r'href="([^"]*entry/help/[^"]+)"')


async def test_every_form_has_a_help_page(office: Office) -> None:
    counts = {}
    for service in ("registry", "campaigns", "metrics", "notifier"):
        async with httpx.AsyncClient(base_url=office.url(service), verify=NO_AUTHORITIES) as anybody:
            page = await anybody.get("/entry/help")
            assert page.status_code == 200, page.text
            links = LINK.findall(page.text)
            for link in links:
                shown = await anybody.get(page.url.join(link))
                assert (shown.status_code, "Biểu mẫu này để làm gì" in shown.text) == (200, True), link
            counts[service] = len(links)
            assert (await anybody.get("/entry/help/no-such-form")).status_code == 404
    assert counts == {"registry": 25, "campaigns": 35, "metrics": 2, "notifier": 3}


async def test_forms_lead_to_their_help(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    own = f"/entry/drafts/{a_code}"
    for service, path, key in (
        ("registry", "/entry/drafts", "draft"),
        ("registry", f"{own}/stages", "stage"),
        ("registry", f"{own}/policies", "policy"),
        ("registry", f"{own}/postings", "open_posting"),
        ("campaigns", f"{own}/communications", "communication"),
        ("campaigns", f"{own}/plan", "plan"),
        ("campaigns", f"{own}/plan/approval", "plan-document"),
        ("campaigns", f"/entry/programme/{COMMUNE}/{today().year}/training_held", "training_held"),
    ):
        unit = COMMUNE if "programme" in path else HEALTH
        async with office.browser(unit, service=service) as clerk:
            form = await clerk.get(path)
            (link,) = LINK.findall(form.text)
            assert link.endswith(f"entry/help/{key}"), path
            assert (await clerk.get(form.url.join(link))).status_code == 200, path
