"""What the checker of shapes says: keys, values and where they stand."""

from entitle.messages.words import Message, says

SHAPES: dict[str, Message] = {
    "wrong-value": says("I need {wanted} here, and found `{found}`", "这里需要{wanted}，而写的是 `{found}`"),
    "other-currency": says("`{found}` is in another currency", "`{found}` 是另一种货币"),
    "until-a-date": says("`until` is a moment, and `{found}` is a whole day", "`until` 是时刻，而 `{found}` 是一整天"),
    "wrong-form": says("I need {wanted} here, and found {found}", "这里需要{wanted}，而写的是{found}"),
    "unknown-key": says(
        "{what} has no key `{key}`", "{what}没有 `{key}` 这个键", "it has {known}", "可用的键：{known}"
    ),
    "missing-key": says("{what} needs the key `{key}`", "{what} 缺少键 `{key}`"),
    "empty-value": says(
        "`{key}` has no value", "`{key}` 没有值", "write one, or leave the key out", "写一个值，或去掉这个键"
    ),
    "said-twice": says("`{word}` is said twice", "`{word}` 写了两次"),
    "not-yet": says(
        "`{name}` is part of the language, but this version does not build it yet",
        "`{name}` 属于规则语言，但此版本尚未实现",
    ),
    "unknown-section": says(
        "there is no section `{key}`",
        "没有 `{key}` 这一节",
        "the sections are facts, lists, calendars, benefits, products, tests",
        "可用的节：facts、lists、calendars、benefits、products、tests",
    ),
    "belongs-in-rulebook": says("`{key}` is said once, in `rulebook.yaml`", "`{key}` 只在 `rulebook.yaml` 里写一次"),
    "not-a-mapping": says(
        "{what} holds keys and values", "{what}应由键与值组成", "write `key: value` lines", "写成 `键: 值` 的行"
    ),
    "empty-rulebook": says(
        "there is nothing in `rulebook.yaml`",
        "`rulebook.yaml` 是空的",
        "it says `entitle: 1`, `name`, `timezone` and `currency`",
        "其中要写 `entitle: 1`、`name`、`timezone` 与 `currency`",
    ),
    "duplicate-id": says(
        "`{id}` is defined twice in `{section}`",
        "`{id}` 在 `{section}` 中定义了两次",
        "an id stands for one thing for ever: choose another",
        "一个标识永远只代表一样东西，请换一个",
    ),
    "fmt-unsure": says(
        "I am not sure that I can rewrite this file without changing it, so I left it alone",
        "无法确定改写后含义不变，因此未改动此文件",
    ),
}
