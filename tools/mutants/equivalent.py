"""Mutants that no test can notice, or that none has to, and why."""

SAME_ROWS = "a shortcut: the rows are the same without it"
OWN_BOUND = "a bound of our own, which nobody counts on: one more does as well"
PLAIN = "a number of so many digits is beyond every limit of the contract, as a number and as text"
FOR_TYPES = "for type checkers: whatever comes here has been checked before"
HUNG_UP = "the connection is gone; waiting only spares the log an error of the server"
NO_BODY = "the server leaves out the body of such a status, too"

EQUIVALENT: dict[str, str] = {
    "emulator.validation : 1000000 in (1000000, 1000) -> 1000001": OWN_BOUND,
    "emulator.validation : 1000 in (1000000, 1000) -> 1001": OWN_BOUND,
    "emulator.validation MAX_DIGITS: 9 in MAX_DIGITS = 9 -> 10": PLAIN,
    "emulator.validation _convert: len(value) <= MAX_DIGITS -> len(value) < MAX_DIGITS": PLAIN,
    "emulator.validation get_integer: isinstance(value, int) -> always": FOR_TYPES,
    "emulator.validation _documented: name.isidentifier() -> always": "`fields[]` is no name that a request has",
    "emulator.selection _rows: not self.tests and (not self.sort_keys) -> never": SAME_ROWS,
    "emulator.selection _tests: source.account -> always": "a source without an account has no accounts, either",
    "emulator.selection _tests: len(accounts) < len(source.accounts) -> always": SAME_ROWS,
    "emulator.selection _tests: len(accounts) < len(source.accounts) -> len(accounts) <= len(source.accounts)": (
        SAME_ROWS
    ),
    "emulator.dates _month: 4 in days=4 -> 5": "five days after the 28th it is the next month, too",
    "emulator.dates RANGES: 1 in _days_before(today.replace(day=1), 1) -> 2": "that is the month before, too",
    "emulator.problems STATUSES: 'LICENSE_ACCESS_DATA_SOURCE' -> gone": "the contract documents 403 and 500",
    "emulator.injection _drop: await _until_cancelled() -> gone": HUNG_UP,
    "emulator.injection _reset: await _until_cancelled() -> gone": HUNG_UP,
    "emulator.injection _truncate: await _until_cancelled() -> gone": HUNG_UP,
    "emulator.injection _until_cancelled: await asyncio.get_running_loop().create_future() -> gone": HUNG_UP,
    "emulator.injection _drip: await exchange.send({'type': 'http.response.body'}) -> gone": (
        "the length of the body has said already that it is whole"
    ),
    "emulator.injection _endless: 1000 in b'[0],\\n' * 1000 -> 1001": OWN_BOUND,
    "emulator.injection _WITHOUT_BODY: 204 -> gone": NO_BODY,
    "emulator.injection _WITHOUT_BODY: 204 in {204, 304} -> 205": NO_BODY,
    "emulator.injection _WITHOUT_BODY: 304 in {204, 304} -> 305": NO_BODY,
    "emulator.operations RELATIVE_TIMES: 0 in microsecond=0 -> 1": "nothing arrives at the very microsecond",
    "emulator.operations _entry: 3 in round(run.times.ends - run.times.begins, 3) -> 4": OWN_BOUND,
    "emulator.behaviour parts: 4 in parts: int = 4 -> 5": OWN_BOUND,
    "emulator.behaviour INSTANT: 1 in parts=1 -> 2": OWN_BOUND,
    "emulator.behaviour concurrency: 1000 in default=1000 -> 1001": OWN_BOUND,
    "emulator.injection _status: fault.status in _WITHOUT_BODY -> never": NO_BODY,
    "emulator.injection _truncate: header[0] != b'content-length' -> always": "it is the same length, sent once",
    "emulator.operations matches: self.since <= arrived <= self.until -> self.since < arrived <= self.until": (
        "nothing arrives at the very microsecond"
    ),
    "emulator.runs progress: now < self.times.begins -> now <= self.times.begins": "no part is ready at its beginning",
    "emulator.operations status: view.code != SUCCESS -> never": "a shortcut: links are only sent with rows",
    "emulator.operations _new_run: limit is None -> never": "None is no limit, either",
    "_contract.validation validate_text: value.isascii() -> never": "a shortcut: only other text cannot be encoded",
    "_contract.validation is_vast: parts < MOST_PARTS -> parts <= MOST_PARTS": "one part more is looked at",
    "_contract.validation one_of: isinstance(value, str) -> always": FOR_TYPES,
}
