"""What entitle says -> how HTTP says it. The FastAPI and the Django shop answer by it."""

from entitle import (
    Busy,
    Challenge,
    Done,
    FactError,
    InDoubt,
    KeyConflict,
    NeedsFacts,
    NotFound,
    Refused,
    RetryTransaction,
    Review,
    StoreError,
    UnknownName,
    UnusableId,
)
from entitle.decision import Outcome


def status(said: object) -> int:
    """Of an outcome, or of an error of entitle's instead of one."""
    match said:
        case Done():
            return 200
        case Review():  # people look at it: the same key tells later what they said
            return 202
        case NeedsFacts() | FactError() | UnknownName() | UnusableId():
            return 400
        case Refused(because=because) if any(reason.code == "payment-needed" for reason in because):
            return 402
        case Challenge():  # the same customer may, once these are passed
            return 403
        case NotFound():
            return 404
        case Outcome() | KeyConflict() if not isinstance(said, Busy | InDoubt):
            return 409
        case Busy() | InDoubt() | StoreError() | RetryTransaction():
            return 503  # the store is out of reach, or others were faster each time
    return 500  # a mistake of the program's own, which asking again does not mend


def headers(code: int) -> dict[str, str]:
    """Whoever asks again with the same key, is told what became of it."""
    return {"Retry-After": "1"} if code == 503 else {}
