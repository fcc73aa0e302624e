"""entitle: rules for selling virtual goods, and the shop that keeps them.

Rules are checked, tested and explained before release; what they promise is issued exactly once. Importing this loads
neither a database nor the command line: `open`, `load` and `Shop` are fetched when they are first used.
"""

from typing import TYPE_CHECKING, Any

from entitle.decision import (
    ON_ACCOUNT,
    Blocked,
    Busy,
    Challenge,
    Declined,
    Done,
    Failed,
    Gone,
    InDoubt,
    Line,
    Lot,
    NeedsFacts,
    Payment,
    Pending,
    Raised,
    Reason,
    Refused,
    Review,
    Sent,
    Tries,
    Who,
)
from entitle.errors import (
    Error,
    FactError,
    KeyConflict,
    NotDone,
    NotFound,
    RetryTransaction,
    RuleError,
    StoreError,
    UnknownName,
    UnusableId,
)
from entitle.keys import Keys
from entitle.values.money import Money

if TYPE_CHECKING:
    from entitle.shop.async_shop import AsyncShop, open_async
    from entitle.shop.facade import Shop
    from entitle.shop.join import retrying
    from entitle.shop.many import Purchase
    from entitle.shop.opening import load, open

_LAZY = {
    "AsyncShop": "entitle.shop.async_shop",
    "Purchase": "entitle.shop.many",
    "Shop": "entitle.shop.facade",
    "load": "entitle.shop.opening",
    "open": "entitle.shop.opening",
    "open_async": "entitle.shop.async_shop",
    "retrying": "entitle.shop.join",
}

__all__ = [
    "ON_ACCOUNT",
    "AsyncShop",
    "Blocked",
    "Busy",
    "Challenge",
    "Declined",
    "Done",
    "Error",
    "FactError",
    "Failed",
    "Gone",
    "InDoubt",
    "KeyConflict",
    "Keys",
    "Line",
    "Lot",
    "Money",
    "NeedsFacts",
    "NotDone",
    "NotFound",
    "Payment",
    "Pending",
    "Purchase",
    "Raised",
    "Reason",
    "Refused",
    "RetryTransaction",
    "Review",
    "RuleError",
    "Sent",
    "Shop",
    "StoreError",
    "Tries",
    "UnknownName",
    "UnusableId",
    "Who",
    "load",
    "open",
    "open_async",
    "retrying",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'entitle' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
