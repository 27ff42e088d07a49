"""The first vertex correction Γ₁: what Migdal's theorem leaves out, computed.

Free electrons in three dimensions, ε = ħ²k²/2m − E_F, exchange an Einstein phonon Ω through a
coupling that does not depend on momentum; T = 0, imaginary frequencies. An electron with ω takes up
q and ν from outside while a phonon that it emitted before, and absorbs afterwards, is on its way:

    Γ₁(q, ν; ω) = λ ∫dω'/2π Ω²/[Ω² + (ω−ω')²] F(ω', ω'+ν; q),
    F = N(0)⁻¹ ∫d³k/(2π)³ G(k, ω') G(k+q, ω'+ν) = (πi/2q) ln[(Z+q)/(Z−q)],

in units of E_F and k_F, with Z = s₁√(1+iω') + s₂√(1+i(ω'+ν)) and s the signs of the frequencies,
Eq. `eq-vertex-band`: the integral over the whole band is elementary, and one integration is left.
"""

from __future__ import annotations

from functools import cache
from math import pi

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array, integer, not_negative_values, positive
from elphlib.electrons import FreeElectronGas
from elphlib.integrate import unit_gauss

__all__ = ["coherence_time", "mean_vertex", "vertex", "vertex_wide_band"]

#: Step of the double-exponential rule; half of its points give the error estimate.
_STEP = 1 / 16
_REACH = 3.3  #: exp(−π sinh 3.3) = 4e-19


