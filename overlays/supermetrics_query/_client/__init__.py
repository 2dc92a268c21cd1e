"""What callers hold: the two clients and the two handles of a query."""
