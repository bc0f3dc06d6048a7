"""Copies what an image runs: `shared`, and one service or the command `loa`. `layout.py SERVICE CODE APP`."""

import shutil
import sys
from pathlib import Path

COMMAND = "cli"
START = """\
from {module} import main

if __name__ == "__main__":
    main()
"""


def lay_out(name: str, code: Path, app: Path) -> None:
    """Copy the packages of one application, and write its start module: `python3 APP`."""
    shutil.copytree(code / "shared", app / "shared")
    (app / "services").mkdir()
    shutil.copy(code / "services" / "__init__.py", app / "services")
    if name == COMMAND:
        shutil.copytree(code / "deploy", app / "deploy")
    else:
        shutil.copytree(code / "services" / name, app / "services" / name)
    module = "deploy.cli.main" if name == COMMAND else f"services.{name}.__main__"
    (app / "__main__.py").write_text(START.format(module=module))


if __name__ == "__main__":
    lay_out(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