def vertex(
    gas: FreeElectronGas,
    phonon_energy_meV: float,
    q: ArrayLike,
    transfer_meV: ArrayLike,
    energy_meV: ArrayLike | None = None,
    with_error: bool = False,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Γ₁(q, ν; ω)/λ of free electrons and an Einstein phonon, Eq. `eq-vertex-band`.

    Real at ω = −ν/2; Γ₁(q, ν; −ν−ω) = Γ₁(q, ν; ω)*. At q = 0 it obeys the Ward identity
    Γ₁ = [Σ(ω) − Σ(ω+ν)]/iν. A bare vertex of 1 becomes 1 + Γ₁.

    Parameters
    ----------
    gas : FreeElectronGas
    phonon_energy_meV : float, > 0
        Ω.
    q : array of any shape, Å⁻¹, ≥ 0
    transfer_meV : array that broadcasts with q
        ν, on the imaginary axis; of either sign, not 0 at q = 0, where the limit is not unique.
    energy_meV : array that broadcasts, optional
        ω, on the imaginary axis; None is −ν/2.
    with_error : bool
        Return the estimated absolute error as well: the change when every second point is left out.
        It is far above the true error, and below 1e-7 of the larger of |Γ₁| and Ω/√(ν² + q²) (units
        of E_F and k_F) for energies from 10⁻⁹ to 10⁴ E_F.

    Returns
    -------
    complex array, or two arrays

    Raises
    ------
    ValueError
        If Ω is not positive, q is negative, a value is not finite, or q = ν = 0.

    References
    ----------
    A. B. Migdal, Sov. Phys. JETP 7, 996 (1958), who estimated it; the closed form in the band is
    derived in Chapter 6.
    """
    omega_E = positive("phonon_energy_meV", phonon_energy_meV, "meV", "phonons have 1–200")
    scale = 1e3 * gas.fermi_energy
    q = not_negative_values("q", q, "Å⁻¹", "0–2k_F joins states of the sphere") / gas.k_fermi
    nu = finite_array("transfer_meV", transfer_meV, (...,), "meV") / scale
    half = -nu / 2
    omega = half if energy_meV is None else _energies(energy_meV) / scale
    q, nu, omega = np.broadcast_arrays(q, nu, omega)
    _require_unique(q, nu)
    fine, coarse = _over_frequencies(omega_E / scale, q, nu, omega)
    error = np.abs(fine - coarse)
    return (fine, error) if with_error else fine


def vertex_wide_band(
    gas: FreeElectronGas,
    phonon_energy_meV: float,
    q: ArrayLike,
    transfer_meV: ArrayLike,
    energy_meV: ArrayLike | None = None,
    cone: float | None = None,
) -> np.ndarray:
    """Γ₁(q, ν; ω)/λ for E_F → ∞ at fixed v_F, Eq. `eq-vertex-wide`: a product of two factors.

    {∫₀^∞ dτ e^(−ντ) ⟨e^(i v·q τ)⟩} · Ω [atan((ω+ν)/Ω) − atan(ω/Ω)], `coherence_time` times the part
    of the phonon's memory in which electron and hole coexist.

    Parameters
    ----------
    gas : FreeElectronGas
        Its v_F.
    phonon_energy_meV : float, > 0
    q : array of any shape, Å⁻¹, ≥ 0
    transfer_meV : array that broadcasts with q, > 0
    energy_meV : array that broadcasts, optional
        ω; None is −ν/2.
    cone : float in (0, 1], optional
        As in `coherence_time`.

    Raises
    ------
    ValueError
        If Ω or ν is not positive, q is negative, or a value not finite.
    """
    omega_E = positive("phonon_energy_meV", phonon_energy_meV, "meV", "phonons have 1–200")
    nu = _positive_transfer(transfer_meV)
    omega = -nu / 2 if energy_meV is None else _energies(energy_meV)
    overlap = omega_E * (np.arctan((omega + nu) / omega_E) - np.arctan(omega / omega_E))
    return coherence_time(gas, q, nu, cone) * overlap


def coherence_time(
    gas: FreeElectronGas, q: ArrayLike, transfer_meV: ArrayLike, cone: float | None = None
) -> np.ndarray:
    """∫₀^∞ dτ e^(−ντ) ⟨e^(i v·q τ)⟩ in meV⁻¹ (times ħ), Eq. `eq-coherence`.

    The mean is over the directions into which the inner phonon may have sent the electron. All of
    the sphere: ⟨…⟩ = sin(v_Fqτ)/v_Fqτ and the integral is atan(v_Fq/ν)/v_Fq. A disc of transfers
    |p| < δk_F in the plane that touches the sphere (forward scattering): 2J₁(δv_Fqτ)/δv_Fqτ and
    2[√(ν² + a²) − ν]/a² with a = δv_Fq.

    Parameters
    ----------
    gas : FreeElectronGas
    q : array of any shape, Å⁻¹, ≥ 0
        With ``cone``, along the surface.
    transfer_meV : array that broadcasts with q, > 0
        ν.
    cone : float in (0, 1], optional
        δ; None: all directions alike.

    Raises
    ------
    ValueError
        If ν is not positive, q is negative, or δ is not in (0, 1].
    """
    nu = _positive_transfer(transfer_meV)
    q = not_negative_values("q", q, "Å⁻¹", "0–2k_F joins states of the sphere")
    speed = 2e3 * gas.fermi_energy * q / gas.k_fermi  # ħv_F q in meV
    if cone is None:
        safe = np.where(speed > 0, speed, 1.0)
        return np.where(speed > 1e-8 * nu, np.arctan(safe / nu) / safe, 1 / nu)
    if not 0 < positive("cone", cone, "", "0.1–1 is usual") <= 1:
        raise ValueError(
            f"cone is {cone}; transfers within δk_F of the surface need 0 < δ ≤ 1; leave it out "
            "for scattering in all directions."
        )
    return 2 / (nu + np.sqrt(nu**2 + (cone * speed) ** 2))


def mean_vertex(
    gas: FreeElectronGas, phonon_energy_meV: float, transfer_meV: float | None = None, n: int = 24
) -> float:
    """Γ₁/λ at ω = −ν/2, averaged over pairs of states on the Fermi sphere.

    ∫₀^{2k_F} q dq/2k_F² Γ₁(q): the measure of `eq-sphere-alpha2f` for a coupling that does not
    depend on q. About (π/2) atan(½) · 2Ω/2E_F ≈ 0.73 Ω/E_F for Ω ≪ E_F and ν = Ω.

    Parameters
    ----------
    gas : FreeElectronGas
    phonon_energy_meV : float, > 0
    transfer_meV : float, optional
        ν; None is Ω.
    n : int
        Gauss points in √q.

    Raises
    ------
    ValueError
        If Ω is not positive or ν is 0.
    """
    n = integer("n", n, 4, "24 is usual")
    nu = phonon_energy_meV if transfer_meV is None else transfer_meV
    u, w = unit_gauss(n)
    x = u**2  # q/2k_F; the points crowd where v_F q falls below the phonon
    gamma = np.asarray(vertex(gas, phonon_energy_meV, 2 * gas.k_fermi * x, nu)).real
    return float((4 * u**3 * w) @ gamma)


def _energies(energy_meV: ArrayLike) -> np.ndarray:
    return finite_array("energy_meV", energy_meV, (...,), "meV")


def _positive_transfer(transfer_meV: ArrayLike) -> np.ndarray:
    nu = finite_array("transfer_meV", transfer_meV, (...,), "meV")
    if (nu <= 0).any():
        raise ValueError(
            f"transfer_meV is {nu.min():g} meV; ν must be positive here; `vertex` takes either "
            "sign, and ν ≃ Ω is where Γ₁ matters."
        )
    return nu


def _require_unique(q: np.ndarray, nu: np.ndarray) -> None:
    """Refuse q = ν = 0: first q → 0 gives λ, first ν → 0 gives nearly nothing."""
    if ((q == 0) & (nu == 0)).any():
        raise ValueError(
            "q and ν are both 0; Γ₁ has no limit there: it depends on v_F q/ν; let one of them be "
            "small and not zero."
        )


def _over_frequencies(
    phonon: float, q: np.ndarray, nu: np.ndarray, omega: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Γ₁/λ from all points of the rule and from every second; units of E_F and k_F.

    ω' = ω + Ω tan φ turns the phonon's Lorentzian into dφ. F jumps where ω' or ω'+ν changes sign:
    three intervals of φ, each with a rule that crowds towards both ends.
    """
    jumps = np.sort(np.arctan(np.stack([-omega, -nu - omega]) / phonon), axis=0)
    ends = np.full((1, *q.shape), pi / 2)
    edge = np.concatenate([-ends, jumps, ends])[..., None]
    low, high = edge[:-1], edge[1:]
    t, weight = _double_exponential()
    half = (high - low) / 2
    # From the nearer end, so that φ → ±π/2 loses no digits in tan φ
    frequency = omega[..., None] + phonon * np.tan((low + high) / 2 + half * t)
    first = np.sign(phonon * np.tan((low + high) / 2) + omega[..., None])
    second = np.sign(phonon * np.tan((low + high) / 2) + (omega + nu)[..., None])
    F = _band_integral(q[..., None], frequency, frequency + nu[..., None], first, second)
    terms = half * F * weight * (phonon / (2 * pi))
    return terms.sum(axis=(0, -1)), 2 * terms[..., 1::2].sum(axis=(0, -1))


def _band_integral(
    q: np.ndarray, first: np.ndarray, second: np.ndarray, sign_1: np.ndarray, sign_2: np.ndarray
) -> np.ndarray:
    """N(0)⁻¹ Σ_k G(k, ω₁)G(k+q, ω₂) = (πi/2q) ln[(Z+q)/(Z−q)], and πi/Z for q → 0."""
    root_1, root_2 = np.sqrt(1 + 1j * first), np.sqrt(1 + 1j * second)
    # For unlike signs without the difference of two roots: Z = i s₂(ω₂ − ω₁)/(√ + √)
    Z = np.where(
        sign_1 == sign_2,
        sign_1 * (root_1 + root_2),
        1j * sign_2 * (second - first) / (root_1 + root_2),
    )
    x = q / Z
    small = np.abs(x) < 1e-4
    safe = np.where(small, 0.5, x)
    ratio = np.where(small, 1 + x**2 / 3, (np.log1p(safe) - np.log1p(-safe)) / (2 * safe))
    return 1j * pi / Z * ratio


@cache
def _double_exponential() -> tuple[np.ndarray, np.ndarray]:
    """Points tanh(π/2 sinh t) of (−1, 1) and their weights."""
    n = int(_REACH / _STEP)
    t = _STEP * np.arange(-n, n + 1)
    inner = pi / 2 * np.sinh(t)
    return np.tanh(inner), _STEP * pi / 2 * np.cosh(t) / np.cosh(inner) ** 2
