"""Moving atoms: where they rest, how far each swings, and how that lies on a figure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

_ARROW_FROM = 1.5


@dataclass(frozen=True, eq=False)
class Motion:
    """A vibration to be shown: u(t) = Re[A exp(−iωt)] about each rest position.

    Parameters
    ----------
    positions : (n, 2) array
        Rest positions in data units of the axes that show them.
    displacements : (n, 2) complex array
        Amplitudes A, in the same units.
    energy_meV : float or (n,) array
        ħω of the mode, or of each atom's; negative for an imaginary mode, which grows as
        exp(|ω|t) instead of swinging.
    largest : float, optional
        Rescale the amplitudes so that the widest swing is this long; nothing else changes.
    radii : float or (n,) array
        In points.
    colors : str or sequence of str
        House colours, one for all or one for each atom.
    bonds : sequence of (i, j)
        Pairs of atoms joined by a line.
    depth : (n,) array, optional
        Larger is nearer: nearer atoms are drawn over farther ones.
    fade : (n,) array, optional
        0 for full colour to 1 for the colour of the page.
    """

    positions: ArrayLike
    displacements: ArrayLike
    energy_meV: ArrayLike
    largest: float | None = None
    radii: ArrayLike = 6.0
    colors: str | Sequence[str] = "C0"
    bonds: Sequence[tuple[int, int]] = ()
    depth: ArrayLike | None = None
    fade: ArrayLike | None = None
    rest: np.ndarray = field(init=False, repr=False)
    swing: np.ndarray = field(init=False, repr=False)
    energies: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check shapes and rescale the amplitudes."""
        rest = _finite("positions", self.positions, 2).astype(float)
        swing = _finite("displacements", self.displacements, 2).astype(complex)
        if rest.shape != swing.shape:
            raise ValueError(
                f"displacements has shape {swing.shape} and positions {rest.shape}; each atom "
                "needs one amplitude; Motion.in_space takes three components."
            )
        widest = float(reach(swing).max(initial=0.0))
        if self.largest is not None and widest > 0:
            swing = swing * (self.largest / widest)
        energies = np.broadcast_to(np.asarray(self.energy_meV, dtype=float), (len(rest),)).copy()
        if not np.isfinite(energies).all():
            raise ValueError(
                f"energy_meV is {self.energy_meV!r}; it must be finite; an imaginary mode has a "
                "negative energy."
            )
        for i, j in self.bonds:
            if not (0 <= i < len(rest) and 0 <= j < len(rest)):
                raise ValueError(
                    f"a bond joins atoms {i} and {j}; there are {len(rest)} atoms; they count "
                    f"from 0 to {len(rest) - 1}."
                )
        for name, value in (("rest", rest), ("swing", swing), ("energies", energies)):
            object.__setattr__(self, name, value)

    @classmethod
    def in_space(
        cls,
        positions: ArrayLike,
        displacements: ArrayLike,
        energy_meV: ArrayLike,
        *,
        azimuth: float = 25.0,
        elevation: float = 18.0,
        perspective: float = 0.12,
        radii: ArrayLike = 7.0,
        **options: Any,
    ) -> "Motion":
        """Look at a motion in space from a direction, with size and colour saying what is near.

        Parameters
        ----------
        positions, displacements : (n, 3) array
            Rest positions and complex amplitudes along x, y, z.
        energy_meV : float or (n,) array
            As for `Motion`.
        azimuth, elevation : float
            Direction to the eye in degrees: azimuth from x towards y, elevation above that plane.
        perspective : float
            By which part the nearest atoms are enlarged and the farthest made smaller.
        radii, **options
            As for `Motion`.
        """
        rest = _finite("positions", positions, 3).astype(float)
        swing = _finite("displacements", displacements, 3).astype(complex)
        a, e = np.deg2rad([azimuth, elevation])
        right = np.array([-np.sin(a), np.cos(a), 0.0])
        up = np.array([-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)])
        screen, towards = np.column_stack([right, up]), np.cross(right, up)
        centre = 0.5 * (rest.max(axis=0) + rest.min(axis=0))
        depth = (rest - centre) @ towards
        near = depth / max(float(np.abs(depth).max(initial=0.0)), 1e-12)
        zoom = 1.0 + perspective * near
        return cls(
            ((rest - centre) @ screen) * zoom[:, None],
            (swing @ screen) * zoom[:, None],
            energy_meV,
            radii=np.asarray(radii) * (1.0 + 0.25 * near),
            depth=depth,
            fade=np.round(0.3 * (1.0 - near), 1),
            **options,
        )

    @property
    def grows(self) -> bool:
        """Whether any atom takes part in an imaginary mode."""
        return bool((self.energies < 0).any())


