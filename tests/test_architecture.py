"""The shape of the house: who may look into whom, and who may touch the world. ARCHITECTURE.md says why."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "surefoot"
LONGEST = 300

MAY_LOOK_INTO = {  # room: the rooms it may import from, besides its own
    "__init__": {"sensors", "signal"},  # `load` and `analyze`, fetched when first used
    "records": set(),
    "sensors": {"records"},
    "signal": {"records"},
    "alerts": {"records"},
    "pipeline": {"records", "signal", "alerts"},
    "simulation": {"records", "sensors"},
    "web": {"records", "pipeline", "alerts", "exports"},
    "exports": {"__init__", "records", "pipeline"},
    "config": {"records", "sensors", "signal", "pipeline", "alerts", "web"},
    "cli": {"__init__", "records", "config", "sensors", "signal", "pipeline", "alerts", "simulation", "web", "exports"},
}

MAY_TOUCH = {  # outside thing: the files that may
    "bleak": {
        "sensors/bluetooth/ble.py",
        "sensors/bluetooth/trouble.py",
        "simulation/backend.py",
    },  # the last is a backend of it
    "bleak_retry_connector": {"sensors/bluetooth/ble.py", "sensors/bluetooth/trouble.py"},
    "bumble": {"simulation/*"},
    "dbus_fast": {f"simulation/{name}.py" for name in ("bluez", "busobjects", "remote")} | {"cli/adapter.py"},
    "aiomqtt": {"alerts/mqtt.py", "alerts/mqttclient.py"},
    "surefoot.alerts.mqtt": {"pipeline/delivery.py", "pipeline/clinic.py", "cli/*"},
    "amqtt": {"simulation/broker.py"},
    "pyarrow": {"exports/parquet.py", "sensors/files/frames.py"},
    "typst": {"web/paper.py"},
    "matplotlib": {"web/drawing.py"},
    "cryptography": {"alerts/identity.py", "pipeline/sealing.py"},
    "sqlalchemy": {f"pipeline/{name}.py" for name in ("engine", "schema", "rows", "store", "reads", "outbox", "inbox")}
    | {f"pipeline/{name}.py" for name in ("wardrobe", "storecheck", "tables", "toldtables", "diary", "alertlog")}
    | {
        f"pipeline/{name}.py"
        for name in ("judgements", "orderbook", "holes", "arrivals", "lists", "kept", "lookout", "closed", "copies")
    }
    | {f"pipeline/{name}.py" for name in ("stafftables", "staff", "login", "auditlog", "office", "turns")}
    | {f"pipeline/{name}.py" for name in ("appendonly", "sealed", "sealedstore", "forgetting", "tokens", "profiles")}
    | {"pipeline/ownpage.py", "pipeline/pin.py"},
    "argon2": {"pipeline/passwords.py"},
    "psycopg": {"pipeline/engine.py"},
    "sqlite3": {"pipeline/copies.py", "pipeline/salvage.py"},
    "fastapi": {"web/*", "cli/clinic.py", "cli/demo.py"},
    "starlette": {"web/*", "cli/clinic.py", "cli/demo.py"},
    "uvicorn": {"web/*", "cli/clinic.py", "cli/demo.py"},
    "jinja2": {"web/*"},
    "babel": {"web/language.py"},
    "plotly": {"web/*"},
    "click": {"cli/*"},
    "rich": {"cli/*"},
    "webbrowser": {"cli/*"},
    "subprocess": {"simulation/privatebus.py", "cli/adapter.py"},
    "pickle": set(),
    "asyncio": {"cli/*", "pipeline/live.py", "pipeline/delivery.py", "pipeline/clinic.py"}
    | {"alerts/mqtt.py", "alerts/mqttclient.py", "alerts/keeping.py"}
    | {
        "sensors/bluetooth/ble.py",
        "sensors/bluetooth/link.py",
        "sensors/bluetooth/ownlog.py",
        "sensors/bluetooth/radio.py",
        "simulation/*",
    }
    | {"web/*"},
    "threading": {"cli/*", "pipeline/kept.py", "pipeline/outbox.py", "pipeline/passwords.py", "web/*"},
    "socket": {"alerts/mqtt.py", "cli/*", "simulation/broker.py", "web/server.py"},
    "logging": {"cli/*", "pipeline/*", "alerts/mqtt.py", "alerts/keeping.py", "simulation/broker.py", "web/*"}
    | {"sensors/bluetooth/link.py", "sensors/bluetooth/ownlog.py"},
    "the clock": {"cli/*", "pipeline/live.py", "pipeline/clinic.py", "pipeline/delivery.py", "web/app.py"}
    | {"web/homeapp.py"},
    "chance": {
        "alerts/mqtt.py",
        "alerts/keeping.py",
        "pipeline/delivery.py",
        "sensors/bluetooth/radio.py",
    }  # how long to wait
    | {"web/door.py", "pipeline/sealing.py", "pipeline/tokens.py"},  # a secret must not follow from anything; others
    # are given chance
    "files": {"cli/*", "config.py", "sensors/*", "pipeline/engine.py", "simulation/privatebus.py", "web/*"}
    | {f"pipeline/{name}.py" for name in ("ring", "segments", "copies", "salvage", "backfill", "held")}
    | {"exports/*"},
}

MODULES_OF = {  # what the plain words of the table above stand for
    "the clock": {"time"},
    "chance": {"random", "secrets"},
    "files": {"os", "pathlib", "io", "tempfile", "shutil", "gzip"},
}
CLOCK_CALLS = {"now", "today", "utcnow"}  # of datetime and date
CHANCE_CALLS = {
    "seed",
    "rand",
    "randn",
    "random",
    "normal",
    "uniform",
    "choice",
    "shuffle",
    "permutation",
    "RandomState",
}


# ---- the test: the house as it is, and a house broken on purpose


def test_the_house_keeps_its_shape() -> None:
    assert complaints(SOURCE) == []


DOCSTRING = '"""A planted file."""\n'

PLANTED = [
    ("signal/planted.py", "import asyncio\n", "signal/planted.py touches asyncio"),
    ("signal/planted.py", "def f():\n    import time\n", "signal/planted.py touches the clock"),
    ("signal/planted.py", "import logging\n", "signal/planted.py touches logging"),
    ("signal/planted.py", "from pathlib import Path\n", "signal/planted.py touches files"),
    ("signal/planted.py", "x = open('x')\n", "signal/planted.py touches files"),
    ("signal/planted.py", "import numpy as np\nx = np.random.normal()\n", "signal/planted.py touches chance"),
    ("signal/planted.py", "from numpy.random import normal\n", "signal/planted.py touches chance"),
    ("pipeline/days_.py", "import datetime\nx = datetime.datetime.now()\n", "pipeline/days_.py touches the clock"),
    ("pipeline/trends_.py", "import random\n", "pipeline/trends_.py touches chance"),
    ("pipeline/planted.py", "import aiomqtt.client\n", "pipeline/planted.py touches aiomqtt"),
    ("web/planted.py", "from sqlalchemy import select\n", "web/planted.py touches sqlalchemy"),
    ("web/planted.py", "from surefoot.alerts.mqtt import Link\n", "web/planted.py touches surefoot.alerts.mqtt"),
    ("web/planted.py", "from surefoot.alerts import mqtt\n", "web/planted.py touches surefoot.alerts.mqtt"),
    ("alerts/planted.py", "from surefoot.signal import hops\n", "alerts/planted.py looks into signal"),
    ("alerts/planted.py", "from surefoot import pipeline\n", "alerts/planted.py looks into pipeline"),
    ("sensors/planted.py", "import surefoot.signal.hops\n", "sensors/planted.py looks into signal"),
    (
        "pipeline/planted.py",
        "from surefoot.sensors.files.columns import HEADER\n",
        "pipeline/planted.py looks into sensors",
    ),
    ("simulation/planted.py", "from surefoot.signal.hops import x\n", "simulation/planted.py looks into signal"),
    ("web/planted.py", "from surefoot.signal.hops import x\n", "web/planted.py looks into signal"),
    ("records_.py", "from surefoot import cli\n", "records_.py belongs to no room"),
    ("signal/planted.py", "from .hops import x\n", "signal/planted.py imports by a relative name"),
    ("signal/planted.py", "x = 1\n" * 300, "signal/planted.py has 301 lines, more than 300"),
    ("signal/planted.py", "def f(:\n", "signal/planted.py is not Python (line 2)"),
    ("sensors/inner/planted.py", "from surefoot.web import app\n", "sensors/inner/planted.py looks into web"),
]


@pytest.mark.parametrize(("file", "code", "complaint"), PLANTED)
def test_a_broken_house_is_noticed(tmp_path: Path, file: str, code: str, complaint: str) -> None:
    house = copied(tmp_path)
    (house / file).parent.mkdir(exist_ok=True)
    (house / file).write_text(DOCSTRING + code)
    assert new_complaints(house) == [complaint]


def test_a_file_that_does_not_say_what_it_is_is_noticed(tmp_path: Path) -> None:
    house = copied(tmp_path)
    (house / "signal" / "planted.py").write_text("x = 1\n")
    (house / "signal" / "second.py").write_text('# first a comment\n"""Then its noun."""\n')
    told = "does not start with a docstring that says its noun"
    assert new_complaints(house) == [f"signal/planted.py {told}", f"signal/second.py {told}"]


def test_a_circle_is_noticed(tmp_path: Path) -> None:
    house = copied(tmp_path)
    (house / "signal" / "a.py").write_text(DOCSTRING + "from surefoot.signal.b import x\n")
    (house / "signal" / "b.py").write_text(DOCSTRING + "def f():\n    from surefoot.signal import c\n")
    (house / "signal" / "c.py").write_text(DOCSTRING + "import surefoot.signal.a\n")
    assert new_complaints(house) == ["signal/a.py, signal/b.py, signal/c.py import each other in a circle"]


def test_the_tables_name_no_file_twice_and_every_room() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    files = {path.stem for path in SOURCE.glob("*.py")}
    assert rooms | files == set(MAY_LOOK_INTO)


HEAVY = (
    "bleak",
    "bumble",
    "numpy",
    "scipy",
    "pydantic",
    "sqlalchemy",
    "aiomqtt",
    "fastapi",
    "uvicorn",
    "plotly",
    "rich",
    "asyncio",
)


@pytest.mark.parametrize(
    "code",
    [
        "import surefoot; surefoot.__version__; dir(surefoot)",
        "from surefoot.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass",
        "from surefoot.cli.main import main\ntry: main(['--version'])\nexcept SystemExit: pass",
    ],
    ids=["import", "help", "version"],
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    before = f"import sys\nsys.path.insert(0, {str(SOURCE.parent)!r})"
    asked = f"{before}\n{code}\nprint('LOADED', *(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split() == ["LOADED"]


# ---- what reads the house


def new_complaints(house: Path) -> list[str]:
    """What is wrong with a house and not with ours: ours has a test of its own."""
    return [complaint for complaint in complaints(house) if complaint not in complaints(SOURCE)]


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCE, tmp_path / "surefoot", ignore=shutil.ignore_patterns("__pycache__")))


@cache
def complaints(house: Path) -> list[str]:
    """Everything about the files below ``house`` that breaks a rule, one sentence each."""
    files = {path.relative_to(house).as_posix(): path.read_text(encoding="utf-8") for path in house.rglob("*.py")}
    names = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name for name in files}
    found: list[str] = []
    arrows: dict[str, set[str]] = {}
    for name in sorted(files):
        form, imported, things = understood(files[name])
        found += [f"{name} {told}" for told in form]
        found += dict.fromkeys(about_rooms(name, imported))
        found += [f"{name} touches {thing}" for thing in sorted(things) if not allowed(name, thing)]
        arrows[name] = {to for module in imported if (to := home_of(module, names)) and to != name}
    return found + [f"{', '.join(circle)} import each other in a circle" for circle in circles(arrows)]


@cache
def understood(text: str) -> tuple[list[str], frozenset[str], frozenset[str]]:
    """A file's faults of form, the modules it imports, the outside things it touches."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return [f"is not Python (line {error.lineno})"], frozenset(), frozenset()
    imported = frozenset(imports(tree))
    return list(about_form(text, tree)), imported, frozenset(touched(tree, imported))


