"""Every potential against the numerical Fourier integral of its own shape in space."""

import numpy as np
import pytest
from scipy.integrate import quad

from elphlib.pseudopotential import POTENTIALS, potential_named

#: −v/Ze² inside the core, for r_c = 1; outside it is 1/r.
INSIDE = {"ashcroft": lambda r: 0.0, "shaw": lambda r: 1.0}


def test_every_potential_has_its_shape_in_space():
    assert set(POTENTIALS) == set(INSIDE)


@pytest.mark.parametrize("name", POTENTIALS)
@pytest.mark.parametrize("x", [1e-3, 0.4, 1.3, 2.9, 7.7])
def test_shape_is_the_transform_of_the_potential(name, x):
    """c = 1 − x² ∫₀¹ [1/r + v/Ze²] r² sin(xr)/xr dr: the Coulomb tail less what the core lacks."""
    missing, _ = quad(
        lambda r: (1 / r - INSIDE[name](r)) * r * np.sin(x * r) / x, 0, 1, epsabs=1e-13
    )
    assert potential_named(name).shape(np.array(x)) == pytest.approx(1 - x**2 * missing, abs=1e-10)


@pytest.mark.parametrize("name", POTENTIALS)
def test_core_strength_is_the_volume_integral_of_what_the_core_lacks(name):
    integral, _ = quad(lambda r: (1 / r - INSIDE[name](r)) * 4 * np.pi * r**2, 0, 1)
    assert potential_named(name).core_strength == pytest.approx(integral, rel=1e-10)


def test_unknown_potentials_are_refused_with_the_list():
    with pytest.raises(ValueError, match="'ashcroft', 'shaw'"):
        potential_named("coulomb")
