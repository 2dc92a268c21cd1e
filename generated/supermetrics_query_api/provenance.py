"""Where this package comes from. Written by tools/generate.py."""

CONTRACT_VERSION = "1.0.0"
CONTRACT_SHA256 = "fb7a7fd720f8401734787b7bc9384334b039b41e487cc8dc88dbd194afa94cb9"
GENERATOR = "openapi-python-client 0.29.1"
SERVER_URL = "https://api.supermetrics.com/enterprise/v2"
