"""Moving atoms: the wave they follow, the speed, growth, the view in space."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from teach_examples import in_space, moving_chain

from elphlib.teach import Animation, Motion, new_figure
from elphlib.teach.atoms import displaced, motion_node, positions_of
from elphlib.teach.motion import GROW_FROM, GROW_TO, lay_out, reach

PAIR = np.array([[0.0, 0.0], [1.0, 0.0]])


def group_of(motion, limits=(-1, 2)):
    _figure, axes = new_figure(size=(4, 4), xlim=limits, ylim=limits, margins=(0.5,) * 4)
    return motion_node(motion, axes, 72 * 4.0), axes.get_window_extent().width / 3


def swung(motion, seconds, rate=0.1):
    """Displacements of the atoms in points, x to the right and y up."""
    group, per_unit = group_of(motion)
    moved = positions_of(displaced(group, seconds, rate)) - positions_of(group.children)
    return moved * [1, -1], per_unit


@given(arrays(complex, (3, 2), elements=st.complex_numbers(max_magnitude=5)))
def test_reach_is_the_largest_distance_over_a_cycle(swing):
    phases = np.exp(-1j * np.linspace(0, 2 * np.pi, 721))
    brute = np.linalg.norm((swing[None] * phases[:, None, None]).real, axis=2).max(axis=0)
    assert np.allclose(reach(swing), brute, atol=1e-4 * (1 + brute.max()))


def test_the_largest_swing_is_as_long_as_asked():
    motion = Motion(PAIR, [[1, 1j], [0.1, 0]], 10.0, largest=0.25)
    assert reach(motion.swing) == pytest.approx([0.25, 0.025])
    still = Motion(PAIR, np.zeros((2, 2)), 0.0, largest=0.25)
    assert (still.swing == 0).all()


@pytest.mark.parametrize("seconds", [0.0, 0.13, 0.5, 1.7])
def test_atoms_follow_the_real_part_of_the_wave(seconds):
    swing = np.array([[0.3, 0.2j], [0.1 - 0.2j, -0.25]])
    moved, points_per_unit = swung(Motion(PAIR, swing, 10.0), seconds)
    expected = (swing * np.exp(-2j * np.pi * seconds)).real * points_per_unit
    assert np.abs(moved - expected).max() < 0.25


def test_twice_the_energy_is_twice_as_fast():
    swing = np.array([[0.4, 0.0], [0.0, 0.4]])
    slow = [swung(Motion(PAIR, swing, 5.0), t)[0] for t in (0.2, 0.6)]
    fast = [swung(Motion(PAIR, swing, 10.0), t)[0] for t in (0.1, 0.3)]
    assert np.array_equal(slow, fast)


def test_atoms_may_have_their_own_energies():
    motion = Motion(PAIR, [[0.4, 0], [0.4, 0]], [5.0, 10.0])
    moved, per_unit = swung(motion, 0.5)
    assert moved[0, 0] == pytest.approx(0, abs=0.2)
    assert moved[1, 0] == pytest.approx(-0.4 * per_unit, abs=0.2)


def test_an_imaginary_mode_grows_as_its_energy_says_then_starts_again():
    def factor(turn):
        moved, per_unit = swung(Motion(PAIR, [[1.0, 0], [0, 0]], -10.0), turn / (2 * np.pi))
        return moved[0, 0] / per_unit

    assert factor(2.5) / factor(1.5) == pytest.approx(np.e, rel=0.02)
    assert factor(1e-9) == pytest.approx(GROW_FROM, rel=0.05)
    turns = np.linspace(0, 30, 301)
    heights = [factor(t) for t in turns]
    assert max(heights) == pytest.approx(GROW_TO, rel=0.01)
    assert sum(np.diff(heights) < -1) >= 3


def test_bonds_end_at_their_atoms():
    group, _ = group_of(Motion(PAIR, [[0.3, 0.1], [0, 0.3j]], 10.0, bonds=[(1, 0)]))
    moved = displaced(group, 0.37, 0.1)
    (line,) = [node for node in moved if node.tag == "line"]
    ends = {(line.attributes[f"x{i}"], line.attributes[f"y{i}"]) for i in (1, 2)}
    assert ends == {(c.attributes["cx"], c.attributes["cy"]) for c in moved if c.tag == "circle"}


def test_the_view_along_x_shows_y_and_z():
    places = np.array([[0, 0, 0], [0, 2, 0], [0, 0, 2.0]])
    seen = Motion.in_space(places, np.eye(3), 1.0, azimuth=0, elevation=0, perspective=0)
    assert seen.rest == pytest.approx(places[:, 1:] - 1)
    assert seen.swing == pytest.approx(np.eye(3)[:, 1:])


def test_near_atoms_are_larger_brighter_and_drawn_last():
    places = np.array([[1.0, 0, 0], [-1.0, 0, 0]])
    seen = Motion.in_space(places, np.zeros((2, 3)), 1.0, azimuth=0, elevation=0)
    radii, fade = np.asarray(seen.radii), np.asarray(seen.fade)
    assert radii[0] > radii[1]
    assert fade[0] < fade[1]
    sheet = lay_out(seen, new_figure()[1])
    assert sheet.radii.tolist() == sorted(radii.tolist())


def test_perspective_enlarges_what_is_near():
    square = np.array([[1.0, -1, 0], [1.0, 1, 0], [-1.0, -1, 0], [-1.0, 1, 0]])
    seen = Motion.in_space(square, 0 * square, 1.0, azimuth=0, elevation=0, perspective=0.1)
    assert np.ptp(seen.rest[:2, 0]) == pytest.approx(2.2)
    assert np.ptp(seen.rest[2:, 0]) == pytest.approx(1.8)


@given(st.floats(0, 360), st.floats(-80, 80))
def test_a_view_is_a_rotation(azimuth, elevation):
    places = np.random.default_rng(4).normal(size=(5, 3))
    seen = Motion.in_space(places, places, 1.0, azimuth=azimuth, elevation=elevation, perspective=0)
    depth = np.asarray(seen.depth)
    apart = seen.rest[:, None] - seen.rest[None], depth[:, None] - depth[None]
    flat = (apart[0] ** 2).sum(axis=-1) + apart[1] ** 2
    assert np.allclose(flat, ((places[:, None] - places[None]) ** 2).sum(axis=-1))


BAD = {
    "shapes differ": lambda: Motion(PAIR, np.zeros((3, 2)), 1.0),
    "three components": lambda: Motion(np.zeros((2, 3)), np.zeros((2, 3)), 1.0),
    "two in space": lambda: Motion.in_space(PAIR, PAIR, 1.0),
    "not finite": lambda: Motion(PAIR, PAIR * np.nan, 1.0),
    "energy": lambda: Motion(PAIR, PAIR, np.inf),
    "bond to nobody": lambda: Motion(PAIR, PAIR, 1.0, bonds=[(0, 2)]),
    "no motion": lambda: animation(lambda: 3).frame(),
    "no speed": lambda: animation(lambda: 3, period_s=0.0),
}


def animation(compute, **options):
    return Animation(
        compute, lambda axes, result: None, title="Spoilt", describe=lambda r: "x", **options
    )


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD.keys())
def test_bad_motions_are_refused_in_three_parts(spoil):
    with pytest.raises(ValueError, match=r"(?s).+;.+;.+\."):
        spoil()


def test_an_unstable_mode_says_so_in_picture_and_alt_text():
    chain = moving_chain()
    stable, unstable = chain.frame(stiffness=1.0), chain.frame(stiffness=-1.0)
    assert "unstable: grows" in unstable
    assert "unstable" not in stable
    assert "unstable: its displacement grows" in chain.alt(stiffness=-1.0)
    assert "unstable" not in chain.alt(stiffness=1.0)


def test_the_note_tells_how_much_slower_time_runs():
    note = moving_chain().note()
    assert "4.8 × 10¹² times slower" in note
    assert "0.41\u00a0ps" in note


def test_atoms_have_arrows_on_the_page_and_on_paper(tmp_path):
    import matplotlib.image as pictures

    chain = moving_chain()
    assert 'class="elph-arrows" d="M' in chain.frame()
    chain.save(tmp_path / "moving.png", q=1.0)
    moving = pictures.imread(tmp_path / "moving.png")
    still = animation(lambda: Motion(PAIR, 0 * PAIR, 1.0))
    assert 'd="M' not in still.frame().split("elph-arrows")[1].split("/>")[0]
    orange = (np.abs(moving[..., :3] - np.array([0xB9, 0x5C, 0x00]) / 255) < 0.02).all(axis=-1)
    assert orange.sum() > 200


def test_equal_lengths_are_equal_on_paper_and_all_atoms_are_inside():
    figure = in_space().figure_at(azimuth=50.0)
    (axes,) = figure.axes
    scale = np.diff(axes.transData.transform([[0, 0], [1, 1]]), axis=0)[0]
    assert scale[0] == pytest.approx(scale[1])
    motion = in_space().compute(50.0)
    places = axes.transAxes.inverted().transform(axes.transData.transform(motion.rest))
    assert (places > 0.03).all()
    assert (places < 0.97).all()


def test_bonds_on_paper_are_thin(tmp_path):
    import matplotlib.image as pictures

    rest = np.array([[0.0, 0.0], [10.0, 0.0]])
    pair = animation(lambda: Motion(rest, 0 * rest, 1.0, bonds=[(0, 1)]))
    pair.save(tmp_path / "pair.png")
    column = pictures.imread(tmp_path / "pair.png")
    column = column[:, column.shape[1] // 2, :3].mean(axis=1)
    assert 0.9 < (1 - column).sum() / (1 - 0.415) * 72 / 200 < 1.8
