"""Time elphlib against phonopy and elphmod, and every explorer against the reader's patience.

``make bench`` runs this and writes ``benchmarks/RESULTS.md``. Peers are compared on the same force
constants, mesh and energies, in the same process with one thread; what counts is the ratio.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"), ELPHLIB_DISPLAY="text")
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "book")]

import elphmod  # noqa: E402
import grading_speed  # noqa: E402
import numpy as np  # noqa: E402  (which counts its threads when it is first imported)
from execute import run_here  # noqa: E402
from test_peers import to_phonopy  # noqa: E402

from elphlib import SimpleMetal, SpectralFunction, migdal, polaron, transport  # noqa: E402
from elphlib.double_delta import double_delta  # noqa: E402
from elphlib.fermi_line import FermiLine  # noqa: E402
from elphlib.force_constants import BornVonKarman  # noqa: E402
from elphlib.screening import dielectric, lindhard  # noqa: E402
from elphlib.sphere_shells import sphere_shells  # noqa: E402
from elphlib.teach import REGISTRY  # noqa: E402
from elphlib.tight_binding import TightBinding  # noqa: E402
from elphlib.units import THz_from_meV  # noqa: E402

MESH = 40
ENERGIES = 500
REPEATS = 5
METALS = ("Al", "Cu")
PATIENCE_MS = 100.0
RESULTS = ROOT / "benchmarks" / "RESULTS.md"


def seconds(task: Callable[[], object], repeats: int = REPEATS) -> float:
    """Time a task: the best of several runs, which other work on the machine disturbs least."""
    task()
    times = []
    for _ in range(repeats):
        start = perf_counter()
        task()
        times.append(perf_counter() - start)
    return min(times)


def machine() -> str:
    """Describe the machine and the versions that the numbers belong to."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "scipy", "phonopy", "elphmod")
    )
    return (
        f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, one thread used; "
        f"{platform.system()}, Python {platform.python_version()}, {packages}."
    )


def mesh_points(crystal: BornVonKarman) -> np.ndarray:
    """All points of the Γ-centred mesh, in Å⁻¹."""
    steps = np.arange(MESH) / MESH
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return grid @ crystal.lattice.reciprocal


def peer_rows(symbol: str) -> Iterator[tuple[str, float, float, float]]:
    """Compare with phonopy on one metal.

    Parameters
    ----------
    symbol : str
        A metal with measured force constants.

    Yields
    ------
    what : str
    ours, theirs : float
        Seconds.
    allowed : float
        How many times phonopy's time elphlib may take.
    """
    crystal = BornVonKarman.from_element(symbol)
    peer = to_phonopy(crystal, [symbol])
    q = mesh_points(crystal)
    every = {"mesh": [MESH] * 3, "is_gamma_center": True, "is_mesh_symmetry": False}
    theirs = seconds(lambda: peer.run_mesh(**every, with_eigenvectors=True), 3)
    yield (
        f"{symbol}: modes on all {MESH}³ points",
        seconds(lambda: crystal.modes(q), 3),
        theirs,
        1.0,
    )
    top = peer.mesh.frequencies.max() * 1.02
    per_thz = 1 / THz_from_meV(1.0)
    energy = np.linspace(0, top, ENERGIES) * per_thz

    def phonopy_dos() -> None:
        peer.run_mesh([MESH] * 3, is_gamma_center=True)
        pitch = top / (ENERGIES - 1)
        peer.run_total_dos(
            use_tetrahedron_method=True, freq_min=0.0, freq_max=top, freq_pitch=pitch
        )

    name = f"{symbol}: tetrahedron DOS, {MESH}³, {ENERGIES} energies; both use symmetry"
    yield name, seconds(lambda: crystal.dos(energy, MESH), 3), seconds(phonopy_dos, 3), 2.0


def explorer_rows() -> Iterator[tuple[str, str, float, float, float]]:
    """Time every explorer of every chapter.

    Yields
    ------
    chapter, title : str
    compute, draw : float
        Milliseconds at the starting values, best of several runs.
    weight : float
        Size of its page form in kB.
    """
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        before = len(REGISTRY)
        run_here(path)
        for explorer in REGISTRY[before:]:
            explorer.time()
            runs = [explorer.time() for _ in range(REPEATS)]
            compute, draw = (1e3 * min(each) for each in zip(*runs, strict=True))
            weight = len(explorer.page_html().encode()) / 1e3
            yield path.stem, explorer.title, compute, draw, weight


