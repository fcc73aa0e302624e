"""What entitle says -> how HTTP says it. The FastAPI and the Django shop answer by it."""

from entitle import (
    Busy,
    Done,
    FactError,
    InDoubt,
    KeyConflict,
    NeedsFacts,
    NotFound,
    Refused,
    UnknownName,
    UnusableId,
)
from entitle.decision import Outcome


def status(said: object) -> int:
    """Of an outcome, or of what was raised instead of one."""
    match said:
        case Done():
            return 200
        case NeedsFacts() | FactError() | UnknownName() | UnusableId():
            return 400
        case Refused(because=because) if any(reason.code == "payment-needed" for reason in because):
            return 402
        case NotFound():
            return 404
        case Busy() | InDoubt():
            return 503
        case Outcome() | KeyConflict():
            return 409
    return 503  # the store is out of reach, or others were faster each time


def headers(code: int) -> dict[str, str]:
    """Whoever asks again with the same key, is told what became of it."""
    return {"Retry-After": "1"} if code == 503 else {}
