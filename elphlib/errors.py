"""The named refusals: what the library says when physics forbids an answer."""


class PhysicalRefusal(ValueError):
    """A question that has no physical answer for the input given."""


class UnstableLatticeError(PhysicalRefusal):
    """A lattice with ω² < 0 was asked for a quantity that needs real frequencies."""


class ConvergenceError(PhysicalRefusal):
    """A sum or iteration did not reach the accuracy that its caller relies on."""