def band_rows() -> Iterator[tuple[str, float, float, float]]:
    """Compare a two-dimensional density of states with elphmod's; yields as `peer_rows` does."""
    band = TightBinding.triangular(2.9, 1.0)
    fraction = np.stack(np.meshgrid(*[np.arange(MESH * 3) / (MESH * 3)] * 2, indexing="ij"), -1)
    k = fraction @ band.lattice.reciprocal[:2]
    energy = np.linspace(-6.5, 3.5, ENERGIES)

    def theirs() -> None:
        dos = elphmod.dos.hexDOS(band.energy(k))
        for level in energy:
            dos(level)

    ours = seconds(lambda: band.dos(energy, (MESH * 3, MESH * 3, 1)))
    yield f"triangular band: DOS, {MESH * 3}², {ENERGIES} energies", ours, seconds(theirs, 2), 1.0


def double_delta_rows() -> Iterator[tuple[str, float, float, float]]:
    """Compare the sum over pairs of states of a Fermi line with elphmod's loop over triangles.

    Yields as `peer_rows` does. The answers differ by the error of the triangles, which the median
    in the first column states; ours is right to rounding.
    """
    band, level, mesh = TightBinding.square(3.0, 0.5, -0.1), -0.8, 120
    fraction = np.stack(np.meshgrid(*[np.arange(mesh) / mesh] * 2, indexing="ij"), -1)
    k = fraction @ band.lattice.reciprocal[:2]
    length = np.linspace(0.1, 1.0, 19)[:, None]
    q = length * np.array([np.cos(0.3), np.sin(0.3), 0.0])

    def theirs() -> list[float]:
        start = band.energy(k)
        return [
            sum(elphmod.dos.double_delta(start, band.energy(k + one))(level).values()) for one in q
        ]

    off = 100 * np.median(np.abs(np.array(theirs()) / double_delta(FermiLine(band, level), q) - 1))
    name = f"double δ of a Fermi line, 19 q; triangles {mesh}², off by {off:.1f} % in the median"
    ours = seconds(lambda: double_delta(FermiLine(band, level), q))
    yield name, ours, seconds(theirs, 1), 0.02


def core_rows() -> Iterator[tuple[str, float, float]]:
    """Time what the explorers of the later chapters stand on.

    Yields
    ------
    what : str
    ours, allowed : float
        Milliseconds.
    """
    gas = SimpleMetal.from_element("Na").gas
    q = np.linspace(0.01, 4.0, 200)[:, None] * gas.k_fermi
    energy = np.linspace(0.01, 6.0, 200) * gas.fermi_energy
    yield "χ₀(q, ω), 200 × 200", 1e3 * seconds(lambda: lindhard(gas, q, energy)), 50.0
    many = np.linspace(0.01, 4.0, 1_000_000) * gas.k_fermi
    yield "static ε(q), 10⁶ points", 1e3 * seconds(lambda: dielectric(gas, many)), 100.0
    points = np.random.default_rng(1).normal(size=(1500, 3))
    for symbol in ("Na", "K", "Al"):
        metal = SimpleMetal.from_element(symbol)
        yield f"{symbol}: modes at 1500 q", 1e3 * seconds(partial(metal.modes, points)), 50.0
        made = seconds(partial(SimpleMetal.from_element, symbol))
        yield f"{symbol}: from lattice constant to tested metal", 1e3 * made, 50.0
        yield from chain_rows(symbol)


def migdal_rows() -> Iterator[tuple[str, float, float]]:
    """Time the self-energy, the vertex and the polaron; yields as `core_rows` does."""
    grid = np.linspace(0, 10, 301)
    alpha2f = SpectralFunction(grid, 0.02 * grid**2 * np.exp(-((grid - 5) ** 2) / 4))
    energy = np.linspace(-30, 30, 2001)
    for T in (0.0, 0.01, 30.0):
        ours = seconds(partial(migdal.self_energy, energy, T, alpha2f))
        yield f"Σ(ω) at 2001 energies from 300 bins, {T:g} K", 1e3 * ours, 5.0
    metal = SimpleMetal.from_element("Na").spectral_function()
    ours = seconds(lambda: migdal.self_energy(energy, 4.0, metal))
    yield f"the same from sodium's {len(metal.kinks.peaks[0])} peaks, 4 K", 1e3 * ours, 20.0
    gas = SimpleMetal.from_element("Na").gas
    phonon = 10.0 * gas.fermi_energy  # Ω/E_F = 0.01
    one = seconds(lambda: migdal.vertex(gas, phonon, gas.k_fermi, phonon))
    yield "Γ₁ at one point, whole band", 1e3 * one, 100.0
    q = np.linspace(0.01, 2.0, 100)[:, None] * gas.k_fermi
    many = seconds(lambda: migdal.vertex(gas, phonon, q, np.geomspace(0.1, 10, 20) * phonon), 2)
    yield "Γ₁ on 100 × 20 points", 1e3 * many, 500.0
    exact = seconds(lambda: polaron.ground_state(1.0, 1.0, 1.0))
    yield "Holstein polaron to 10⁻⁸, ω₀ = g = t", 1e3 * exact, 100.0
    mass = seconds(lambda: polaron.ground_state(1.0, 1.0, 1.0).mass)
    yield "the same with its mass", 1e3 * mass, 200.0
    yield "SCBA of it", 1e3 * seconds(lambda: polaron.scba(1.0, 1.0, 1.0)), 50.0
    ring = seconds(lambda: polaron.holstein_ring(4, 1.0, 2.0, 1.0), 2)
    yield "half-filled ring of four, ω₀ = 2t, g = t", 1e3 * ring, 100.0


