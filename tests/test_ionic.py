"""Ewald sums and rigid ions: published constants, sum rules, LST, screening."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elphlib.force_constants import BornVonKarman
from elphlib.ionic import (
    RigidIonCrystal,
    coulomb_force_constants,
    madelung_energy,
    madelung_potential,
)
from elphlib.lattice import Lattice
from elphlib.units import COULOMB_eV_A, MEV2_PER_N_m_u, N_m_PER_eV_A2

PAIR = [[0, 0, 0], [0.5, 0.5, 0.5]]
SALT = RigidIonCrystal.rocksalt(5.64, (22.99, 35.45), (20.0, -2.0))
HALF = st.floats(0.05, 0.95)


@pytest.mark.parametrize(
    ("lattice", "positions", "charges", "neighbour", "constant"),
    [
        (Lattice.fcc(2.0), PAIR, [1, -1], 1.0, 1.747564594633182),
        (Lattice.sc(1.0), PAIR, [1, -1], np.sqrt(3) / 2, 1.762674773070988),
        (Lattice.fcc(1.0), [[0, 0, 0], [0.25] * 3], [1, -1], np.sqrt(3) / 4, 1.638055053388789),
    ],
)
def test_madelung_constants_of_salts(lattice, positions, charges, neighbour, constant):
    found = -madelung_potential(lattice, positions, charges)[0] * neighbour
    assert found == pytest.approx(constant, rel=1e-12)


@pytest.mark.parametrize(
    ("lattice", "positions", "constant"),
    [
        (Lattice.bcc(1.0), [[0, 0, 0]], 0.8959292556817653),
        (Lattice.fcc(1.0), [[0, 0, 0]], 0.8958736151951085),
        (Lattice.sc(1.0), [[0, 0, 0]], 0.8800594421117163),
        (
            Lattice.hexagonal(1.0, np.sqrt(8 / 3)),
            [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
            0.895838120459278,
        ),
        (Lattice.fcc(1.0), [[0, 0, 0], [0.25] * 3], 0.8354257027648274),
    ],
)
def test_madelung_constants_of_ions_in_a_uniform_background(lattice, positions, constant):
    atoms = len(positions)
    wigner_seitz = (3 * lattice.volume / atoms / (4 * np.pi)) ** (1 / 3)
    energy = madelung_energy(lattice, positions, np.ones(atoms)) / atoms
    assert -energy / COULOMB_eV_A * wigner_seitz == pytest.approx(constant, rel=1e-12)


@given(
    eta=st.floats(0.25, 2.0), q=st.tuples(HALF, HALF, HALF), kappa=st.sampled_from([0.0, 0.4, 2])
)
@settings(max_examples=25, deadline=None)
def test_ewald_sums_do_not_depend_on_the_splitting(eta, q, kappa):
    lattice = Lattice.fcc(5.0)
    reference = madelung_potential(lattice, PAIR, [1, -1])
    assert madelung_potential(lattice, PAIR, [1, -1], splitting=eta) == pytest.approx(
        reference, rel=1e-10
    )
    a = coulomb_force_constants(lattice, PAIR, [1, -1], q, screening=kappa, splitting=eta)
    b = coulomb_force_constants(lattice, PAIR, [1, -1], q, screening=kappa)
    assert np.abs(a - b).max() < 1e-10 * np.abs(b).max()


@given(q=st.tuples(HALF, HALF, HALF))
@settings(max_examples=10, deadline=None)
def test_bare_ions_in_a_background_share_the_plasma_frequency(q):
    # Kohn's sum rule: Σ_ν ω²_ν(q) = 4πZ²e²/MV at every q.
    lattice = Lattice.bcc(4.2)
    C = coulomb_force_constants(lattice, [[0, 0, 0]], [1.0], q)
    expected = 4 * np.pi / lattice.volume * COULOMB_eV_A * N_m_PER_eV_A2
    assert np.trace(C).real == pytest.approx(expected, rel=1e-10)


def test_screened_sum_against_direct_summation():
    # With κ = 3 Å⁻¹ the Yukawa force constants can be summed in real space, shell by shell.
    lattice, kappa, q = Lattice.sc(4.0), 3.0, np.array([0.3, 0.2, 0.5])
    R = lattice.points_within(40.0)[1:] @ lattice.vectors
    r = np.linalg.norm(R, axis=1)
    n = R / r[:, None]
    nn = n[:, :, None] * n[:, None, :]
    v1 = -np.exp(-kappa * r) * (kappa * r + 1) / r**2
    v2 = np.exp(-kappa * r) * ((kappa * r) ** 2 + 2 * kappa * r + 2) / r**3
    phi = -((v1 / r)[:, None, None] * (np.eye(3) - nn) + v2[:, None, None] * nn)
    direct = np.einsum("r,rab->ab", np.cos(R @ q) - 1, phi) * COULOMB_eV_A * N_m_PER_eV_A2
    ewald = coulomb_force_constants(lattice, [[0, 0, 0]], [1.0], q, screening=kappa)
    assert ewald.real == pytest.approx(direct, abs=1e-10 * np.abs(direct).max())


def test_force_constants_are_the_second_derivative_of_the_madelung_energy():
    # Displace one sublattice of a salt (a q = 0 optical shift): E(u) from the energies alone.
    lattice, h = Lattice.fcc(5.0), 1e-3

    def energy(u):
        shifted = np.array(PAIR) + np.array([np.zeros(3), u @ np.linalg.inv(lattice.vectors)])
        return madelung_energy(lattice, shifted, [1, -1])

    bent = [energy(m * h * np.array([1.0, 0, 0])) for m in (-1, 0, 1)]
    curvature = (bent[0] - 2 * bent[1] + bent[2]) / h**2 * N_m_PER_eV_A2
    C = coulomb_force_constants(lattice, PAIR, [1, -1], np.zeros(3))
    assert curvature == pytest.approx(C[3, 3].real, rel=1e-5)


def test_rigid_ion_crystal_obeys_the_acoustic_sum_rule_and_is_hermitian():
    energy = SALT.modes(np.zeros(3)).energy
    assert np.abs(energy[:3]).max() < 1e-6 * energy[-1]
    D = SALT.dynamical_matrix([0.2, 0.1, 0.4])
    assert D == pytest.approx(D.conj().T)


@given(st.floats(3.5, 7), st.floats(0.3, 1.5), st.floats(1.0, 4.0), st.floats(5, 200))
@settings(max_examples=25, deadline=None)
def test_lyddane_sachs_teller(a, charge, epsilon_inf, mass):
    stiff = 200.0 * charge**2 / (a / 4) ** 3
    crystal = RigidIonCrystal.rocksalt(
        a, (mass, 35.45), (stiff, 0.0), charge, epsilon_inf=epsilon_inf
    )
    transverse = crystal.modes(np.zeros(3)).energy[3:]
    longitudinal = crystal.modes(np.zeros(3), direction=[1, 2, 3]).energy[-1]
    assert np.ptp(transverse) < 1e-6 * longitudinal
    ratio = crystal.static_dielectric_constant() / epsilon_inf
    assert (longitudinal / transverse[-1]) ** 2 == pytest.approx(ratio, rel=1e-9)


@pytest.mark.parametrize("direction", [[1, 0, 0], [1, 1, 1], [0.2, -0.7, 0.4]])
def test_macroscopic_field_is_the_limit_of_small_q(direction):
    n = np.array(direction) / np.linalg.norm(direction)
    at_gamma = SALT.modes(np.zeros(3), direction=direction).energy[3:]
    nearby = SALT.modes(1e-4 * n).energy[3:]
    assert nearby == pytest.approx(at_gamma, rel=1e-6)


def test_the_splitting_is_the_ionic_plasma_frequency():
    # ω_LO² − ω_TO² = 4πZ²e²/(ε_∞ μ V): no short-range force enters.
    lo = SALT.modes(np.zeros(3), direction=[0, 0, 1]).energy[-1]
    to = SALT.modes(np.zeros(3)).energy[-1]
    mu = 1 / (1 / 22.99 + 1 / 35.45)
    plasma = 4 * np.pi / SALT.lattice.volume * COULOMB_eV_A * N_m_PER_eV_A2 / mu
    assert lo**2 - to**2 == pytest.approx(MEV2_PER_N_m_u * plasma, rel=1e-10)


def test_carriers_remove_the_splitting_only_where_q_is_below_kappa():
    kappa = 0.05
    doped = RigidIonCrystal(SALT.springs, SALT.charges, screening=kappa)
    bare = SALT.modes(np.array([1e-4, 0, 0])).energy
    q = np.array([[1e-4, 0, 0], [0.05, 0, 0], [1.0, 0, 0]])
    screened = doped.modes(q).energy
    split = screened[:, -1] ** 2 - screened[:, -2] ** 2
    full = bare[-1] ** 2 - bare[-2] ** 2
    assert split[0] < 1e-4 * full  # q ≪ κ
    assert split[1] == pytest.approx(0.5 * full, rel=0.05)  # q = κ: q²/(q² + κ²) = ½
    assert screened[2] == pytest.approx(SALT.modes(q[2]).energy, rel=5e-3)  # q ≫ κ: off by κ²/q²
    assert screened[0, 3:5] == pytest.approx(bare[3:5], rel=5e-3)  # TO: only through κ²/G²


def test_screening_does_not_merge_modes_of_different_symmetry():
    # Two atoms without charge: the splitting of hcp is short-ranged and survives any screening.
    hcp = BornVonKarman.springs(
        Lattice.hexagonal(3.2, 3.2 * np.sqrt(8 / 3)),
        [24.305, 24.305],
        [(12.0, 0.0)],
        [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
    )
    for kappa in (0.0, 1.0):
        energy = RigidIonCrystal(hcp, np.zeros(2), screening=kappa).modes(np.zeros(3)).energy
        assert energy[5] / energy[3] == pytest.approx(2)


def test_bad_input_is_refused():
    springs = SALT.springs
    with pytest.raises(ValueError, match="a rigid-ion crystal is neutral"):
        RigidIonCrystal(springs, np.array([1.0, -0.5]))
    with pytest.raises(ValueError, match="positions has shape"):
        RigidIonCrystal(springs, np.array([1.0]))
    with pytest.raises(ValueError, match="epsilon_inf is 0.5"):
        RigidIonCrystal(springs, SALT.charges, epsilon_inf=0.5)
    with pytest.raises(ValueError, match="screening is -1"):
        RigidIonCrystal(springs, SALT.charges, screening=-1.0).modes(np.zeros(3))
    with pytest.raises(ValueError, match="splitting is 0"):
        madelung_potential(Lattice.sc(1.0), [[0, 0, 0]], [1.0], splitting=0)
    with pytest.raises(ValueError, match="charges is not finite"):
        madelung_energy(Lattice.sc(1.0), [[0, 0, 0]], [np.nan])
