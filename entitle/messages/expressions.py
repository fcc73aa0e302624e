"""What the parser and the type checker of expressions say."""

from entitle.messages.words import Message, Words, says

EXPRESSIONS: dict[str, Message] = {
    "empty-expression": says(
        "there is nothing where a condition stands",
        "条件是空的",
        "write one, or leave the key out",
        "写一个条件，或去掉这个键",
    ),
    "expression-too-large": says(
        "this condition is too large",
        "条件过于庞大",
        "split it, or name a part of it in a list or a fact",
        "拆开它，或把一部分放进列表或事实",
    ),
    "folded-expression": says(
        "a folded text (`>`) loses the places of what stands in it",
        "折叠文本（`>`）会丢失其中内容的位置",
        "write the condition on one line, or with `|`",
        "写在一行里，或用 `|`",
    ),
    "not-an-expression": says("I cannot read `{found}` here", "这里看不懂 `{found}`"),
    "expression-ends": says("the condition ends too early", "条件没有写完", "something must follow", "后面还应有内容"),
    "unknown-name": says("I see `{name}`, which no fact declares", "没有声明过名为 `{name}` 的事实"),
    "no-null": says(
        "there is no `{word}` in a condition",
        "条件中没有 `{word}`",
        "`if_missing` of the fact says what its absence does",
        "事实的 `if_missing` 说明缺失时怎么办",
    ),
    "unknown-word": says("`{word}` is none of {known}", "`{word}` 不属于 {known}"),
    "not-a-condition": says(
        "this is {kind}, and a condition is true or false",
        "这是{kind}，而条件应为真或假",
        "compare it with something",
        "把它和别的值作比较",
    ),
    "different-kinds": says("{left} cannot be compared or joined with {right}", "{left}与{right}不能比较或组合"),
    "not-linear": says(
        "two values that vary are multiplied",
        "两个变量相乘",
        "multiply by a constant, as in `base * 80%`; or compare each by itself",
        "只能乘以常数，例如 `base * 80%`；或分别比较",
    ),
    "no-order": says(
        "{kind} has no order",
        "{kind}没有大小",
        "ask it with `==`, `!=` or `in`",
        "用 `==`、`!=` 或 `in` 判断",
    ),
    "texts-compared": says(
        "two texts that vary cannot be compared with each other",
        "两个不定的文本不能互相比较",
        "compare with a text in quotes or with a list",
        "与引号中的文本或列表比较",
    ),
    "may-not-read": says("`{name}` cannot be read here: {why}", "此处不能读取 `{name}`：{why}"),
    "number-too-large": says("this could become larger than any number the rules can hold", "结果可能超出可表示的范围"),
    "wrong-amount": says(
        "`{text}` is no amount of {currency}",
        "`{text}` 不是 {currency} 的金额",
        "write it like {example}",
        "写成 {example} 这样",
    ),
    "wrong-moment": says("`{text}` is no moment between 2000 and 2100", "`{text}` 不是 2000 至 2100 年间的时刻"),
    "empty-range": says(
        "the range `{text}` holds nothing", "区间 `{text}` 为空", "the smaller end comes first", "小的一端写在前面"
    ),
}

ADVICE: list[tuple[str, Words]] = [  # what people often write, and what to write instead; the first that fits is told
    (
        r"[^\w\s(),.<>=+*-]\d{1,3}(?:,\d{3})+",
        Words("write an amount without commas, like `¥1000.00`", "金额不写千分位逗号，如 `¥1000.00`"),
    ),
    (r"(?<![=!<>])=(?!=)", Words("equality is written `==`", "相等写作 `==`")),
    (r"===|=>|=<", Words("comparisons are `==` `!=` `<` `<=` `>` `>=`", "比较写作 `==` `!=` `<` `<=` `>` `>=`")),
    (r"&&?", Words("write `and`", "写 `and`")),
    (r"\|\|?", Words("write `or`", "写 `or`")),
    (r"!(?!=)", Words("write `not`", "写 `not`")),
    (r"<>", Words("inequality is written `!=`", "不等写作 `!=`")),
    (
        r"\{\{|\}\}|\$\{",
        Words("conditions are written as they are, without a template around them", "条件直接书写，不需要模板括号"),
    ),
    (r"且|并且|而且", Words("write `and`", "写 `and`")),
    (r"或者?", Words("write `or`", "写 `or`")),
    (
        r"\b(?:AND|OR|NOT|IN)\b",
        Words("write `and`, `or`, `not`, `in` in small letters", "`and`、`or`、`not`、`in` 用小写"),
    ),
    (r"\bbetween\b.*", Words("write `x in 3..9`, or `3 <= x and x <= 9`", "写 `x in 3..9`，或 `3 <= x and x <= 9`")),
    (r"\bcontains\b", Words("write `set has member`, or `value in list`", "写 `集合 has 成员`，或 `值 in 列表`")),
    (r"\bis(?: not)?\b", Words("write `==` or `!=`", "写 `==` 或 `!=`")),
    (
        r"\b(?:if|then|else)\b",
        Words("a condition needs no `if`: write what must be true", "条件不需要 `if`，直接写应当成立的事"),
    ),
    (
        r"(?:==|!=)\s*(?:null|none|nil)\b",
        Words(
            "there is no null: `if_missing` of the fact says what its absence does",
            "没有空值：事实的 `if_missing` 说明缺失时怎么办",
        ),
    ),
    (
        r"\d+ ?(?:d|h|m|min|天|小时|分钟)(?!\w)",
        Words(
            "write a duration like `5 days`, `24 hours`, `15 minutes`", "时长写作 `5 days`、`24 hours`、`15 minutes`"
        ),
    ),
    (
        r"\d+ \w+ \d+ \w+",
        Words(
            "a duration has one unit: `51 hours`, not days and hours", "时长只用一个单位：`51 hours`，不能天和小时混写"
        ),
    ),
    (r"\d+(?:\.\d+)? ?(?:元|块|rmb|RMB|yuan)", Words("write an amount like `¥25.00`", "金额写作 `¥25.00`")),
    (
        r"\d+\.\d+(?!%)",
        Words(
            "an amount carries its currency: `¥25.00`; other numbers are whole",
            "金额要带币种：`¥25.00`；其他数都是整数",
        ),
    ),
    (
        r"(?:[<>]=?|==)[^()]*?(?:[<>]=?|==)",
        Words("comparisons do not chain: write `1 < x and x < 3`", "比较不能连写：写 `1 < x and x < 3`"),
    ),
    (r"[\"'][^\"']*$", Words("the quote is not closed", "引号没有闭合")),
    (r"\([^()]*$", Words("the bracket is not closed", "括号没有闭合")),
    (r"/", Words("there is no division: multiply the other side", "没有除法：请乘到另一边")),
]

# ---- what helps beside a wrong type

A_LIST = Words("it is a list of texts, and `now` is asked with a calendar", "它是文本列表，而 `now` 用日历判断")
BESIDE_A_NUMBER = {
    "money": Words("an amount is written like `¥5.00`", "金额写作 `¥5.00`"),
    "duration": Words("a duration is written like `30 days`", "时长写作 `30 days`"),
    "set": Words(
        "a set is asked with `has`, as in `customer.tags has vip`", "集合用 `has` 判断，如 `customer.tags has vip`"
    ),
    "text": Words("a text stands in quotes", "文本要加引号"),
}
DECLARE = Words(
    "facts are declared under `facts`, as in `customer.level: {type: 0..9, if_missing: 0}`",
    "事实在 `facts` 下声明，如 `customer.level: {type: 0..9, if_missing: 0}`",
)
