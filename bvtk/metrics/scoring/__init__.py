"""From arrays to scores: checks the arrays, computes the metrics, and names the results."""
