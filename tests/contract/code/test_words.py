"""Names use the field's standard terms: no word of the banned list in files, identifiers, log events, metrics, problems.

Each banned word stands beside what to write instead. The syntax tree is read, so comments and texts are free.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("shared", "services", "deploy", "tests")

INSTEAD: Mapping[str, str] = {
    "remark remarks": "finding, findings",
    "mend mending": "suggestion; correct, repair",
    "upkeep": "admin",
    "door doors": "route, handler, link guard",
    "conventions": "request context",
    "readers": "subscribers",
    "matter matters": "alert, gap summary",
    "desk desks": "snapshot, pages, handler",
    "room rooms house": "service, platform, stack",
    "walk": "flow, scenario",
    "rounds": "schedule, runs",
    "refill refilled": "rebuild",
    "beside": "shadow, besides by its purpose",
    "anew": "again, rebuild, renew",
    "lane lanes": "worker, workers",
    "overtaken": "conflict, conflicted",
    "parked": "failed, dead letter",
    "vitals": "collector, readings",
    "said say says tell tells telling tellings told": "recorded, notified, stated, answered",
    "heard hear hears": "communication, received",
    "known": "existing, registered, cached",
    "stuck": "halted",
    "poisonous": "poison",
    "stay stays": "occurrence",
    "found": "the kind of what was looked up (rows, match, recipient)",
    "one": "the kind of thing (entry, row, unit)",
    "thing things somebody nobody": "name it",
}
BANNED = {word: instead for words, instead in INSTEAD.items() for word in words.split()}
COMPOUNDS = re.compile(
    r"not_?found|one_?click|one_?line|one_?day|one_by_one|one_at_a_time|one_of|one_hour|(?:^|_)one_[a-z]+s?$"
    r"|known_(?:at|from|to)"
)
"""Number words and fixed terms: `NotFound`, `one_click` (RFC 8058), `ONE_DAY`, `known_at` (the contract)."""

KEPT = {
    "PreferenceDoor": "an enumeration of a released event (recipient.*), whose schema bears its name",
    "answer_said": "a database column of release 0.1.0",
    "said": "a JSON field of GET /requests",
    "0002_what_nobody_reads_may_be_left_out": "a migration that has run",
    "0006_the_oldest_mails_are_found_by_an_index": "a migration that has run",
}
"""Names that are given out: each with its reason. In tests, test functions may still say in a sentence what holds."""

LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}


@cache
def words(name: str) -> frozenset[str]:
    """Split snake_case and CamelCase into lower-case words, without fixed compounds."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return frozenset(re.split(r"[^a-z0-9]+", COMPOUNDS.sub("_", snake)))


STRING = r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
PARTS = re.compile(rf"(?P<text>{STRING})|#[^\n]*|(?P<name>[A-Za-z_]\w*)")


def may_be_wrong(source: str) -> bool:
    """Whether a name, or a text without spaces, has a banned word: only then is the source worth parsing, which takes longer."""
    written = {(match["name"] or match["text"] or "").strip("\"'") for match in PARTS.finditer(source)}
    names = (name for name in written if name not in KEPT and not name.startswith("test_"))
    return any(words(name) & BANNED.keys() for name in names if not re.search(r"\s", name))


def python_files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (file for file in sorted((ROOT / folder).rglob("*.py")) if "__pycache__" not in file.parts)


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give every name that the file defines: functions, classes, parameters, variables, attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case (
                ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
            ):
                yield node.lineno, name
            case (
                ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.ExceptHandler(name=str(name))
            ):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give log events, names of metrics, and codes of problems."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr=attr, value=ast.Name(id="logger" | "log")), args=[event, *_]
            ) if attr in LOG_METHODS:
                yield from _constants(event)
            case ast.Constant(value=str(text)) if re.fullmatch(r"loa_[a-z_]+", text):
                yield node.lineno, text
            case ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant(value=str(text))):
                yield node.lineno, text


def _constants(node: ast.AST) -> Iterator[tuple[int, str]]:
    return (
        (n.lineno, n.value)
        for n in ast.walk(node)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    )


def _wrong(names: Iterator[tuple[int, str]], file: Path) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{line}: {name}: instead of “{word}”: {BANNED[word]}"
        for line, name in names
        if name not in KEPT and not name.startswith("test_")
        for word in sorted(words(name) & BANNED.keys())
    ]


def test_files_and_folders_bear_standard_terms() -> None:
    paths = {part for file in python_files() for part in file.relative_to(ROOT).parts}
    assert _wrong(((0, path.removesuffix(".py")) for path in sorted(paths)), ROOT / "files") == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_log_events_metrics_and_problems_bear_standard_terms(folder: str) -> None:
    wrong: list[str] = []
    for file in python_files():
        if file.relative_to(ROOT).parts[0] == folder:
            source = file.read_text(encoding="utf-8")
            if not may_be_wrong(source):
                continue
            tree = ast.parse(source)
            wrong += _wrong(iter([*identifiers(tree), *texts(tree)]), file)
    assert wrong == []


def test_the_check_sees_what_it_forbids() -> None:
    """A planted example of each kind of name is found."""
    lines = (
        "class Desk: code: str = 'draft-not-heard'",
        "def walk(room, *, door): said = 1; self.stuck = 2; logger.info('event_heard'); Counter('loa_parked')",
    )
    of_its_own = (
        "class Desk",
        "code = 'draft-not-heard'",
        "def f(room)",
        "info('event_heard')",
        "x.stuck = 2",
    )
    assert all(may_be_wrong(part) for part in of_its_own)
    assert not may_be_wrong('"""One desk."""\ntext = "one walk, it\'s \\" said"  # a room\n')
    planted = ast.parse("\n".join(lines))
    seen = {
        word for _, name in [*identifiers(planted), *texts(planted)] for word in words(name) & BANNED.keys()
    }
    assert seen == {"desk", "heard", "walk", "room", "door", "said", "stuck", "parked"}
    assert words("DraftNotFound") & BANNED.keys() == set()
