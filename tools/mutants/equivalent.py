"""Mutants that no test can notice, or that none has to, and why."""

EQUIVALENT: dict[str, str] = {}
