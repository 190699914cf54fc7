"""From arrays to scores: checks the arrays, computes metrics, and names the results."""
