"""Scores of a representation: one file a metric, every one a function of plain arrays and a seed."""