#: An imaginary mode starts from this part of its amplitude, grows to that, rests and restarts.
GROW_FROM, GROW_TO, GROW_REST = 0.04, 1.6, 2.5


def growth(turn: ArrayLike) -> np.ndarray:
    """Amplitude of an imaginary mode after |ω|t = turn, starting again once it has grown full."""
    full = np.log(GROW_TO / GROW_FROM)
    return GROW_FROM * np.exp(np.minimum(np.mod(turn, full + GROW_REST), full))


def factors(energies: np.ndarray, seconds: float, cycles_per_s_meV: float) -> np.ndarray:
    """Return what multiplies each amplitude after some seconds on the screen.

    exp(−iωt) for a vibration; a slowly restarting exp(|ω|t) for an imaginary mode (energy < 0).
    """
    turn = 2 * np.pi * cycles_per_s_meV * np.abs(energies) * seconds
    return np.where(energies < 0, growth(turn), np.exp(-1j * turn))


def reach(swing: np.ndarray) -> np.ndarray:
    """Half the long axis of each atom's ellipse: its farthest distance from rest."""
    return np.sqrt(0.5 * ((np.abs(swing) ** 2).sum(axis=1) + np.abs((swing**2).sum(axis=1))))


def _finite(name: str, values: ArrayLike, components: int) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != components or not np.isfinite(array).all():
        raise ValueError(
            f"{name} has shape {array.shape} or holds what is not a number; it must be a finite "
            f"(n, {components}) array; one row for each atom."
        )
    return array


@dataclass(frozen=True)
class Sheet:
    """A motion laid out on a figure: rest and swing in points or pixels, in drawing order."""

    rest: np.ndarray
    swing: np.ndarray
    energies: np.ndarray
    radii: np.ndarray
    colors: list[str]
    fade: np.ndarray
    bonds: list[tuple[int, int]]

    def arrows(self) -> np.ndarray:
        """Tail and tip (m, 2, 2) of the arrows that stand for the motion at rest.

        Each shows the displacement at the moment when the whole pattern is widest.
        """
        square = (self.swing**2).sum()
        swing = (self.swing * np.exp(-0.5j * np.angle(square))).real
        length = np.linalg.norm(swing, axis=1)
        shown = length > _ARROW_FROM
        return np.stack([self.rest[shown], (self.rest + swing)[shown]], axis=1)


def lay_out(motion: Motion, axes: Axes, per_point: float = 1.0) -> Sheet:
    """Map a motion to the coordinates of its figure, farthest atoms first."""
    n = len(motion.rest)
    depth = np.zeros(n) if motion.depth is None else np.asarray(motion.depth, dtype=float)
    order = np.argsort(np.round(depth, 6), kind="stable")
    place = {int(atom): index for index, atom in enumerate(order)}
    transform = axes.transData.transform
    rest = transform(motion.rest)
    swing = (transform(motion.rest + motion.swing.real) - rest) + 1j * (
        transform(motion.rest + motion.swing.imag) - rest
    )
    names = [motion.colors] * n if isinstance(motion.colors, str) else list(motion.colors)
    fade = np.zeros(n) if motion.fade is None else np.asarray(motion.fade, dtype=float)
    return Sheet(
        rest[order],
        swing[order],
        motion.energies[order],
        np.broadcast_to(np.asarray(motion.radii, dtype=float), (n,))[order] * per_point,
        [names[atom] for atom in order],
        fade[order],
        sorted(((place[i], place[j]) for i, j in motion.bonds), key=min),
    )
