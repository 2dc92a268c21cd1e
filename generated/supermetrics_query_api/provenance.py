"""Where this package comes from. Written by tools/generate.py."""

CONTRACT_VERSION = "1.0.0"
CONTRACT_SHA256 = "3af195e741dd3cacbb9f901881b3d7f985fef9377f7008eb2185da5dd86571a8"
GENERATOR = "openapi-python-client 0.29.1"
SERVER_URL = "https://api.supermetrics.com/enterprise/v2"
