"""How patient to be: values only, decided on in `polling` and `retrying`."""

from attrs import field, frozen
from attrs.validators import and_, ge, gt, instance_of, le

from ._contract.validation import seconds
from .errors import ConfigurationError

DEFAULT_WAIT = 4.25 * 3600.0  # a query may run for four hours
LONGEST_START_WAIT = 3600.0  # `sync_timeout` in the contract


@frozen(kw_only=True)
class PollPolicy:
    """When to look at a query again. Durations are seconds or a timedelta.

    The gap between two looks follows the progress of the query (0.7 of the time that seems left), or the square root
    of its age where there is none, between `floor` and `ceiling`. `first` is the gap after a start that returned at
    once, `jitter` the share by which a gap varies. `max_errors` looks that fail in a row end a wait, and so does a
    status code unknown to this version after `unknown_patience`. `start_wait` is how long `run()` lets the API wait.
    """

    first: float = field(default=1.0, converter=seconds)
    floor: float = field(default=1.0, converter=seconds, validator=gt(0))
    ceiling: float = field(default=30.0, converter=seconds)
    use_progress: bool = True
    jitter: float = field(default=0.1, validator=and_(ge(0), le(1)))
    max_errors: int = field(default=8, validator=and_(instance_of(int), ge(1)))
    unknown_patience: float = field(default=600.0, converter=seconds)
    start_wait: float = field(default=30.0, converter=seconds, validator=le(LONGEST_START_WAIT))

    def __attrs_post_init__(self) -> None:
        """Refuse bounds that exclude each other."""
        if self.floor > self.ceiling:
            raise ConfigurationError(f"floor={self.floor!r} is above ceiling={self.ceiling!r}")


@frozen(kw_only=True)
class RetryPolicy:
    """How often to try a request again, and after how long. Durations are seconds or a timedelta.

    Pauses grow from `base` to `cap` with full jitter and are never shorter than Retry-After. A Retry-After above
    `retry_after_ceiling` is not waited for: the error is raised and tells the time. `attempts=1` never tries again.
    """

    attempts: int = field(default=5, validator=and_(instance_of(int), ge(1)))
    base: float = field(default=0.5, converter=seconds)
    cap: float = field(default=20.0, converter=seconds)
    retry_after_ceiling: float = field(default=120.0, converter=seconds)
