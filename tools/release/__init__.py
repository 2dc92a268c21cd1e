"""Build what is published, prove it, and publish it. Runs in `.venv-release`."""
