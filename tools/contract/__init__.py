"""From openapi.yaml to the generated client and the reference, and what changed since the last release."""
