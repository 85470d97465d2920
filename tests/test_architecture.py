"""The shape of the house: what is packaged, what is installed, and which way imports point.

Each rule is a function from a source tree to a list of complaints. It is tried on this checkout,
where it must find nothing, and on small made-up trees, where it must find what was planted.
"""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("engines", "analysis", "ml", "campaign")  # from the ground up
HOUSE = (*FLOORS, "site_configs")
# modules run by srun or mpiexec; they may import MPI
RANK_PROGRAMS = frozenset({"perrin.campaign.mpi_group", "perrin.campaign.sites.mpi_ranks"})


# --- reading a tree -------------------------------------------------------------------------------


class Import(NamedTuple):
    """One imported name, as far as it names a module: "perrin.engines.seal", "torch.nn"."""

    name: str
    line: int
    typing_only: bool


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def source_files(root: Path) -> list[Path]:
    """Return the package's Python files: the root's __init__.py and all below the five folders."""
    below = [path for folder in HOUSE for path in sorted((root / folder).rglob("*.py"))]
    return [root / "__init__.py", *below]


def module_name(root: Path, path: Path) -> str:
    relative = path.relative_to(root).with_suffix("")
    return ".".join(part for part in ("perrin", *relative.parts) if part != "__init__")


def modules(root: Path) -> dict[str, Path]:
    return {module_name(root, path): path for path in source_files(root)}


def floor_of(module: str) -> str | None:
    """Return the top folder a module lives in; None for the root package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def walk(node: ast.AST, typing_only: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Yield every node below `node`, and whether it stands in an `if TYPE_CHECKING:` block."""
    guarded = []
    if isinstance(node, ast.If) and ast.unparse(node.test).split(".")[-1] == "TYPE_CHECKING":
        guarded = node.body
    for child in ast.iter_child_nodes(node):
        yield child, typing_only or child in guarded
        yield from walk(child, typing_only or child in guarded)


def names_from(node: ast.AST, package: str) -> list[str]:
    """Return the absolute names that a statement imports; `package` resolves the leading dots."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        parents = package.split(".")
        start = parents[: len(parents) - node.level + 1] if node.level else []
        base = ".".join([*start, *([node.module] if node.module else [])])
        return [f"{base}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        first = node.args[0] if node.args else None
        return [str(first.value)] if isinstance(first, ast.Constant) else []
    return []


def imports(root: Path) -> dict[str, list[Import]]:
    """Return what every module of a tree imports, anywhere in its text."""
    known = modules(root)
    found: dict[str, list[Import]] = {module: [] for module in known}
    for module, path in known.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node, typing_only in walk(ast.parse(path.read_text())):
            for name in names_from(node, package):
                from_module = is_in(name, "perrin") and isinstance(node, ast.ImportFrom)
                if from_module and name not in known:  # it names something in a module
                    found[module].append(Import(name.rpartition(".")[0], node.lineno, typing_only))
                else:
                    found[module].append(Import(name, node.lineno, typing_only))
    return found


# --- the rules ------------------------------------------------------------------------------------


def package_complaints(root: Path) -> list[str]:
    """Compare the package list of pyproject.toml with the folder tree."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    listed = project["tool"]["setuptools"]["packages"]
    folders = {path.parent for path in source_files(root)}
    tree = {module_name(root, folder / "__init__.py") for folder in folders}
    houseless = {path.parent.name for path in root.glob("[!.]*/__init__.py")} - set(HOUSE)
    return [
        *(f"{name} is listed twice" for name in sorted(set(listed)) if listed.count(name) > 1),
        *(f"{name} is listed but has no Python files" for name in sorted(set(listed) - tree)),
        *(f"{name} is not listed" for name in sorted(tree - set(listed))),
        *(
            f"{folder.relative_to(root)} has no __init__.py"
            for folder in sorted(folders)
            if not (folder / "__init__.py").is_file()
        ),
        *(f"{name} is a package beside the house" for name in sorted(houseless)),
    ]


def root_complaints(root: Path) -> list[str]:
    """Look for modules in the root, which is no place for them."""
    names = sorted(path.name for path in root.glob("*.py"))
    return [f"{name} lies in the root" for name in names if name != "__init__.py"]


def may_import(importer: str | None, imported: str | None) -> bool:
    """Say whether a module of one floor may import one of another; None is the root package."""
    if imported is None or importer == imported:
        return True
    if imported == "site_configs":
        return importer == "campaign"
    if importer not in FLOORS or imported not in FLOORS:
        return False
    return FLOORS.index(importer) > FLOORS.index(imported)


def direction_complaints(root: Path) -> list[str]:
    """Look for imports that do not point down, those for type checking and in functions too."""
    return [
        f"{module}:{line} imports {name}"
        for module, found in imports(root).items()
        for name, line, _ in found
        if is_in(name, "perrin") and not may_import(floor_of(module), floor_of(name))
    ]


