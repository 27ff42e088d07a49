"""Electron–phonon interactions in metals, computed from first motion to measured number.

The modules stand on floors and import only downwards: `units`, `lattice`, `integrate`, `metals`,
`materials` (1); `phonons`, `bonds`, `force_constants`, `electrons`, `tight_binding`, `fermi_line`,
`fermi_sphere`, `selection_rule`, `freezing`, `double_delta`, `exchange_correlation`, `lindhard`,
`local_field`, `dielectric` (2); `ionic`, `screening`, `jellium`, `coupling`, `normalisation`,
`pseudopotential`, `pair_sum`, `spectral` and what follows from any α²F (`transport`,
`bloch_gruneisen`, `golden_rule`, `boltzmann`, `matthiessen`, `self_energy`), `vertex`, `polaron`,
`line_coupling`, `sphere_coupling`, `sphere_metal` (3); `simple_metal`, `nearly_free`, `umklapp`,
`migdal` (4). Everything that draws lives in `teach`. What a script needs most often can be imported
from here.
"""

from elphlib.electrons import FreeElectronGas
from elphlib.errors import ConvergenceError, PhysicalRefusal, UnstableLatticeError
from elphlib.force_constants import BornVonKarman
from elphlib.ionic import RigidIonCrystal
from elphlib.lattice import Lattice
from elphlib.phonons import Crystal, Modes
from elphlib.simple_metal import SimpleMetal
from elphlib.spectral import SpectralFunction

__all__ = [
    "BornVonKarman",
    "ConvergenceError",
    "Crystal",
    "FreeElectronGas",
    "Lattice",
    "Modes",
    "PhysicalRefusal",
    "RigidIonCrystal",
    "SimpleMetal",
    "SpectralFunction",
    "UnstableLatticeError",
]
__version__ = "0.1.0"
