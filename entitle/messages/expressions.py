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
    "out-of-range": says(
        "`{name}` goes from {low} to {high}, and `{found}` is not among them",
        "`{name}` 的范围是 {low} 到 {high}，`{found}` 不在其中",
    ),
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
        Words("an amount has no commas, as in `{amount}`", "金额不写千分位逗号，如 `{amount}`"),
    ),
    (
        r"(?!\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?(?![\d:]| \d+:))"
        r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?: \d{1,2}[:\d]*)?",
        Words(
            "a date is written like `2026-12-01`, a moment like `2026-12-01 09:00`",
            "日期写作 `2026-12-01`，时刻写作 `2026-12-01 09:00`",
        ),
    ),
    (
        r"(?<!\d)\d{1,2}:\d\d",
        Words(
            "a time of day is asked with `now.hour`, or with a calendar: `now in happy-hours`",
            "一天中的时间用 `now.hour` 或日历判断：`now in happy-hours`",
        ),
    ),
    (
        r"[<>=!] +=",
        Words("`>=`, `<=`, `==` and `!=` have no space inside", "`>=`、`<=`、`==`、`!=` 中间没有空格"),
    ),
    (
        r"\bnot\s*[=<>]=?",
        Words("write `!=`, or `not` before the whole comparison", "写 `!=`，或把 `not` 放在整个比较之前"),
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
    (
        r"\bhas\s*\([^)]*\)?",
        Words("`has` asks for one member: join two with `and` or `or`", "`has` 一次问一个成员：用 `and` 或 `or` 连接"),
    ),
    (r"\bin\s*[\[{]", Words("a choice stands in round brackets: `(3, 5)`", "一组值用圆括号：`(3, 5)`")),
    (
        r"\bin\s+[^\s()]+",
        Words(
            "after `in` stands a choice `(3, 5)`, a range `3..9`, or the name of a list or calendar",
            "`in` 之后写一组值 `(3, 5)`、区间 `3..9`，或列表、日历的名字",
        ),
    ),
    (
        r"\b(?:like|matches|startswith|endswith)\b|\b(?:starts|ends) with\b",
        Words("a text is compared as a whole, with `==` or a list", "文本只能整体比较：用 `==` 或列表"),
    ),
    (r"\b(?:min|max)\s*\([^,()]*\)", Words("`min` and `max` take two values or more", "`min` 和 `max` 至少要两个值")),
    (
        r"\b(?!(?:min|max|and|or|not|in|has)\b)[^\W\d][\w.]*\(",
        Words("there are no functions but `min( , )` and `max( , )`", "函数只有 `min( , )` 和 `max( , )`"),
    ),
    (r"\bcontains\b", Words("write `set has member`, or `value in list`", "写 `集合 has 成员`，或 `值 in 列表`")),
    (
        r"\b(?:if|then|else)\b",
        Words("a condition needs no `if`: write what must be true", "条件不需要 `if`，直接写应当成立的事"),
    ),
    (
        r"(?:==|!=|\bis(?: not)?)\s*(?:null|none|nil)\b",
        Words(
            "there is no null: `if_missing` of the fact says what its absence does",
            "没有空值：事实的 `if_missing` 说明缺失时怎么办",
        ),
    ),
    (r"\bis(?: not)?\b", Words("write `==` or `!=`", "写 `==` 或 `!=`")),
    (
        r"\d+ ?(?:d|h|m|min|天|小时|分钟)(?!\w)",
        Words(
            "write a duration like `5 days`, `24 hours`, `15 minutes`", "时长写作 `5 days`、`24 hours`、`15 minutes`"
        ),
    ),
    (
        r"\d+ +(?:month|quarter|year)s?\b",
        Words("months and years differ in length: count days, as in `30 days`", "月和年长短不一：按天计，如 `30 days`"),
    ),
    (
        r"\d+ \w+ \d+ \w+",
        Words(
            "a duration has one unit: `51 hours`, not days and hours", "时长只用一个单位：`51 hours`，不能天和小时混写"
        ),
    ),
    (r"\d+(?:\.\d+)? ?(?:元|块|rmb|RMB|yuan)", Words("write an amount like `{amount}`", "金额写作 `{amount}`")),
    (r"\d+\.\d{5,}%", Words("a percentage has four decimals at most", "百分数最多四位小数")),
    (r"\*\s*\d+\.\d+|\d+\.\d+\s*\*", Words("a part is written in percent: `* 80%`", "比例写成百分数：`* 80%`")),
    (r"%\s*\d", Words("there is no remainder", "没有取余")),
    (
        r"\d+\.\d+(?!%)",
        Words(
            "an amount carries its currency: `{amount}`; other numbers are whole",
            "金额要带币种：`{amount}`；其他数都是整数",
        ),
    ),
    (
        r"(?:[<>]=?|[!=]=)\s*[^\s()<>=!]+\s*(?:[<>]=?|[!=]=)",
        Words("comparisons do not chain: write `1 < x and x < 3`", "比较不能连写：写 `1 < x and x < 3`"),
    ),
    (r"[\"'][^\"']*$", Words("the quote is not closed", "引号没有闭合")),
    (r"\([^()]*$", Words("the bracket is not closed", "括号没有闭合")),
    (r"(?<=[\w)\0] )-\d+", Words("a minus between two values has a space on each side", "减号两边都要有空格")),
    (r"-(?=\s*[^\W\d])", Words("a minus stands between two values: write `0 - x`", "减号要在两个值之间：写 `0 - x`")),
    (r"/", Words("there is no division: multiply the other side", "没有除法：请乘到另一边")),
]

# ---- what helps beside a wrong type

A_LIST = Words("it is a list of texts, and `now` is asked with a calendar", "它是文本列表，而 `now` 用日历判断")
BESIDE_A_NUMBER = {
    "money": Words("an amount is written like `{amount}`", "金额写作 `{amount}`"),
    "duration": Words("a duration is written like `30 days`", "时长写作 `30 days`"),
    "set": Words(
        "a set is asked with `has`, as in `customer.tags has vip`", "集合用 `has` 判断，如 `customer.tags has vip`"
    ),
}
BESIDE_A_WORD = Words("write one of its words, without quotes", "写其中一个选项，不加引号")
BY_A_NUMBER = Words(
    "amounts and durations are multiplied by a constant number, as in `base * 2`",
    "金额与时长只能乘以常数，如 `base * 2`",
)
DAY_OR_MOMENT = Words(
    "the day is `now.date`; a moment is written like `2026-12-01 00:00`",
    "日期用 `now.date`；时刻写作 `2026-12-01 00:00`",
)
ONLY_KEYS = Words(
    "a key is only compared with another key, as in `invited_by == customer`",
    "键只能与另一个键比较，如 `invited_by == customer`",
)
QUOTED = Words("a text stands in quotes", "文本要加引号")
DECLARE = Words(
    "facts are declared under `facts`, as in `customer.level: {type: 0..9, if_missing: 0}`",
    "事实在 `facts` 下声明，如 `customer.level: {type: 0..9, if_missing: 0}`",
)

CLAIMS_ASK = says(
    "only what is proved may ask which promotions are applied",
    "只有要证明的性质可以询问用了哪些优惠",
    "write it in the section `always`",
    "请写在 `always` 部分",
)
