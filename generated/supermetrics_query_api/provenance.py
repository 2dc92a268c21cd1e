"""Where this package comes from. Written by tools/generate.py."""

CONTRACT_VERSION = "1.0.0"
CONTRACT_SHA256 = "87adfdd25123907991eb0db76790adecc990833d469ee5706eadbbcbd381ea30"
GENERATOR = "openapi-python-client 0.29.1"
SERVER_URL = "https://api.supermetrics.com/enterprise/v2"
