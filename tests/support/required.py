"""Tests leave out what a machine has no program for; where the program was promised, as in CI, that is a failure."""

import os
from typing import NoReturn

import pytest


def leave_out(why: str, promise: str) -> NoReturn:
    """Skip the test and say why; fail if the environment promises the program (`LOA_NODE=required`)."""
    if is_required(promise):
        pytest.fail(why)
    pytest.skip(why)


def is_required(promise: str) -> bool:
    return os.environ.get(promise) == "required"
