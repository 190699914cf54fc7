"""Sweeps: every variant of a recipe, in processes of their own, and none that is finished twice."""
