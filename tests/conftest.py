"""Settings of the tests."""

from hypothesis import settings

# Machines are shared: what matters is whether a rule holds, not how long the check takes.
settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
