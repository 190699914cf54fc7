"""Metrics of a representation: each is a function of plain arrays and a seed, next to the spec of its fields."""
