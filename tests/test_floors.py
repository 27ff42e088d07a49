"""The house rules on imports: physics draws nothing, and modules look only downwards."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "elphlib"
FLOOR = {
    "errors": 0, "checks": 0, "units": 1, "lattice": 1, "integrate": 1, "metals": 1,
    "tables": 0, "resistivities": 1,
    "electrons": 2, "phonons": 2, "bonds": 2, "force_constants": 2.5, "ionic": 3,
    "tight_binding": 2.1, "fermi_line": 2.2, "selection_rule": 2, "fermi_sphere": 2.5,
    "exchange_correlation": 2.5, "lindhard": 2.5, "local_field": 2.7, "dielectric": 2.8,
    "screening": 3, "jellium": 3.2, "coupling": 3.5, "normalisation": 3.7, "pseudopotential": 3.5,
    "pair_sum": 3.5, "zone_rays": 2.4, "freezing": 2.6, "double_delta": 2.7,
    "spectral_file": 3.55, "spectral_parts": 3.5, "spectral_models": 3.55, "spectral": 3.6,
    "line_coupling": 3.7, "bloch_gruneisen": 3.55, "bloch_gruneisen_fit": 3.65, "golden_rule": 3.7,
    "matthiessen": 3.6, "boltzmann": 3.7, "transport": 3.8, "sphere_coupling": 3.9,
    "sphere_refinement": 3.92, "linewidths": 3.92, "sphere_shells": 3.92,
    "sphere_metal": 3.94, "simple_metal": 4, "nearly_free": 4, "umklapp": 4.5,
    "materials": 1, "digamma_integrals": 0, "self_energy": 3.7, "vertex": 3, "adiabatic": 4.5,
    "migdal": 4.6, "polaron_basis": 2, "scba": 2, "holstein_cluster": 2, "polaron": 3,
}  # fmt: skip


def imports(module):
    """Names of the elphlib modules that a module imports."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("elphlib"):
            tail = node.module.split(".")[1:]
            yield from tail[:1] or [alias.name for alias in node.names]


def test_every_module_has_its_floor():
    assert {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"} == set(FLOOR)


@pytest.mark.parametrize("module", FLOOR)
def test_modules_look_only_downwards(module):
    for other in imports(module):
        assert FLOOR[other] < FLOOR[module] or (FLOOR[other], FLOOR[module]) == (1, 1), other


def test_importing_the_physics_draws_nothing():
    code = "import sys, elphlib; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert not loaded & {"matplotlib", "ipywidgets", "IPython"}
    assert "elphlib.teach" not in run.stdout.split()
