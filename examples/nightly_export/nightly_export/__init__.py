"""Run a list of queries every night and write their rows to CSV files."""
