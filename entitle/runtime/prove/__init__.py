"""What no test can tell: that no customer at all meets this, or one who does. Needs the extra `prove`.

Every question has three answers: it is proved, here is a witness, or it is not decided, with the bound that ran out.
"""

from entitle.errors import Error
from entitle.messages import Words

try:
    import z3 as z3
except ModuleNotFoundError:
    remedy = 'pip install "entitle[prove]"'
    raise Error(Words(f"proofs need the solver z3: {remedy}", f"证明需要求解器 z3：{remedy}")) from None
