"""Where this package comes from. Written by tools/generate.py."""

CONTRACT_VERSION = "1.0.0"
CONTRACT_SHA256 = "9c5d6686e5c83c7ce6173a05d17b6c8a9079c4487281d8caeaee63490c60a6cd"
GENERATOR = "openapi-python-client 0.29.1"
SERVER_URL = "https://api.supermetrics.com/enterprise/v2"
