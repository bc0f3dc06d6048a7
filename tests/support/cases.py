"""Many small cases in one test: each is tried, and every one that fails is listed."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def for_each(
    cases: Iterable[Any] | Callable[[], Iterable[Any]], name: Callable[[Any], str] = str
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Make one test of a check and its cases; a tuple gives several arguments. Where cases are costly to list, give a function.

    A test of its own for each costs more than most of these checks, when it is collected and when it runs.
    """

    def joined(check: Callable[..., None]) -> Callable[[], None]:
        def test() -> None:
            failed: list[str] = []
            tried = 0
            for case in cases() if callable(cases) else cases:
                tried += 1
                try:
                    check(*case) if isinstance(case, tuple) else check(case)
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  of whatever kind, it is listed
                    failed.append(f"{name(case)}: {type(error).__name__}: {error}")
            assert tried, "there is no case"
            assert not failed, f"{len(failed)} of {tried} cases fail:\n" + "\n".join(failed)

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        test.__qualname__ = check.__qualname__
        return test

    return joined
