"""Checks of input: what passes unchanged, and refusals that say what is wrong."""

import numpy as np
import pytest

from elphlib.checks import finite_array, integer, not_negative_values, positive_values


@pytest.mark.parametrize("value", [3, 4.0, np.int64(5), np.float64(6)])
def test_integers_pass_as_integers(value):
    found = integer("n", value, 3, "12 is usual")
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize("value", [2, 2.5, 3.5, np.nan, np.inf, -np.inf, "4", None, [4]])
def test_what_is_no_integer_or_too_small_is_refused(value):
    with pytest.raises(ValueError, match=r"n is .*; an integer ≥ 3 is needed; 12 is usual\."):
        integer("n", value, 3, "12 is usual")


def test_even_integers():
    assert integer("n", 8, 8, "64 is usual", even=True) == 8
    for value in (7, 9, 6):
        with pytest.raises(ValueError, match=r"n is .; an even integer ≥ 8 is needed; 64"):
            integer("n", value, 8, "64 is usual", even=True)


def test_messages_without_a_unit_have_no_hole():
    for values in ([1.0, np.nan], ["a"]):
        with pytest.raises(ValueError, match="share") as without:
            finite_array("share", values, (...,), "")
        assert " in ;" not in str(without.value)
        assert "  " not in str(without.value)
        with pytest.raises(ValueError, match=r"real numbers? in meV"):
            finite_array("energy", values, (...,), "meV")
    with pytest.raises(ValueError, match="share is -1; it must not be negative"):
        not_negative_values("share", -1.0, "", "0–1 is usual")
    with pytest.raises(ValueError, match="share is 0; it must be positive"):
        positive_values("share", [0.0, 1.0], "", "0–1 is usual")


def test_arrays_of_any_shape_pass_as_floats():
    for check in (positive_values, not_negative_values):
        found = check("T", [[1, 2], [3, 4]], "K", "1–1000 K is usual")
        assert found.dtype == float
        assert found.tolist() == [[1, 2], [3, 4]]
    assert not_negative_values("T", 0, "K", "1–1000 K is usual") == 0
