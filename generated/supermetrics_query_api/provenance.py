"""Where this package comes from. Written by tools/generate.py."""

CONTRACT_VERSION = "1.0.0"
CONTRACT_SHA256 = "4babd6d6b252292fc9f4f989f17bfac35498d9406090024ea0d490010d03108c"
GENERATOR = "openapi-python-client 0.29.1"
SERVER_URL = "https://api.supermetrics.com/enterprise/v2"
