"""Where this package comes from. Written by `make generate`."""

CONTRACT_VERSION = "1.0.0"
CONTRACT_SHA256 = "686c14d4a0ce0a1866aac7cc65f6ef3b308a9e983546acf6dcb7398a685353ac"
GENERATOR = "openapi-python-client 0.29.1"
SERVER_URL = "https://api.supermetrics.com/enterprise/v2"
