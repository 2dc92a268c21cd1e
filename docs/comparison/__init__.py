"""The same jobs, done with this package, with the official SDK and by hand: `make compare`."""
