"""The account that PostgreSQL runs as when root starts it, because it refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from deploy.local.engines.process import EngineFailed

ACCOUNTS = ("postgres", "nobody")  # the first of these that exists
# If that account cannot enter a parent folder (such as root's home), it gets one capability, instead of making the
# folder readable for everybody.
CAPABILITIES = ((), ("dac_read_search",), ("dac_override",))


def unprivileged(folder: Path, program: Path) -> Sequence[str]:
    """Give the prefix of a command that runs it without root's identity; empty if we are not root."""
    if not runs_as_root():
        return ()
    for capabilities in CAPABILITIES:
        prefix = _prefix(capabilities)
        check = [*prefix, str(program), "--version"], [*prefix, "/bin/ls", str(folder)]
        if all(_succeeds(command) for command in check):
            return prefix
    raise EngineFailed("PostgreSQL", f"the account {account().pw_name} cannot reach {folder} or {program}")


def give_ownership(path: Path) -> None:
    """Make the account of PostgreSQL the owner of a file."""
    if runs_as_root():
        os.chown(path, account().pw_uid, account().pw_gid)


def runs_as_root() -> bool:
    return os.geteuid() == 0


@cache
def account() -> pwd.struct_passwd:
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EngineFailed("PostgreSQL", f"started by root, it needs one of the accounts {', '.join(ACCOUNTS)}")


def _prefix(capabilities: Sequence[str]) -> Sequence[str]:
    who = ("--reuid", str(account().pw_uid), "--regid", str(account().pw_gid), "--clear-groups")
    kept = [
        part for name in capabilities for part in ("--inh-caps", f"+{name}", "--ambient-caps", f"+{name}")
    ]
    fixed = (
        ("--securebits", "+no_setuid_fixup") if capabilities else ()
    )  # otherwise access(2) ignores the capability
    return ("setpriv", *fixed, *kept, *who)


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
