"""A program -> one SELECT over a table of encoded facts, a row a customer: millions of answers at once.

Written for DuckDB. A fact is the column `f<i>`, by the input's position, whether it was told `g<i>`, let i is `v<i>`,
output i is `o<i>`. Nothing is ever NULL but an amount that a combination of offers does not reach.

A let stands in a sub-select above those that it reads, never in place of its name: text that repeats what it reads
grows exponentially with every step of a price.
"""

from collections.abc import Mapping, Sequence

from entitle.ir import Best, Program
from entitle.runtime.live import needed
from entitle.runtime.sql_best import WIDE, Choosing
from entitle.runtime.sql_stages import Stages
from entitle.runtime.sql_text import Expressions


def to_sql(program: Program, source: str, keep: Sequence[str] = (), wide: int = WIDE) -> str:
    """The query over `source`, a table or a sub-select: the columns in `keep` as they are, then `o<i>` for each output.

    Up to `wide` combinations of offers are columns, more are lists: the answer is the same.
    """
    stages = Stages()
    names = add_program(stages, program, {each.name: i for i, each in enumerate(program.inputs)}, wide=wide)
    return stages.query(source, keep, [names[out] for out in program.outs])


def add_program(
    stages: Stages, program: Program, inputs: Mapping[str, int], prefix: str = "v", wide: int = WIDE
) -> dict[str, str]:
    """The columns of a program among others, and what each let that is needed is called.

    inputs  the number of each input: its columns are `f<i>` and `g<i>`
    prefix  what the names of the columns begin with: no two programs of a query share one
    """
    names: dict[str, str] = {}
    counts: dict[str, Sequence[int]] = {}
    texts = Expressions(inputs, names, counts)
    live = {let.name for let in needed(program)}
    for number, let in enumerate(program.lets):
        if let.name not in live:
            continue
        name = f"{prefix}{number}"
        if isinstance(let.value, Best):
            Choosing(program, texts, stages, name, let.value).add(wide)
            counts[let.name] = [len(step) for step in let.value.steps]
        else:
            stages.add(name, texts.text(let.value), texts.reads(let.value))
        names[let.name] = name
    return names
