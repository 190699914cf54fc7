"""What is compared: runs, the rows that they belong to, and the value of each row and column."""
