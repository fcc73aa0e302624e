"""What every diagnostic says: code -> one sentence and one piece of help, in English and Chinese.

Sentences are lower case, without a full stop, the operator's own words in backticks. `{name}` is filled from the
diagnostic's values; nothing else is interpreted. A code, once released, keeps its meaning.
"""

from entitle.messages.expressions import EXPRESSIONS
from entitle.messages.facts import FACTS
from entitle.messages.plans import PLANS
from entitle.messages.prices import PRICES
from entitle.messages.proofs import PROOFS
from entitle.messages.reading import READING
from entitle.messages.rules import RULES
from entitle.messages.shapes import SHAPES
from entitle.messages.words import Lang, Message, Words

MESSAGES: dict[str, Message] = {**READING, **EXPRESSIONS, **SHAPES, **FACTS, **RULES, **PRICES, **PLANS, **PROOFS}

__all__ = ["MESSAGES", "Lang", "Message", "Words"]