def cycle_complaints(root: Path) -> list[str]:
    """Look for a cycle between modules, imports in functions included, for type checking not.

    To import a.b.c is to run a.b as well, so that counts too, unless the importer lies in a.b.
    """
    graph: dict[str, set[str]] = {}
    for module, found in imports(root).items():
        targets = {
            name for name, _, typing_only in found if is_in(name, "perrin") and not typing_only
        }
        for name in list(targets):
            parents = [name.rsplit(".", n)[0] for n in range(1, name.count(".") + 1)]
            targets.update(parent for parent in parents if not is_in(module, parent))
        graph[module] = targets
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


def guest_complaints(root: Path) -> list[str]:
    """Look for torch below the floor of ml, and for MPI outside of rank programs."""
    return [
        f"{module}:{line} imports {name}"
        for module, found in imports(root).items()
        for name, line, _ in found
        if (is_in(name, "torch") and floor_of(module) in ("engines", "analysis"))
        or (is_in(name, "mpi4py.MPI") and module not in RANK_PROGRAMS)
        or (is_in(name, "mpi4py.futures") and module not in RANK_PROGRAMS)  # imports MPI itself
    ]


def wheel_complaints(root: Path, wheel: Path) -> list[str]:
    """Compare a wheel with the files that should be installed from a tree."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    data = [*(root / "site_configs").glob("*.toml"), *(root / "campaign/report").glob("*.html")]
    paths = [*source_files(root), root / "py.typed", *data]
    wanted = {f"perrin/{path.relative_to(root).as_posix()}" for path in paths}
    return [
        *(f"{name} is missing" for name in sorted(wanted - held)),
        *(f"{name} does not belong" for name in sorted(held - wanted)),
    ]


RULES = [
    package_complaints,
    root_complaints,
    direction_complaints,
    cycle_complaints,
    guest_complaints,
]


# --- this checkout --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_this_checkout(rule):
    assert rule(ROOT) == []


def test_the_rules_see_this_checkout():
    """Reading nothing would satisfy every rule."""
    assert {floor_of(module) for module in modules(ROOT)} == {None, *HOUSE}
    seen = {name for found in imports(ROOT).values() for name, _, _ in found}
    assert {"perrin", "perrin.engines.durable", "numpy"} <= seen


def test_engines_and_analysis_leave_torch_and_mpi_alone():
    """The modules they import may import more than their own text shows."""
    lower = [
        module
        for module in modules(ROOT)
        if floor_of(module) in ("engines", "analysis") and module not in RANK_PROGRAMS
    ]
    program = (
        "import importlib, sys\n"
        "for module in sys.argv[1:]: importlib.import_module(module)\n"
        "print(sorted({'torch', 'mpi4py.MPI'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, *lower]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


def build_wheel(root: Path, out: Path) -> Path:
    """Build as pip does, but with the setuptools that is installed: that needs no network."""
    program = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    command = [sys.executable, "-c", program, str(out)]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = out.glob("*.whl")
    return wheel


def test_wheel(tmp_path):
    """The wheel holds the package, py.typed and the sites; no tests, examples or benchmarks."""
    tree = tmp_path / "perrin"
    tree.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "py.typed", "__init__.py"):
        shutil.copy(ROOT / name, tree)
    for name in (*HOUSE, "tests", "examples", "benchmarks", "docs"):
        if (ROOT / name).is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.perrin", "runinfo")
            shutil.copytree(ROOT / name, tree / name, ignore=ignore)
    plant(
        tree, {"site_configs/planted.toml": "", "examples/planted.toml": "", "tests/planted.py": ""}
    )
    assert wheel_complaints(tree, build_wheel(tree, tmp_path)) == []


# --- made-up trees --------------------------------------------------------------------------------

LISTED = ["perrin", "perrin.engines.gas", *(f"perrin.{folder}" for folder in HOUSE)]
SOUND = {
    "pyproject.toml": f"[tool.setuptools]\npackages = {LISTED}",
    "__init__.py": "class PerrinError(Exception): ...",
    "engines/__init__.py": "from .seal import check\nfrom . import gas",
    "engines/seal.py": "from .. import PerrinError\nimport hashlib\ndef check(): ...",
    "engines/gas/__init__.py": "from .engine import Gas",
    "engines/gas/engine.py": "from ..seal import check\nfrom . import kernels\nclass Gas: ...",
    "engines/gas/kernels.py": "from typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    from .engine import Gas",
    "analysis/__init__.py": "",
    "analysis/profiles.py": "from ..engines.gas.engine import Gas\nfrom ..engines import seal",
    "ml/__init__.py": "import torch",
    "ml/train.py": "from ..analysis import profiles\nimport mpi4py",
    "campaign/__init__.py": "",
    "campaign/cli.py": "from .. import ml\nfrom ..site_configs import load\nimport perrin.engines",
    "site_configs/__init__.py": "from .. import PerrinError\ndef load(): ...",
    "tests/test_gas.py": "from perrin.campaign import cli",
}


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize("rule", RULES)
def test_sound_tree(rule, tmp_path):
    assert rule(plant(tmp_path, SOUND)) == []


@pytest.mark.parametrize(
    ("rule", "name", "text", "complaints"),
    [
        (package_complaints, "ml/nets/__init__.py", "", ["perrin.ml.nets is not listed"]),
        (
            package_complaints,
            "ml/nets/deep/mlp.py",
            "",
            ["perrin.ml.nets.deep is not listed", "ml/nets/deep has no __init__.py"],
        ),
        (package_complaints, "utils/__init__.py", "", ["utils is a package beside the house"]),
        (root_complaints, "helpers.py", "", ["helpers.py lies in the root"]),
        (
            direction_complaints,
            "engines/gas/bad.py",
            "from ...analysis import profiles",
            ["perrin.engines.gas.bad:1 imports perrin.analysis.profiles"],
        ),
        (
            direction_complaints,
            "engines/bad.py",
            "\nfrom .. import ml",
            ["perrin.engines.bad:2 imports perrin.ml"],
        ),
        (
            direction_complaints,
            "analysis/bad.py",
            "def late():\n    import perrin.campaign.cli as cli",
            ["perrin.analysis.bad:2 imports perrin.campaign.cli"],
        ),
        (
            direction_complaints,
            "analysis/bad.py",
            "if typing.TYPE_CHECKING:\n    from ..ml.train import Committee",
            ["perrin.analysis.bad:2 imports perrin.ml.train"],
        ),
        (
            direction_complaints,
            "ml/bad.py",
            "from ..site_configs import load",
            ["perrin.ml.bad:1 imports perrin.site_configs"],
        ),
        (
            direction_complaints,
            "site_configs/bad.py",
            "from ..engines import seal",
            ["perrin.site_configs.bad:1 imports perrin.engines.seal"],
        ),
        (
            direction_complaints,
            "__init__.py",
            "from .engines import seal",
            ["perrin:1 imports perrin.engines.seal"],
        ),
        (
            direction_complaints,
            "campaign/bad.py",
            "importlib.import_module('perrin.tests.test_gas')",
            ["perrin.campaign.bad:1 imports perrin.tests.test_gas"],
        ),
        (
            guest_complaints,
            "engines/bad.py",
            "def late():\n    import torch.nn as nn",
            ["perrin.engines.bad:2 imports torch.nn"],
        ),
        (
            guest_complaints,
            "analysis/bad.py",
            "from torch import nn",
            ["perrin.analysis.bad:1 imports torch.nn"],
        ),
        (
            guest_complaints,
            "campaign/bad.py",
            "from mpi4py import MPI",
            ["perrin.campaign.bad:1 imports mpi4py.MPI"],
        ),
        (
            guest_complaints,
            "ml/bad.py",
            "from mpi4py.futures import MPIPoolExecutor",
            ["perrin.ml.bad:1 imports mpi4py.futures.MPIPoolExecutor"],
        ),
    ],
)
def test_planted_file(rule, name, text, complaints, tmp_path):
    assert rule(plant(tmp_path, SOUND | {name: text})) == complaints


def test_listed_package_without_files(tmp_path):
    plant(tmp_path, SOUND)
    shutil.rmtree(tmp_path / "engines" / "gas")
    expected = ["perrin.engines.gas is listed but has no Python files"]
    assert package_complaints(tmp_path) == expected


@pytest.mark.parametrize(
    "planted",
    [
        {"ml/a.py": "from . import b", "ml/b.py": "from .a import x"},
        {
            "ml/a.py": "from .b import x",
            "ml/b.py": "import perrin.ml.c",
            "ml/c.py": "from . import a",
        },
        {"ml/a.py": "from .b import x", "ml/b.py": "def late():\n    from . import a"},
        {"ml/a.py": "from .b import x", "ml/b.py": "if not TYPE_CHECKING:\n    from . import a"},
        # seal.py runs gas/__init__.py on the way to gas/kernels.py, and that needs seal.py
        {"engines/seal.py": "from .gas.kernels import x"},
        {"engines/seal.py": "from . import check"},
    ],
    ids=["pair", "triple", "in a function", "in another if", "through a package", "own package"],
)
def test_planted_cycle(planted, tmp_path):
    (complaint,) = cycle_complaints(plant(tmp_path, SOUND | planted))
    assert set(planted) <= {
        os.path.relpath(modules(tmp_path)[name], tmp_path) for name in complaint.split(" <- ")
    }


def test_planted_wheel(tmp_path):
    """A wheel with a test in it and without py.typed or a site."""
    root = plant(tmp_path / "tree", SOUND | {"py.typed": "", "site_configs/cluster.toml": ""})
    wheel = tmp_path / "perrin-0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in source_files(root):
            archive.writestr(f"perrin/{path.relative_to(root)}", "")
        archive.writestr("perrin/tests/test_gas.py", "")
        archive.writestr("perrin-0.dist-info/RECORD", "")
    assert wheel_complaints(root, wheel) == [
        "perrin/py.typed is missing",
        "perrin/site_configs/cluster.toml is missing",
        "perrin/tests/test_gas.py does not belong",
    ]
