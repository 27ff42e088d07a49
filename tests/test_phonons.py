"""What must hold for any harmonic crystal: identities, limits, two routes to each number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elphlib.errors import ConvergenceError, PhysicalRefusal, UnstableLatticeError
from elphlib.force_constants import BornVonKarman
from elphlib.integrate import debye_heat_capacity, half_sphere
from elphlib.lattice import Lattice
from elphlib.phonons import (
    Crystal,
    christoffel_velocities,
    cubic_stiffness,
    group_velocity,
    zone_rays,
)
from elphlib.units import (
    BOLTZMANN_meV_K,
    M_S_PER_meV_A,
    MEV2_PER_N_m_u,
    N_m_PER_eV_A2,
    debye_wavevector,
    spring_energy_meV,
)

ALUMINIUM = BornVonKarman.from_element("Al", 80)
DIAMOND = BornVonKarman.springs(
    Lattice.fcc(3.567), [12.011, 12.011], [(320.0, 60.0), (20.0, -3.0)], [[0, 0, 0], [0.25] * 3]
)
HCP = BornVonKarman.springs(
    Lattice.hexagonal(3.2, 3.2 * np.sqrt(8 / 3)),
    [24.305, 24.305],
    [(12.0, 0.0)],
    [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
)
CSCL = BornVonKarman.springs(
    Lattice.sc(4.1), [132.9, 35.45], [(15.0, 2.0), (5.0, 1.0)], [[0, 0, 0], [0.5] * 3]
)
CRYSTALS = {"Al": ALUMINIUM, "diamond": DIAMOND, "hcp": HCP, "CsCl": CSCL}
wavevectors = arrays(float, (4, 3), elements=st.floats(-3, 3))


def chain(masses, springs, a=3.0):
    """A chain along x whose transverse motion costs nothing."""
    lattice = Lattice(np.diag([a, 20.0, 20.0]))
    along = np.diag([-1.0, 0, 0])
    if len(masses) == 1:
        return BornVonKarman(lattice, masses[0], {(1, 0, 0): springs[0] * along})
    bonds = {(0, 1, 0, 0, 0): springs[0] * along, (0, 1, -1, 0, 0): springs[1] * along}
    return BornVonKarman(lattice, masses, bonds, [[0, 0, 0], [0.5, 0, 0]])


def along_x(q):
    return np.stack([q, 0 * q, 0 * q], axis=-1)


@pytest.mark.parametrize("name", CRYSTALS)
@given(q=wavevectors)
@settings(max_examples=20)
def test_3r_orthonormal_branches_that_diagonalise_a_hermitian_matrix(name, q):
    crystal = CRYSTALS[name]
    D, modes = crystal.dynamical_matrix(q), crystal.modes(q)
    size = 3 * len(crystal.masses_u)
    assert modes.energy.shape == (4, size)
    assert D == pytest.approx(np.conj(np.swapaxes(D, -1, -2)))
    e = modes.polarization
    identity = np.swapaxes(e.conj(), -1, -2) @ e
    assert identity == pytest.approx(np.broadcast_to(np.eye(size), identity.shape), abs=1e-12)
    squared = np.sign(modes.energy) * modes.energy**2
    assert np.trace(D, axis1=-2, axis2=-1).real == pytest.approx(squared.sum(axis=-1))
    assert D @ e == pytest.approx(e * squared[..., None, :], abs=1e-9 * np.abs(D).max())


@pytest.mark.parametrize("name", CRYSTALS)
@given(q=wavevectors)
@settings(max_examples=20)
def test_energies_at_minus_q_and_at_q_plus_G(name, q):
    crystal = CRYSTALS[name]
    scale = crystal.modes(q).energy.max()
    G = np.array([1, -2, 1]) @ crystal.lattice.reciprocal
    for other in (-q, q + G):
        a, b = crystal.modes(other).energy, crystal.modes(q).energy
        assert np.abs(np.sign(a) * a**2 - np.sign(b) * b**2).max() < 1e-9 * scale**2


@given(q=wavevectors)
@settings(max_examples=10)
def test_energies_are_invariant_under_every_rotation_of_the_lattice(q):
    group = ALUMINIUM.symmetry()
    assert len(group) == 48
    energy = ALUMINIUM.modes(q).energy
    rotated = ALUMINIUM.modes(np.einsum("sab,qb->sqa", group, q)).energy
    assert rotated**2 == pytest.approx(np.broadcast_to(energy**2, rotated.shape), abs=1e-8)


@given(q=wavevectors)
@settings(max_examples=10)
def test_polarizations_gain_a_phase_with_G_where_there_is_a_basis(q):
    # e(q + G) = exp(−iG·τ) e(q) up to a factor: D(q + G) = U D(q) U† with U = exp(−iG·τ).
    G = np.array([1, 0, -1]) @ DIAMOND.lattice.reciprocal
    tau = DIAMOND.positions @ DIAMOND.lattice.vectors
    U = np.diag(np.repeat(np.exp(-1j * tau @ G), 3))
    assert DIAMOND.dynamical_matrix(q + G) == pytest.approx(
        U @ DIAMOND.dynamical_matrix(q) @ U.conj(), abs=1e-7
    )


def test_acoustic_modes_vanish_at_gamma_for_every_mass():
    for crystal in CRYSTALS.values():
        energy = crystal.modes(np.zeros(3)).energy
        assert np.abs(energy[:3]).max() < 1e-6 * energy.max(initial=30.0)
        assert crystal.sum_rule_violation < 1e-12


def test_broken_sum_rule_gaps_sound_by_the_pinning_frequency():
    pinned = ALUMINIUM.pinned(2.5)
    assert pinned.sum_rule_violation == pytest.approx(2.5)
    gap = spring_energy_meV(2.5, ALUMINIUM.masses_u[0])
    assert pinned.modes(np.zeros(3)).energy == pytest.approx([gap] * 3)
    with pytest.raises(UnstableLatticeError, match="sum rule is broken by 2.5 N/m"):
        pinned.sound_velocity([1, 0, 0])


def test_negative_pinning_makes_gamma_unstable():
    modes = ALUMINIUM.pinned(-2.5).modes(np.zeros(3))
    assert modes.energy == pytest.approx([-spring_energy_meV(2.5, ALUMINIUM.masses_u[0])] * 3)
    assert modes.unstable.all()


@given(st.floats(-5, 5), st.floats(1, 200), st.floats(1, 100))
def test_monatomic_chain(q, mass, spring):
    crystal = chain([mass], [spring])
    expected = 2 * spring_energy_meV(spring, mass) * abs(np.sin(q * 3.0 / 2))
    found = crystal.modes([q, 0, 0]).energy
    assert found[-1] ** 2 == pytest.approx(expected**2, abs=1e-9 * spring / mass * 100)


@given(st.floats(-1, 1), st.floats(1, 200), st.floats(1, 200), st.floats(1, 50), st.floats(1, 50))
def test_diatomic_chain_with_two_springs(q, m1, m2, k1, k2):
    crystal = chain([m1, m2], [k1, k2])
    total, reduced = k1 + k2, 1 / m1 + 1 / m2
    root = np.sqrt((total * reduced) ** 2 - 16 * k1 * k2 / (m1 * m2) * np.sin(q * 1.5) ** 2)
    expected = MEV2_PER_N_m_u * (total * reduced + np.array([-1, 1]) * root) / 2
    squared = np.linalg.eigvalsh(crystal.dynamical_matrix([q, 0, 0]))
    assert squared[-1] == pytest.approx(expected[1])
    assert np.abs(squared - expected[0]).min() < 1e-9 * expected[1]


@pytest.mark.parametrize(
    ("kind", "point", "squared"),
    [  # central springs K to nearest neighbours, Mω²/K: sums of K n̂n̂ᵀ(1 − cos q·R)
        ("fcc", "X", [4, 4, 8]),
        ("fcc", "L", [2, 2, 8]),
        ("bcc", "H", [16 / 3] * 3),
        ("bcc", "P", [8 / 3] * 3),
        ("bcc", "N", [0, 8 / 3, 16 / 3]),
        ("sc", "X", [0, 0, 4]),
        ("sc", "R", [4, 4, 4]),
    ],
)
def test_central_springs_at_symmetry_points(kind, point, squared):
    lattice = getattr(Lattice, kind)(3.6)
    crystal = BornVonKarman.springs(lattice, 63.546, [(20.0, 0.0)])
    q = np.array(lattice.special_points[point]) @ lattice.reciprocal
    unit = MEV2_PER_N_m_u * 20.0 / 63.546
    assert np.linalg.eigvalsh(crystal.dynamical_matrix(q)) / unit == pytest.approx(
        squared, abs=1e-9
    )


@given(theta=st.floats(0, 1))
def test_fcc_along_100_in_closed_form(theta):
    crystal = BornVonKarman.springs(Lattice.fcc(3.6), 63.546, [(20.0, 0.0)])
    q = theta * 2 * np.pi / 3.6
    half = np.sin(q * 3.6 / 4) ** 2
    unit = MEV2_PER_N_m_u * 20.0 / 63.546
    assert np.linalg.eigvalsh(crystal.dynamical_matrix([q, 0, 0])) / unit == pytest.approx(
        [4 * half, 4 * half, 8 * half], abs=1e-9
    )


def test_ideal_hcp_with_central_springs_splits_its_optical_modes_two_to_one():
    # K_xx = K, K_zz = 4K between the two atoms: B1g lies at twice E2g, and no ion is charged.
    energy = HCP.modes(np.zeros(3)).energy[3:]
    assert energy[:2] == pytest.approx([spring_energy_meV(2 * 12.0, 24.305)] * 2)
    assert energy[2] / energy[0] == pytest.approx(2)


def test_two_atom_cell_of_an_elemental_crystal_folds_to_one():
    # The same chain and the same fcc crystal, described with cells twice as large.
    one, two = chain([20.0], [10.0], a=1.5), chain([20.0, 20.0], [10.0, 10.0], a=3.0)
    q = np.linspace(-1, 1, 7)
    big = two.modes(along_x(q)).energy
    small = [one.modes(along_x(q + g)).energy[:, -1] for g in (0, 2 * np.pi / 3)]
    assert np.sort(big, axis=1)[:, -2:] ** 2 == pytest.approx(
        np.sort(np.stack(small, axis=1) ** 2, axis=1), abs=1e-9
    )


def test_folding_a_supercell_changes_no_energy():
    primitive = ALUMINIUM
    A = primitive.lattice.vectors
    cube = Lattice(np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]) @ A)
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]) @ A
    tau = corners @ np.linalg.inv(cube.vectors)
    bonds = {}
    for (_, _, *n), phi in primitive.force_constants.items():
        for k in range(4):
            end = (corners[k] + np.array(n) @ A) @ np.linalg.inv(cube.vectors)
            kk = int(np.argmin(np.abs((end - tau) - np.round(end - tau)).max(axis=1)))
            cell = np.round(end - tau[kk]).astype(int)
            bonds[(k, kk, *cell.tolist())] = phi
    folded = BornVonKarman(cube, [primitive.masses_u[0]] * 4, bonds, tau)
    q = np.array([[0.3, 0.1, -0.2], [0.5, 0.5, 0.1]])
    extra = cube.reciprocal_within(1.01 * np.linalg.norm(primitive.lattice.reciprocal[0]))
    unique = [np.zeros(3)]
    for G in extra:  # one representative of each class modulo the primitive reciprocal lattice
        n = (G - np.array(unique)) @ A.T / (2 * np.pi)
        if np.abs(n - np.round(n)).max(axis=1).min() > 1e-6:
            unique.append(G)
    assert len(unique) == 4
    expected = np.concatenate([primitive.modes(q + G).energy for G in unique], axis=1)
    assert folded.modes(q).energy == pytest.approx(np.sort(expected, axis=1), abs=1e-8)


def test_another_choice_of_cell_changes_no_energy():
    A = ALUMINIUM.lattice.vectors
    change = np.array([[1, 2, 0], [0, 1, 0], [1, 0, 1]])
    skew = Lattice(change @ A)
    bonds = {
        tuple(int(m) for m in np.round(np.array(n) @ np.linalg.inv(change))): phi
        for (_, _, *n), phi in ALUMINIUM.force_constants.items()
    }
    other = BornVonKarman(skew, ALUMINIUM.masses_u, bonds)
    q = np.array([[0.3, 0.1, -0.2], [1.5, 0.5, 0.1]])
    assert other.modes(q).energy == pytest.approx(ALUMINIUM.modes(q).energy)
    assert len(other.symmetry()) == 48


@given(st.floats(0.1, 20))
def test_heavier_atoms_vibrate_slower_as_the_root(factor):
    heavy = BornVonKarman(ALUMINIUM.lattice, ALUMINIUM.masses_u * factor, ALUMINIUM.force_constants)
    q = np.array([0.4, 0.2, 0.9])
    assert heavy.modes(q).energy * np.sqrt(factor) == pytest.approx(ALUMINIUM.modes(q).energy)


# ---- velocities


@pytest.mark.parametrize("name", ["Al", "diamond", "hcp", "CsCl"])
def test_sound_velocity_is_the_slope_of_omega(name):
    crystal = CRYSTALS[name]
    n = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [0.3, -0.5, 0.8]])
    n = n / np.linalg.norm(n, axis=1, keepdims=True)
    h = 0.02
    D = [crystal.dynamical_matrix(m * h * n) for m in (1, 2)]
    squared = [np.linalg.eigvalsh(d)[:, :3] / (m * h) ** 2 for m, d in enumerate(D, 1)]
    extrapolated = np.sqrt((4 * squared[0] - squared[1]) / 3) * M_S_PER_meV_A
    assert crystal.sound_velocity(n) == pytest.approx(extrapolated, rel=1e-6)


@pytest.mark.parametrize("symbol", ["Al", "Cu", "K", "Nb"])
def test_christoffel_equation_and_long_waves_agree(symbol):
    crystal = BornVonKarman.from_element(symbol)
    rho = crystal.density_g_cm3
    v100, v110 = crystal.sound_velocity([[1, 0, 0], [1, 1, 0]]) ** 2 * rho * 1e-6
    c11, c44 = v100[2], v100[0]
    c12 = 2 * v110[2] - c11 - 2 * c44
    stiffness = cubic_stiffness(c11, c12, c44)
    n = np.random.default_rng(3).normal(size=(40, 3))
    velocity, polarization = christoffel_velocities(stiffness, rho, n)
    # General force constants need not obey Cauchy–Born rotational invariance exactly; cubic
    # Christoffel matrices have the same three constants, so the surfaces must coincide.
    assert crystal.sound_velocity(n) == pytest.approx(velocity, rel=1e-6)
    assert np.swapaxes(polarization, -1, -2) @ polarization == pytest.approx(
        np.broadcast_to(np.eye(3), polarization.shape), abs=1e-12
    )


def test_isotropic_solid_has_the_same_velocities_everywhere():
    c44 = 26.0
    velocity, _ = christoffel_velocities(
        cubic_stiffness(110.0, 110.0 - 2 * c44, c44),
        2.7,
        np.random.default_rng(0).normal(size=(9, 3)),
    )
    assert velocity[:, :2] == pytest.approx(np.sqrt(c44 / 2.7 * 1e6) * np.ones((9, 2)))
    assert velocity[:, 2] == pytest.approx(np.sqrt(110 / 2.7 * 1e6) * np.ones(9))


@pytest.mark.parametrize("name", ["Al", "diamond", "CsCl"])
def test_group_velocity_is_the_gradient_of_the_energy(name):
    crystal = CRYSTALS[name]
    q = np.array([[0.21, 0.47, 0.11], [0.6, -0.35, 0.17]])
    velocity = group_velocity(crystal, q)
    h = 1e-3
    for axis, step in enumerate(np.eye(3)):
        e = [crystal.modes(q + m * h * step).energy for m in (-2, -1, 1, 2)]
        slope = (e[0] - 8 * e[1] + 8 * e[2] - e[3]) / (12 * h) * M_S_PER_meV_A
        assert velocity[..., axis] == pytest.approx(slope, rel=1e-6, abs=1e-3)


def test_group_velocity_vanishes_at_the_zone_boundary_and_is_refused_at_gamma():
    X = np.array(ALUMINIUM.lattice.special_points["X"]) @ ALUMINIUM.lattice.reciprocal
    assert np.abs(group_velocity(ALUMINIUM, X)).max() < 1e-3
    with pytest.raises(UnstableLatticeError, match="sound_velocity"):
        group_velocity(ALUMINIUM, np.zeros(3))


# ---- density of states and heat capacity


@pytest.mark.parametrize("name", ["Al", "CsCl"])
def test_dos_integrates_to_3r_and_has_the_trace_of_D_as_second_moment(name):
    crystal = CRYSTALS[name]
    top = crystal.modes(crystal.lattice.mesh(8).points).energy.max()
    energy = np.linspace(0, 1.1 * top, 1200)
    g = crystal.dos(energy, 20)
    assert np.trapezoid(g, energy) == pytest.approx(3 * len(crystal.masses_u), rel=1e-3)
    # Σ_ν ω² averaged over the zone is the trace of the on-site term.
    on_site = np.trace(crystal.on_site, axis1=1, axis2=2) / crystal.masses_u
    assert np.trapezoid(g * energy**2, energy) == pytest.approx(
        MEV2_PER_N_m_u * on_site.sum(), rel=5e-3
    )


def test_dos_of_the_chain_has_the_closed_form():
    # g(E) = (2/π)/√(E_max² − E²) for the one branch that moves.
    crystal = chain([20.0], [10.0])
    top = 2 * spring_energy_meV(10.0, 20.0)
    energy = np.linspace(0.1, 0.9, 9) * top
    g = crystal.dos(energy, (1500, 1, 1))
    assert g == pytest.approx(2 / np.pi / np.sqrt(top**2 - energy**2), rel=3e-3)


def test_dos_starts_as_the_square_of_the_energy_with_the_sound_velocities():
    direction, solid = half_sphere(16)
    mean = (ALUMINIUM.sound_velocity(direction) ** -3).sum(axis=-1) @ solid
    E = 3.0
    expected = ALUMINIUM.lattice.volume * E**2 * mean * M_S_PER_meV_A**3 / (2 * np.pi**2)
    coarse, fine = (ALUMINIUM.dos(np.array([E]), n)[0] for n in (32, 64))
    # The cone at q = 0 is where linear interpolation is worst: 3 % low at 64³, and converging.
    assert abs(fine / expected - 1) < 0.04
    assert abs(fine - expected) < 0.5 * abs(coarse - expected)


def test_zone_rays_fill_the_first_zone():
    lattice = Lattice.bcc(3.3)
    q, weight = zone_rays(lattice, 10, 16)
    assert weight.sum() == pytest.approx(1)
    assert np.abs(lattice.fold(q) - q).max() < 1e-12
    # ⟨cos q·R⟩ over the zone is zero for every lattice vector.
    R = lattice.points_within(4.0)[1:] @ lattice.vectors
    assert np.abs(weight @ np.cos(q @ R.T)).max() < 2e-3


def test_heat_capacity_from_rays_and_from_the_density_of_states():
    T = np.array([60.0, 150.0, 300.0])
    energy = np.linspace(1e-3, 42, 2000)
    g = ALUMINIUM.dos(energy, 40)
    x = energy / (2 * BOLTZMANN_meV_K * T[:, None])
    by_dos = np.trapezoid(g * (x / np.sinh(x)) ** 2, energy, axis=1)
    assert ALUMINIUM.heat_capacity(T) == pytest.approx(by_dos, rel=2e-3)


def test_heat_capacity_limits():
    assert ALUMINIUM.heat_capacity(5000.0) == pytest.approx(3, rel=1e-3)
    # T³ with the Debye temperature of the sound velocities.
    n, solid = half_sphere(24)
    v_mean = (3 / ((ALUMINIUM.sound_velocity(n) ** -3).sum(axis=1) @ solid)) ** (1 / 3)
    theta = v_mean * debye_wavevector(ALUMINIUM.lattice.volume) / M_S_PER_meV_A / BOLTZMANN_meV_K
    cold = ALUMINIUM.heat_capacity(2.0, tolerance=1e-2)
    assert cold == pytest.approx(debye_heat_capacity(2.0, theta), rel=3e-3)


def test_heat_capacity_says_when_it_has_not_converged():
    with pytest.raises(ConvergenceError, match=r"heat capacity at 0.01 K"):
        ALUMINIUM.heat_capacity([10.0, 0.01])
    with pytest.raises(ValueError, match="T must be positive"):
        ALUMINIUM.heat_capacity(0.0)


def test_unstable_crystal_is_named_and_has_no_heat_capacity():
    soft = ALUMINIUM.pinned(-1.0)
    energy = np.linspace(-20, 42, 800)
    assert soft.dos(energy, 12)[energy < 0].sum() > 0
    with pytest.raises(UnstableLatticeError, match="ω² < 0"):
        soft.heat_capacity(300.0)
    assert issubclass(UnstableLatticeError, PhysicalRefusal)


# ---- bad input


@pytest.mark.parametrize("q", [[0, 0], [np.nan, 0, 0], "Γ", [[1, 2], [3, 4]]])
def test_bad_wavevectors_are_refused(q):
    with pytest.raises(ValueError, match="^q "):
        ALUMINIUM.modes(q)


def test_non_hermitian_matrix_is_refused():
    class Lopsided(Crystal):
        lattice, masses_u, positions = Lattice.sc(3.0), np.ones(1), np.zeros((1, 3))

        def force_constant_matrix(self, q):
            C = np.zeros((*np.shape(q)[:-1], 3, 3))
            C[..., 0, 1] = 1.0
            return C

    with pytest.raises(ValueError, match="not Hermitian"):
        Lopsided().modes(np.zeros(3))


def test_bad_elastic_constants_are_refused():
    good = cubic_stiffness(110, 60, 30)
    with pytest.raises(ValueError, match="stiffness has shape"):
        christoffel_velocities(np.eye(3), 2.7, [1, 0, 0])
    with pytest.raises(ValueError, match="not symmetric"):
        christoffel_velocities(good + np.triu(np.ones((6, 6)), 1), 2.7, [1, 0, 0])
    with pytest.raises(ValueError, match="density is -1"):
        christoffel_velocities(good, -1, [1, 0, 0])
    with pytest.raises(UnstableLatticeError, match="ρv² = -30"):
        christoffel_velocities(cubic_stiffness(110, 60, -30), 2.7, [1, 0, 0])


def test_units_of_the_dynamical_matrix():
    # A spring of 1 eV/Å² on an atom of 1 u: ω = 9.822694e13 s⁻¹, ħω = 64.6541 meV.
    energy = spring_energy_meV(N_m_PER_eV_A2, 1.0)
    assert energy == pytest.approx(64.6541, rel=1e-5)
