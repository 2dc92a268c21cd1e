"""Settings of the tests."""

from hypothesis import settings

# Machines are shared: what matters is whether a rule holds, not how long it takes to see it.
settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
