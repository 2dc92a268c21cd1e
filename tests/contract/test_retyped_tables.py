"""What is typed again beside the contract says the same, in the emulator, in the command and in the code."""

import re
from collections.abc import Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from supermetrics_query import QueryClient, errors
from supermetrics_query._contract.codes import BY_CODE, BY_STATUS
from supermetrics_query._contract.urls import BESIDE_JSON
from supermetrics_query._models import PENDING, TERMINAL
from supermetrics_query.cli import commands
from supermetrics_query.cli.exits import CODES, MEANINGS, code_of
from supermetrics_query.cli.progress import IN_LINE
from supermetrics_query.cli.queries import OPTIONS, listed, same
from supermetrics_query.emulator.formats import FORMATS
from supermetrics_query.emulator.injection import _CODES as USUAL_CODES
from supermetrics_query.emulator.problems import DEFAULT_STATUS, STATUSES, status_of
from supermetrics_query.emulator.runs import DELIVERY
from supermetrics_query.errors import ConfigurationError, SupermetricsQueryError

from tests.contract.inventory import contract_inventory
from tools.contract.document import Document, load, operations, request_schemas
from tools.contract.limits import kinds_of

CONTRACT = load(Path(__file__).resolve().parents[2] / "openapi.yaml")
SCHEMAS = CONTRACT["components"]["schemas"]
QUERY = {name: kinds for name, kinds in kinds_of(CONTRACT, SCHEMAS["DataQuery"]).items() if name.isidentifier()}
MEMBERS = {name for schema in request_schemas(CONTRACT).values() for name in schema["properties"]}

# Members of a query that `run` has no option for, and why. A file and a URL may hold them.
WITHOUT_AN_OPTION = {
    "ds_user": "--users takes one login, too",
    "offset_start": "--max-rows, and head or tail",
    "offset_end": "--max-rows, and head or tail",
    "sync_timeout": "the command decides how the start waits",
    "api_key": "--key-file, because lists of processes show options",
}
# Parameters of a history that the client sets itself.
PAGES_OF_HISTORY = {"offset", "limit", "api_key"}


def documented_statuses() -> Mapping[str, set[int]]:
    """Return the HTTP statuses of each error code, from the table in the contract."""
    rows = re.findall(r"^\| `(\w+)` \| ([\d or]+) \|", SCHEMAS["ErrorCode"]["description"], re.MULTILINE)
    return {code: {int(status) for status in re.findall(r"\d+", statuses)} for code, statuses in rows}


def query_without_options(contract: Document) -> list[str]:
    """Name each member of a query that the command neither has an option for nor leaves out on purpose."""
    return sorted(
        contract["components"]["schemas"]["DataQuery"]["properties"].keys() - OPTIONS.keys() - WITHOUT_AN_OPTION.keys()
    )


@pytest.mark.parametrize("code", documented_statuses())
def test_the_emulator_sends_an_error_with_a_status_that_the_contract_documents(code: str) -> None:
    documented = documented_statuses()[code]
    assert status_of(code) in documented, f"emulator/problems.py, STATUSES: {code!r} has {documented} in openapi.yaml"


def test_the_table_of_the_contract_was_read_to_its_end() -> None:
    assert list(documented_statuses()) == SCHEMAS["ErrorCode"]["enum"]


def test_the_emulator_has_a_status_for_no_code_that_the_contract_does_not_know() -> None:
    assert STATUSES.keys() <= documented_statuses().keys(), "emulator/problems.py, STATUSES"
    assert [code for code, status in STATUSES.items() if status == DEFAULT_STATUS] == []


def test_a_fault_has_a_usual_code_for_every_documented_status() -> None:
    documented = {int(error.split()[1]) for error in contract_inventory(CONTRACT).errors}
    documented |= {status for statuses in documented_statuses().values() for status in statuses}
    assert documented <= USUAL_CODES.keys(), "emulator/injection.py, _CODES"
    assert {code: status_of(code) for code in USUAL_CODES.values()} == {
        code: status for status, code in USUAL_CODES.items()
    }


def test_the_emulator_writes_every_format_of_the_contract_in_its_media_type() -> None:
    [start] = [each for each in operations(CONTRACT) if each.name == "start_query"]
    documented = start.definition["responses"]["200"]["content"].keys()
    assert FORMATS.keys() == set(SCHEMAS["OutputFormat"]["enum"]), "emulator/formats.py, FORMATS"
    assert {each.media_type.partition(";")[0] for each in FORMATS.values()} == set(documented)


