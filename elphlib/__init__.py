"""Electron–phonon interactions in metals, computed from first motion to measured number.

The modules stand on floors and import only downwards: `units`, `lattice`, `integrate`,
`metals` (1); `phonons`, `ionic`, `electrons` (2). Everything that draws lives in `teach`.
"""

from elphlib.errors import ConvergenceError, PhysicalRefusal, UnstableLatticeError

__all__ = ["ConvergenceError", "PhysicalRefusal", "UnstableLatticeError"]
__version__ = "0.1.0"
