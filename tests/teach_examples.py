"""Explorers small enough for tests, together using every kind of mark."""

import numpy as np

from elphlib.errors import UnstableLatticeError
from elphlib.teach import (
    Animation,
    Choice,
    Explorer,
    Motion,
    Slider,
    arrows,
    band,
    curve,
    hline,
    image,
    label,
    new_figure,
    path_ticks,
    points,
    vline,
)


def chain_bands(mass_ratio, spring=1.0):
    q = np.linspace(0, 1, 121)
    total = spring * (1 + 1 / mass_ratio)
    root = np.sqrt(total**2 - 4 * np.sin(0.5 * np.pi * q) ** 2 * spring**2 / mass_ratio)
    return q, 10 * np.sqrt(np.stack([total - root, total + root], axis=1).clip(0))


def two_panels(**changes):
    """A two-panel line explorer with measured points and a label that some frames lack."""

    def compute(mass_ratio):
        q, energy = chain_bands(mass_ratio)
        return {"q": q, "energy": energy, "gap": energy[-1, 1] - energy[-1, 0]}

    def draw(axes, result):
        left, right = axes
        curve(left, "branches", result["q"], result["energy"], color="C1")
        points(left, "measured", [0.3, 0.6], [5, 9], xerr=0.02, yerr=[0.6, 0.4], color="ink")
        path_ticks(left, [0, 0.5, 1], ["Γ", "½", "X"])
        if result["gap"] > 1:
            label(left, "gap", 0.9, 11, "gap", color="C3", ha="right")
        curve(right, "width", result["energy"][:, 0], result["q"])
        band(right, "below", result["energy"][:, 0], 0, result["q"], color="C2")
        vline(right, "top", result["energy"][-1, 0])
        hline(right, "half", 0.5)

    options = {
        "title": "Chain & gap",
        "describe": lambda result, mass_ratio: (
            f"Two branches at mass ratio {mass_ratio:.2f}; the gap is {result['gap']:.1f} meV."
        ),
        "figure": lambda: new_figure(
            1, 2, xlabel=["q (π/a)", "ħω (meV)"], ylabel=["ħω (meV)", "q (π/a)"]
        ),
        "caption": "The gap opens as the masses differ: <M₂ ≠ M₁>.",
        "number": "1.1",
        "mass_ratio": Slider("mass ratio M₂/M₁", np.linspace(1, 4, 13), default=2.0),
    }
    return Explorer(compute, draw, **(options | changes))


def refusing_map():
    """A map with a choice and a slider; beyond screening 2.5 it refuses."""

    def compute(screening, metal):
        if screening > 2.5:
            raise UnstableLatticeError(f"the lattice is unstable at screening {screening:.1f}")
        x, y = np.meshgrid(np.linspace(-2, 2, 40), np.linspace(-1, 1, 30))
        return np.exp(-screening * np.hypot(x, y)) * np.cos(metal * x)

    def draw(axes, result):
        image(axes, "map", result, (-2, 2, -1, 1), vmin=-1, vmax=1, colorbar="potential (eV)")
        arrows(axes, "force", [0.0, 1.0], [0.0, 0.0], [0.5, 0.0], [0.0, 0.5], color="ground")

    return Explorer(
        compute,
        draw,
        title="Screened potential",
        describe=lambda result, screening, metal: (
            f"Potential at screening {screening:.1f}, lowest {result.min():.2f} eV."
        ),
        figure=lambda: new_figure(xlabel="x (Å)", ylabel="y (Å)"),
        screening=Slider("screening κ", np.linspace(1, 3, 5), default=1.5, unit="Å⁻¹"),
        metal=Choice("metal", {"Na": 2.0, "Al": 5.0}),
    )


def moving_chain():
    """An animation above its dispersion; a negative stiffness makes the mode grow."""

    def compute(q, stiffness):
        x = np.arange(8.0)
        wave = np.exp(1j * np.pi * q * x)
        energy = 10 * stiffness * np.sin(0.5 * np.pi * q)
        motion = Motion(
            np.column_stack([x, 0 * x]),
            np.column_stack([wave, 0 * wave]),
            energy,
            largest=0.3,
            bonds=[(i, i + 1) for i in range(7)],
            colors=["C0", "C1"] * 4,
        )
        return {"motion": motion, "q": q, "energy": energy}

    def draw(axes, result):
        points(axes[1], "now", [result["q"]], [result["energy"]], color="C3")

    return Animation(
        compute,
        draw,
        title="A chain that moves",
        describe=lambda result, q, stiffness: f"Mode at q = {q:.2f}: {result['energy']:.1f} meV.",
        figure=lambda: new_figure(
            2, 1, height_ratios=[1, 2], xlabel=["", "q (π/a)"], ylabel=["", "ħω (meV)"],
            xlim=[None, (0, 1)], ylim=[None, (-11, 11)],
        ),
        period_s=2.0,
        reference_energy_meV=10.0,
        q=Slider("wavevector q", np.linspace(0.1, 1, 10), default=0.5, unit="π/a"),
        stiffness=Slider("stiffness", [-1.0, 1.0], default=1.0, discrete=True),
    )  # fmt: skip


def in_space():
    """A mode of a cube in space, without controls but for its view."""

    def compute(azimuth):
        corners = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)], float)
        up = np.zeros((8, 3))
        up[:, 2] = np.where(corners[:, 0] > 0, 1, -1)
        return Motion.in_space(corners, up, 15.0, azimuth=azimuth, largest=0.2, bonds=[(0, 1)])

    return Animation(
        compute,
        lambda axes, motion: None,
        title="A cube",
        describe=lambda motion, azimuth: f"A cube seen from azimuth {azimuth:.0f}°.",
        figure=lambda: new_figure(size=(4.0, 3.6)),
        azimuth=Slider("azimuth", np.linspace(0, 90, 10), default=30.0, unit="°"),
    )
