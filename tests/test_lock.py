"""One lock for everyone: complete, in step with pyproject.toml, and free of addresses."""

import re
import tomllib

from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PINS = [Requirement(line) for line in LOCK.splitlines() if re.match(r"[A-Za-z0-9]", line)]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def pinned(name, python):
    """The version that the lock gives to one Python."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    fitting = [
        pin
        for pin in PINS
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate(environment))
    ]
    assert len(fitting) == 1, f"{name} has {len(fitting)} pins on Python {python}"
    (specifier,) = fitting[0].specifier
    assert specifier.operator == "=="
    return Version(specifier.version)


def test_every_range_is_met_on_every_python():
    extras = PROJECT["optional-dependencies"].values()
    wanted = [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]
    for requirement in map(Requirement, wanted):
        for python in PYTHONS:
            assert pinned(requirement.name, python) in requirement.specifier


def test_all_pythons_compute_with_the_same_numpy_and_scipy():
    for name in ("numpy", "scipy", "matplotlib"):
        assert len({pinned(name, python) for python in PYTHONS}) == 1


def test_the_lock_says_how_to_remake_it_and_names_no_place():
    assert "uv pip compile pyproject.toml --universal" in LOCK.splitlines()[1]
    assert not re.search(r"://|--index|--extra-index|--find-links| @ |(?:^|\s)/\w", LOCK)
