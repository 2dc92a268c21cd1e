"""Asking the history which of many queries have ended. What it says is a hint: who has ended is polled at once."""

from attrs import define
from supermetrics_query_api.models import QueryHistoryRequest, StatusCode

from .._contract import requests
from .._contract.listing import ENDED_CODES, HISTORY_PAGE, Listing, listing_of
from .._core.context import ClientContext
from .._core.effects import Flow, now
from .._core.polling import Deadline
from .._core.retrying import CALL_ERRORS, CallError, is_refused_for_rate, is_transient
from .._core.scheduling import Scheduler
from .._core.watching import Watch, as_date
from ..events import HistoryDoubted, HistoryRestored
from .request import call

MOST_PAGES = 20  # of one history; queries that fill more are polled without it
PATIENCE = 30.0  # seconds for a page


@define
class Hints:
    """One reading of the history, page by page."""

    context: ClientContext
    watch: Watch
    scheduler: Scheduler

    def flow(self) -> Flow[None]:
        """Let every query be polled that has ended, as the history says, and decide whether to believe it."""
        asked = yield from now()
        self.watch.asked, self.watch.is_asking = asked, True
        try:
            listed = yield from self.read(asked)
        except CALL_ERRORS as error:
            yield from self.on_failure(error)
        else:
            yield from self.judge(listed, asked)
        self.watch.is_asking = False

    def read(self, asked: float) -> Flow[frozenset[str] | None]:
        """Return the queries that have ended, None where the history has no end."""
        since = self.context.server_clock.time_at(self.watch.since(self.scheduler.oldest(asked)))
        listed: frozenset[str] = frozenset()
        for page in range(MOST_PAGES):
            listing = yield from self.ask(as_date(since), page)
            for name in listing.ended:
                self.scheduler.hint(name, asked)
            is_new = not listing.ended <= listed
            listed |= listing.ended
            if listing.size < HISTORY_PAGE:
                self.watch.pages = page + 1
                return listed
            if not is_new:
                break
        return None

    def ask(self, since: str, page: int) -> Flow[Listing]:
        """Return one page of the queries that have ended since a time."""
        moment = yield from now()
        self.watch.spent.append(moment)
        wanted = QueryHistoryRequest(
            since=since,
            status_codes=[StatusCode(code) for code in ENDED_CODES],
            offset=page * HISTORY_PAGE,
            limit=HISTORY_PAGE,
        )
        request = requests.get_query_history(wanted)
        deadline = Deadline(moment + PATIENCE, latency=self.context.latency)
        return (yield from call(self.context, request, listing_of, deadline))

    def judge(self, listed: frozenset[str] | None, asked: float) -> Flow[None]:
        """Stop believing a history that does not know what it should, or believe it again after a while."""
        moment, trust = (yield from now()), self.watch.trust
        self.watch.failures = 0
        if listed is None:
            yield from self.doubt("it has no end", moment, is_useless=True)
        elif unknown := self.watch.unknown(listed, asked):
            yield from self.doubt(f"it does not list the end of query {unknown[0]!r}", moment)
        elif trust.was_doubted and trust.is_whole(asked):
            trust.was_doubted = False
            yield from self.context.emit(HistoryRestored())

    def on_failure(self, error: CallError) -> Flow[None]:
        """Stop believing a history that is refused, or that cannot be read for a while."""
        if is_refused_for_rate(error):
            return
        self.watch.failures += 1
        if not is_transient(error) or self.watch.is_failing:
            yield from self.doubt(str(error), (yield from now()), is_useless=True)

    def doubt(self, reason: str, moment: float, *, is_useless: bool = False) -> Flow[None]:
        """Stop believing the history for a time."""
        if pause := self.watch.trust.fall(moment, is_useless=is_useless):
            yield from self.context.emit(HistoryDoubted(reason=reason, pause=pause))
