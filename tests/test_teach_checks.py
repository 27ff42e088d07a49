"""Checks for problem sets: they pass what is right and say what is wrong."""

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elphlib.teach import checks

sizes = st.floats(1e-6, 1e6)


@given(sizes, st.floats(-0.9, 0.9))
def test_near_accepts_inside_the_tolerance_and_refuses_outside(value, part):
    checks.near("x", value * (1 + 0.01 * part), value, rel=0.01)
    with pytest.raises(AssertionError, match="it must be"):
        checks.near("x", value * (1.011 + abs(part)), value, rel=0.01)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (2, "2 times too large"),
        (0.5, "2 times too small"),
        (2 * pi, "2π times too large"),
        (1 / sqrt(2), "√2 times too small"),
        (1.3, "30 % too large"),
        (17.0, "17 times too large"),
        (-1.0, "of the wrong sign"),
        (-2.0, "of the wrong sign and 2 times too large"),
    ],
)
def test_the_factor_is_named(ratio, said):
    with pytest.raises(AssertionError, match=said):
        checks.near("x", 3.0 * ratio, 3.0, rel=1e-3)


def test_a_known_mistake_gets_its_question_and_another_does_not():
    slips = {2 * pi: "did you return ν instead of ω?"}
    with pytest.raises(AssertionError, match="2π times too large: did you return ν instead of ω"):
        checks.near("ω", 2 * pi, 1.0, rel=1e-3, mistakes=slips)
    with pytest.raises(AssertionError) as wrong:
        checks.near("ω", 3.0, 1.0, rel=1e-3, mistakes=slips, why="count the springs")
    assert "ν" not in str(wrong.value)
    assert str(wrong.value).endswith("3 times too large: count the springs.")


def test_arrays_are_compared_on_the_scale_of_the_largest_and_the_worst_is_named():
    checks.near("v", [1e-9, 2.0], [0.0, 2.0], rel=1e-6)
    with pytest.raises(AssertionError, match=r"v at index \[1\] is 4 m/s; it must be 2 m/s to 1 %"):
        checks.near("v", [1.0, 4.0], [1.0, 2.0], rel=0.01, unit="m/s")
    with pytest.raises(AssertionError, match="yours vanishes"):
        checks.near("v", [1.0, 1e-17], [1.0, 2.0], rel=0.01)
    with pytest.raises(AssertionError, match="the difference is 0.5"):
        checks.near("v", [0.5, 2.0], [0.0, 2.0], rel=0.01)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "is None"),
        ("3 meV", "it must be numbers"),
        ([1.0, np.nan], "is nan at index"),
        ([1.0, np.inf], "is inf at index"),
        ([1.0, 2.0, 3.0], "has shape"),
        (1.0, "has shape"),
    ],
)
def test_what_is_not_an_answer_is_refused(answer, said):
    with pytest.raises(AssertionError, match=said):
        checks.near("x", answer, [1.0, 2.0], rel=0.1)


def test_vanishes_measures_on_the_scale_given():
    checks.vanishes("ω(0)", [1e-12, -1e-12], scale=1.0)
    with pytest.raises(AssertionError, match=r"ω\(0\) is 0.3 meV; it must vanish .*sum rule\."):
        checks.vanishes("ω(0)", 0.3, scale=10.0, unit="meV", why="look at the sum rule")


@given(st.floats(-3, 3), sizes)
def test_power_law_accepts_its_own_exponent_only(exponent, amplitude):
    checks.power_law("f", lambda x: amplitude * x**exponent, exponent=exponent, of="x")
    with pytest.raises(AssertionError, match="when the mass doubles"):
        checks.power_law("f", lambda x: amplitude * x**exponent, exponent=exponent + 0.5,
                         of="the mass")  # fmt: skip


def test_power_law_refuses_what_has_no_exponent():
    with pytest.raises(AssertionError, match="must be positive"):
        checks.power_law("f", lambda x: -x, exponent=1, of="x")
