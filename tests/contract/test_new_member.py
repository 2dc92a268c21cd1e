"""A member that is added to the contract works everywhere without being typed again.

The package is generated from a contract with such members, and used in another process.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.contract.document import Document, dump
from tools.contract.generate import main

ADDED = {
    "beta_rows": {"description": "A number.", "type": "integer", "minimum": 1, "maximum": 5},
    "beta_names": {
        "description": "Names, as one string or a list.",
        "anyOf": [{"type": "string", "maxLength": 9}, {"type": "array", "maxItems": 2, "items": {"type": "string"}}],
    },
}
SCRIPT = """
import json, sys, urllib.error, urllib.request
from supermetrics_query import ConfigurationError, DataQuery, QueryClient, query_from_url
from supermetrics_query.cli.app import app
from supermetrics_query.emulator import Emulator, INSTANT
from typer.testing import CliRunner

def command(service, text):
    variables = {"SUPERMETRICS_API_KEY": service.key, "SUPERMETRICS_BASE_URL": service.url}
    done = CliRunner(env=variables).invoke(app, ["run", "--file", "-", "--no-wait"], input=text)
    return done.stderr

def posted(service, members):
    body = json.dumps({"ds_id": "WEATHER", "schedule_id": "q", **members}).encode()
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
    try:
        return urllib.request.urlopen(urllib.request.Request(f"{service.url}/query/data/json", body, headers)).status
    except urllib.error.HTTPError as error:
        return json.load(error)["error"]["description"]

def refused(**members):
    try:
        DataQuery(ds_id="WEATHER", **members)
        client.start(DataQuery(ds_id="WEATHER", **members))
    except ConfigurationError as error:
        return str(error)

with Emulator(plan=INSTANT) as service, QueryClient(service.key, base_url=service.url) as client:
    client.start(DataQuery(ds_id="WEATHER", fields="date", beta_rows=3, beta_names=["a", "b"]))
    command(service, "ds_id: WEATHER\\nfields: date\\nbeta_rows: 3\\nbeta_names: [1, b]\\n")
    url = query_from_url("https://host/query/data/json?ds_id=WEATHER&beta_rows=3&beta_names=a,b").query
    print(json.dumps({
        "sent": [{name: seen.json.get(name) for name in ("beta_rows", "beta_names")} for seen in service.requests],
        "url": [url.beta_rows, url.beta_names],
        "client": [refused(beta_rows=6), refused(beta_names=["a", "b", "c"])],
        "command": command(service, "ds_id: WEATHER\\nbeta_rows: 6\\n"),
        "emulator": [posted(service, each) for each in ({"beta_rows": 5}, {"beta_rows": 6}, {"beta_names": 1})],
    }))
"""


@pytest.fixture
def used(project: Path, root: Path, document: Document) -> Any:
    """Return what comes of the new members in a package that has them."""
    document["components"]["schemas"]["DataQuery"]["properties"] |= ADDED
    (project / "openapi.yaml").write_bytes(dump(document))
    assert main([], root=project) == 0
    paths = os.pathsep.join(map(str, (project / "generated", root / "overlays")))
    env = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=False, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_member_that_is_added_to_the_contract_works_in_the_clients_the_command_and_the_emulator(used: Any) -> None:
    assert used["sent"] == [
        {"beta_rows": 3, "beta_names": ["a", "b"]},
        {"beta_rows": 3, "beta_names": ["1", "b"]},
    ]
    assert used["url"] == [3, "a,b"]
    assert used["client"][0] == "beta_rows must be 5 or less, not 6"
    assert used["client"][1].startswith("beta_names must have 2 or fewer items, not 3")
    assert used["command"] == "ConfigurationError: beta_rows must be 5 or less, not 6\n"
    assert used["emulator"][:2] == [200, "beta_rows must be a whole number from 1 to 5."]
    assert used["emulator"][2].startswith("beta_names must be a string of at most 9 characters, or a list of at most 2")