def test_the_members_that_do_not_change_a_query_are_members() -> None:
    assert QUERY.keys() >= DELIVERY, "emulator/runs.py, DELIVERY"
    assert QUERY.keys() >= BESIDE_JSON, "_contract/urls.py, BESIDE_JSON"


def test_every_member_of_a_query_has_an_option_or_a_reason() -> None:
    missing = query_without_options(CONTRACT)
    assert missing == [], (
        f"give `run` an option for {missing}: cli/options.py, `run` in cli/commands.py, OPTIONS in cli/queries.py, and "
        "docs/command-line.md; or say why there is none in WITHOUT_AN_OPTION of this file: --file takes it already"
    )
    assert OPTIONS.keys() | WITHOUT_AN_OPTION.keys() == QUERY.keys(), "a member that the contract no longer has"
    assert OPTIONS.keys().isdisjoint(WITHOUT_AN_OPTION)


def test_a_member_that_is_added_to_the_contract_and_has_no_option_is_named(document: Document) -> None:
    document["components"]["schemas"]["DataQuery"]["properties"]["beta"] = {"type": "integer"}
    assert query_without_options(document) == ["beta"]


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_takes_the_kind_of_value_that_its_member_takes(name: str) -> None:
    option, convert = OPTIONS[name]
    [written, *_] = get_args(get_type_hints(commands.run)[option])
    is_list = "array" in QUERY[name]
    expected = int if "integer" in QUERY[name] else list[str] if is_list or "object" in QUERY[name] else str
    assert written == expected, f"cli/options.py: {option} of `run`"
    assert (convert is listed, convert is same) == (is_list, expected in (int, str)), f"cli/queries.py, OPTIONS: {name}"


def test_every_member_of_a_history_is_a_parameter_and_an_option() -> None:
    members = SCHEMAS["QueryHistoryRequest"]["properties"].keys() - PAGES_OF_HISTORY
    taken = signature(QueryClient.history).parameters.keys() - {"self"}
    assert taken == members, "history() of the clients, and history_request in _client/inputs.py"
    options = {name: f"{name}s" if f"{name}s" in members else name for name in signature(commands.history).parameters}
    renamed = {"ds_id": "ds_ids", "status": "status_codes"}
    assert members <= {renamed.get(name, name) for name in options}, "`history` in cli/commands.py"


def test_every_status_code_is_pending_or_terminal_and_no_other() -> None:
    assert sorted(PENDING | TERMINAL) == sorted(SCHEMAS["StatusCode"]["enum"]), "_models.py, PENDING and TERMINAL"
    rows = re.findall(r"^\| `(\w+)` \|.*\| (yes|no) \|$", SCHEMAS["StatusCode"]["description"], re.MULTILINE)
    assert {code for code, ends in rows if ends == "yes"} == TERMINAL
    assert IN_LINE < PENDING, "cli/progress.py, IN_LINE"


@pytest.mark.parametrize("code", documented_statuses())
def test_a_code_raises_the_exception_of_its_documented_status(code: str) -> None:
    statuses = documented_statuses()[code]
    kinds = tuple(
        BY_STATUS.get(status, errors.ServerError if status >= 500 else errors.ApiError) for status in statuses
    )
    exceptions = {"LICENSE_NOT_FOUND"}  # it comes with 500, and no repetition helps
    assert issubclass(BY_CODE[code].kind, kinds) or code in exceptions, (
        f"_contract/codes.py, CODES: {code} has {statuses}"
    )


def raised() -> Iterator[type[SupermetricsQueryError]]:
    """Yield every exception of the package."""
    pending: list[type[SupermetricsQueryError]] = [SupermetricsQueryError]
    while pending:
        kind = pending.pop()
        pending += [each for each in kind.__subclasses__() if each.__module__.startswith("supermetrics_query")]
        yield kind


@pytest.mark.parametrize("kind", CODES)
def test_no_row_of_the_exit_codes_hides_another(kind: type[SupermetricsQueryError]) -> None:
    assert code_of(kind.__new__(kind)) == CODES[kind], f"cli/exits.py, CODES: {kind.__name__} stands after a base of it"
    assert CODES[kind] in MEANINGS, "cli/exits.py, MEANINGS"


@pytest.mark.parametrize("kind", [*raised()], ids=lambda kind: str(kind.__name__))
def test_every_exception_ends_a_command_with_a_code_of_its_kind(kind: type[SupermetricsQueryError]) -> None:
    is_of_no_kind = kind is SupermetricsQueryError
    assert (code_of(kind.__new__(kind)) == 1) is is_of_no_kind, f"cli/exits.py, CODES: {kind.__name__}"
    assert issubclass(kind, ConfigurationError) is (code_of(kind.__new__(kind)) == 2)
