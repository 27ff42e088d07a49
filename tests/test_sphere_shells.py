"""Shells of a Fermi sphere: the same integrals as the quadrature, and curves without its points."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from elphlib.errors import UnstableLatticeError
from elphlib.integrate import half_sphere
from elphlib.lattice import Lattice
from elphlib.simple_metal import SimpleMetal
from elphlib.sphere_coupling import sphere_coupling
from elphlib.sphere_shells import _wedge, sphere_shells
from elphlib.transport import resistivity

METALS = {s: SimpleMetal.from_element(s) for s in ("Na", "Al")}
both = pytest.mark.parametrize("symbol", METALS)


def test_a_wedge_stands_for_all_directions():
    """Means of cubic harmonics: ⟨x⁴⟩ = 1/5, ⟨x⁶⟩ = 1/7, ⟨x²y²z²⟩ = 1/105, each symmetrised."""
    unit, weight = _wedge(12)
    assert weight.sum() == pytest.approx(1, abs=1e-14)
    assert_allclose(weight @ (unit**4).sum(axis=1) / 3, 1 / 5, rtol=1e-10)
    assert_allclose(weight @ (unit**6).sum(axis=1) / 3, 1 / 7, rtol=1e-10)
    assert_allclose(weight @ (unit**2).prod(axis=1), 1 / 105, rtol=1e-9)
    sphere, part = half_sphere(12)
    assert_allclose(part @ (sphere**2).prod(axis=1), 1 / 105, rtol=1e-10)


@both
@pytest.mark.parametrize("transport", [False, True])
def test_lambda_of_the_shells_is_that_of_the_quadrature(symbol, transport):
    shells = sphere_shells(METALS[symbol], directions=12, shells=80)
    sphere = sphere_coupling(METALS[symbol], order=12)
    weight = "transport" if transport else "none"
    for processes in ("all", "normal", "umklapp"):
        lam = np.trapezoid(shells.lambda_density(transport, processes), shells.x)
        expected = sphere.spectral_function(weight, processes).lam
        assert_allclose(lam, expected, rtol=0.01 if processes == "all" else 0.03)


@both
def test_normal_and_umklapp_add_up(symbol):
    shells = sphere_shells(METALS[symbol])
    E = np.linspace(0, 50, 101)
    for transport in (False, True):
        parts = [shells.alpha2f(E, 0.5, transport, p) for p in ("normal", "umklapp", "all")]
        assert_allclose(parts[0] + parts[1], parts[2], rtol=1e-9, atol=1e-12)
        parts = [shells.lambda_density(transport, p) for p in ("normal", "umklapp", "all")]
        assert_allclose(parts[0] + parts[1], parts[2], rtol=1e-12)


@pytest.mark.parametrize(("symbol", "close"), [("Na", 0.03), ("Al", 0.08)])
def test_the_curve_is_the_converged_one(symbol, close):
    """A hundredth of the top is enough, where the points of a default quadrature show."""
    metal = METALS[symbol]
    fine = sphere_coupling(metal, order=28, radial=30).spectral_function()
    E, width = np.linspace(0, 1.1 * fine.top, 150), fine.top / 90
    best = fine.broadened(E, width)
    drawn = sphere_shells(metal).alpha2f(E, width)
    coarse = sphere_coupling(metal).spectral_function().broadened(E, width)
    assert np.abs(drawn - best).max() < close * best.max() < 0.5 * np.abs(coarse - best).max()
    assert_allclose(np.trapezoid(drawn, E), fine.area, rtol=0.01)


def test_refusals():
    with pytest.raises(ValueError, match="directions is 1 and shells 40"):
        sphere_shells(METALS["Na"], directions=1)
    with pytest.raises(ValueError, match="processes is 'drag'"):
        sphere_shells(METALS["Na"]).lambda_density(processes="drag")
    with pytest.raises(ValueError, match="width_meV is 0"):
        sphere_shells(METALS["Na"]).alpha2f([1.0], 0)
    with pytest.raises(UnstableLatticeError, match="mode . at q ="):
        sphere_shells(SimpleMetal.from_element("Pb", allow_unstable=True))
    na = METALS["Na"]
    turned = Lattice(na.lattice.vectors @ np.array([[0.8, 0.6, 0], [-0.6, 0.8, 0], [0, 0, 1]]))
    with pytest.raises(ValueError, match="not cubic with its axes"):
        sphere_shells(SimpleMetal(turned, 1, na.mass_u, na.core_radius_A))
    tetragonal = Lattice(np.diag([4.0, 4.0, 5.0]))
    with pytest.raises(ValueError, match="not cubic"):
        sphere_shells(SimpleMetal(tetragonal, 1, na.mass_u, na.core_radius_A))
    hexagonal = Lattice.hexagonal(3.7, 6.0)
    with pytest.raises(ValueError, match="not cubic"):
        sphere_shells(SimpleMetal(hexagonal, 1, na.mass_u, na.core_radius_A))


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_peaks_of_the_shells_resist_as_the_quadrature_does(symbol):
    metal = SimpleMetal.from_element(symbol)
    shells, T = sphere_shells(metal), np.array([60.0, 273.0])
    quick = resistivity(T, shells.spectral_function(True), metal.gas.plasma_energy)
    np.testing.assert_allclose(quick, metal.resistivity(T), rtol=0.03)
    parts = [shells.spectral_function(True, p).lam for p in ("normal", "umklapp")]
    assert sum(parts) == pytest.approx(shells.spectral_function(True).lam, rel=1e-12)