def chain_rows(symbol: str) -> Iterator[tuple[str, float, float]]:
    """Time a metal's way to α²F and to ρ(T), as a slider asks for it; yields as `core_rows` does.

    A new metal each time, of which nothing is known yet; the points in the ball belong to the
    lattice, stay when the core radius changes, and are made beforehand.
    """
    T = np.geomspace(20, 400, 60)
    model = SimpleMetal.from_element(symbol)

    def alpha2f() -> None:
        replace(model).spectral_function()

    def chain() -> None:
        metal = replace(model)
        metal.spectral_function()
        metal.spectral_function(transport=True)
        metal.resistivity(T)

    def slider() -> None:
        shells = sphere_shells(replace(model))
        shells.spectral_function()
        transport.resistivity(T, shells.spectral_function(True), model.gas.plasma_energy)

    for run in (alpha2f, chain, slider):
        run()
    yield f"{symbol}: α²F and λ to 10⁻³, from the core radius on", 1e3 * seconds(alpha2f), 100.0
    yield f"{symbol}: α²F, α²_tr F and ρ(20–400 K) to 1 %, likewise", 1e3 * seconds(chain), 200.0
    yield f"{symbol}: the same on shells, to 2 %, as sliders use it", 1e3 * seconds(slider), 50.0
    model.resistivity(T, "drag")
    again = seconds(lambda: model.resistivity(T, "drag"))
    yield f"{symbol}: drag at {len(T)} temperatures, phonons known", 1e3 * again, 1000.0


def report() -> Iterator[str]:
    """Write the results, line by line, as Markdown."""
    yield "# Speed"
    yield ""
    yield f"Written by `make bench`. {machine()}"
    yield ""
    yield "## Against phonopy, same force constants"
    yield ""
    yield "| what | elphlib / phonopy | allowed | elphlib | phonopy |"
    yield "|---|---|---|---|---|"
    for symbol in METALS:
        for what, ours, theirs, allowed in peer_rows(symbol):
            ratio = ours / theirs
            verdict = "" if ratio <= allowed else " **missed**"
            yield (
                f"| {what} | {ratio:.2f}{verdict} | {allowed:.0f} | {ours:.3f} s | {theirs:.3f} s |"
            )
    yield ""
    yield "## Against elphmod, same band"
    yield ""
    yield "| what | elphlib / elphmod | allowed | elphlib | elphmod |"
    yield "|---|---|---|---|---|"
    for what, ours, theirs, allowed in (*band_rows(), *double_delta_rows()):
        verdict = "" if ours <= allowed * theirs else " **missed**"
        yield (
            f"| {what} | {ours / theirs:.2g}{verdict} | {allowed:.2g} "
            f"| {ours:.4f} s | {theirs:.4f} s |"
        )
    yield ""
    yield "## Response and simple metals"
    yield ""
    yield "No package in the lock computes the same, so the limits are absolute."
    yield ""
    yield "| what | time / allowed | allowed | time |"
    yield "|---|---|---|---|"
    for what, ours, allowed in (*core_rows(), *migdal_rows()):
        verdict = "" if ours <= allowed else " **missed**"
        yield f"| {what} | {ours / allowed:.2f}{verdict} | {allowed:.0f} ms | {ours:.1f} ms |"
    yield ""
    yield f"## Homework: {grading_speed.SET}, all answers right"
    yield ""
    yield "Both sides also fill nbgrader's grade book. Memory is that of all processes together."
    yield ""
    yield grading_speed.table()
    yield ""
    yield "## Explorers, at their starting values"
    yield ""
    yield f"A ratio above 1 means slower than {PATIENCE_MS:.0f} ms, where a slider begins to lag."
    yield ""
    yield "| chapter | explorer | (compute + draw) / 100 ms | compute | draw | page form |"
    yield "|---|---|---|---|---|---|"
    for chapter, title, compute, draw, weight in explorer_rows():
        ratio = (compute + draw) / PATIENCE_MS
        yield (
            f"| {chapter} | {title} | {ratio:.2f} | {compute:.1f} ms | {draw:.1f} ms "
            f"| {weight:.0f} kB |"
        )


def main() -> None:
    """Run all benchmarks, print them as they come, and store them."""
    lines = []
    for line in report():
        print(line, flush=True)
        lines.append(line)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
