"""What is compared: runs read from wherever they lie, gathered into rows, and a figure for each row and column."""
