"""Compares runs: a table with mean and spread over seeds, and plots, from run folders or saved results."""

from bvtk.comparison.comparison import Comparison, compare

__all__ = ["Comparison", "compare"]
