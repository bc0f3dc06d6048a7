"""As whom PostgreSQL runs when root starts it: it refuses to be root, and must still reach its files."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from deploy.local.engines.process import EngineFailed

ACCOUNTS = ("postgres", "nobody")  # the first of these that exists
# If the folders above are closed to that account (a home of root is), it gets the one right to pass
# through them, instead of them being opened to everybody.
WAYS_THROUGH = ((), ("dac_read_search",), ("dac_override",))


def step_down(folder: Path, program: Path) -> Sequence[str]:
    """Give what to put before a command so that it runs without root's identity; nothing if we are not root."""
    if not runs_as_root():
        return ()
    for rights in WAYS_THROUGH:
        prefix = _prefix(rights)
        check = [*prefix, str(program), "--version"], [*prefix, "/bin/ls", str(folder)]
        if all(_succeeds(command) for command in check):
            return prefix
    raise EngineFailed("PostgreSQL", f"the account {account().pw_name} cannot reach {folder} or {program}")


def give(path: Path) -> None:
    """Hand a file to the account that PostgreSQL runs as."""
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


def _prefix(rights: Sequence[str]) -> Sequence[str]:
    who = ("--reuid", str(account().pw_uid), "--regid", str(account().pw_gid), "--clear-groups")
    kept = [part for right in rights for part in ("--inh-caps", f"+{right}", "--ambient-caps", f"+{right}")]
    fixed = ("--securebits", "+no_setuid_fixup") if rights else ()  # else access(2) forgets the right
    return ("setpriv", *fixed, *kept, *who)


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
