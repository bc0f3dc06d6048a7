"""Two people who replace the same list of recipients: the second is refused instead of undoing what the first did."""

import asyncio

from tests.integration.notifier.notifier_fixture import UNIT, NotifierFixture


def mailbox(email: str) -> dict[str, str]:
    return {"role": "focal_point", "email": email, "language": "vi"}


async def test_a_list_that_changed_since_it_was_read_is_not_replaced(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await notifier_env.units()
        path = f"/units/{UNIT}/recipients"
        read = (await api.client.get(path)).headers["ETag"]
        first = await api.client.put(path, json=[mailbox("a@stp.example.vn")], headers={"If-Match": read})
        second = await api.client.put(path, json=[mailbox("b@stp.example.vn")], headers={"If-Match": read})
        assert (first.status_code, second.status_code) == (200, 412)
        assert second.json()["type"] == "urn:loa:problem:stale-version"
        now = await api.client.get(path)
        assert [entry["email"] for entry in now.json()["recipients"]] == ["a@stp.example.vn"]
        assert now.headers["ETag"] == first.headers["ETag"] != read
        again = {"If-Match": now.headers["ETag"]}
        assert (
            await api.client.put(path, json=[mailbox("c@stp.example.vn")], headers=again)
        ).status_code == 200
        assert (await api.client.put(path, json=[])).status_code == 200


async def test_of_two_replacements_at_one_moment_a_single_one_wins(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await notifier_env.units()
        path = f"/units/{UNIT}/recipients"
        read = {"If-Match": (await api.client.get(path)).headers["ETag"]}
        answers = await asyncio.gather(
            *(api.client.put(path, json=[mailbox(f"{n}@stp.example.vn")], headers=read) for n in range(5))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
