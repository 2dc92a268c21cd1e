"""Every change of the proof, under what must notice it."""

from collections.abc import Mapping

from tests.contract.proof import permitted
from tests.contract.proof.edits import Change, Notice
from tests.contract.proof.refused import REFUSED

TABLE: Mapping[Notice, list[Change]] = {
    Notice.REFUSED: REFUSED,
    Notice.CHECKS: permitted.CHECKS,
    Notice.CODE: permitted.CODE,
    Notice.TEXTS: permitted.TEXTS,
    Notice.LINT: permitted.LINT,
    Notice.TEST: permitted.TEST,
    Notice.DIFF: permitted.DIFF,
    Notice.HARMLESS: permitted.HARMLESS,
}