def about_form(text: str, tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree) or not text.startswith('"""'):
        yield "does not start with a docstring that says its noun"
    if (lines := len(text.splitlines())) > LONGEST:
        yield f"has {lines} lines, more than {LONGEST}"
    if any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree)):
        yield "imports by a relative name"


def about_rooms(name: str, imported: frozenset[str]) -> Iterator[str]:
    room = name.partition("/")[0].removesuffix(".py")
    if room not in MAY_LOOK_INTO:
        yield f"{name} belongs to no room"
        return
    for module in sorted(imported):
        if module == "surefoot":
            continue
        first, _, rest = module.partition(".")
        other = rest.partition(".")[0]
        if first == "surefoot" and other in MAY_LOOK_INTO and other not in {room, *MAY_LOOK_INTO[room]}:
            yield f"{name} looks into {other}"


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module a file imports, wherever in it; ``from a import b`` counts as a and as a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def touched(tree: ast.AST, imported: frozenset[str]) -> set[str]:
    things = {
        thing
        for thing in MAY_TOUCH
        for part in MODULES_OF.get(thing, {thing})
        if any(module == part or module.startswith(f"{part}.") for module in imported)
    }
    if any(module in {f"numpy.random.{call}" for call in CHANCE_CALLS} for module in imported):
        things.add("chance")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            things.add("files")
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if node.attr in CLOCK_CALLS and owner.rpartition(".")[2] in {"datetime", "date"}:
                things.add("the clock")
            if node.attr in CHANCE_CALLS and owner in {"np.random", "numpy.random"}:
                things.add("chance")
    return things


def allowed(name: str, thing: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in MAY_TOUCH[thing])


def home_of(module: str, names: dict[str, str]) -> str | None:
    return names.get(module.removeprefix("surefoot.")) if module.startswith("surefoot.") else None


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Groups of files each of which can be reached from each other."""
    reach = {name: reached(name, arrows) for name in arrows}
    groups = {tuple(sorted(o for o in reach[name] if name in reach[o])) for name in arrows if name in reach[name]}
    return [list(group) for group in sorted(groups)]


def reached(start: str, arrows: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = list(arrows[start])
    while todo:
        if (name := todo.pop()) not in seen:
            seen.add(name)
            todo += arrows.get(name, ())
    return seen
