"""Run the same jobs with this package, the official SDK and hand-written code: `make compare`."""
