"""Imported once before the workers are forked from it, so that each starts ready."""

import numpy  # noqa: F401
import scipy.constants
import scipy.integrate
import scipy.optimize
import scipy.special
import scipy.stats  # noqa: F401

import grading.judge  # noqa: F401
