"""Runs side by side: a table of what seeds agree on, with plots, from run folders or saved results."""

from bvtk.comparison.assembly import compare
from bvtk.comparison.comparison import Comparison

__all__ = ["Comparison", "compare"]
