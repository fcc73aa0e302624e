"""What the checker of documents says: keys and values, and where they stand."""

from entitle.messages.words import Message, says

SHAPES: dict[str, Message] = {
    # of values
    "wrong-value": says("`{found}` is not {wanted}", "`{found}` 不是{wanted}"),
    "other-currency": says("`{found}` is an amount of another currency", "`{found}` 是另一个币种的金额"),
    "until-a-date": says(
        "`until` names a time, and `{found}` is a whole day", "`until` 要写时刻，而 `{found}` 是一整天"
    ),
    "empty-value": says(
        "`{key}` has no value", "`{key}` 没有值", "write one, or leave the key out", "请写上值，或去掉这个键"
    ),
    "empty-item": says(
        "an item of `{key}` is empty",
        "`{key}` 中有一项是空的",
        "write it, or delete the line",
        "请写上内容，或删除这一行",
    ),
    "said-twice": says(
        "`{word}` is in the list already", "`{word}` 在列表中已经有了", "delete one of the two", "请删除其中一个"
    ),
    "no-text": says(
        "`{key}` has no text in any language",
        "`{key}` 没有任何语言的文本",
        "write `zh`, `en` or both",
        "请写 `zh`、`en`，或两者都写",
    ),
    "wrong-form": says("`{key}` takes {wanted}, and this is {found}", "`{key}` 应为{wanted}，而这里是{found}"),
    # of keys
    "unknown-key": says(
        "{what} has no key `{key}`", "{what}没有 `{key}` 这个键", "its keys are {known}", "可用的键：{known}"
    ),
    "missing-key": says("{what} needs the key `{key}`", "{what}缺少 `{key}`"),
    "not-yet": says(
        "`{name}` is part of the language, but this version does not build it yet",
        "`{name}` 属于规则语言，但此版本尚未实现",
    ),
    # of files and sections
    "empty-rulebook": says(
        "there is nothing in `rulebook.yaml`",
        "`rulebook.yaml` 是空的",
        "it needs `entitle: 1`, `name`, `timezone` and `currency`",
        "其中要写 `entitle: 1`、`name`、`timezone` 和 `currency`",
    ),
    "not-a-mapping": says(
        "{what} holds keys with values, and this is something else",
        "{what}应为一组键值，而这里不是",
        "write `key: value`, one on a line",
        "请写成 `键: 值`，每行一个",
    ),
    "unknown-section": says(
        "there is no section `{key}`", "没有 `{key}` 这一节", "the sections are {known}", "可用的节：{known}"
    ),
    "belongs-in-rulebook": says(
        "`{key}` is said once for the whole rulebook",
        "`{key}` 在整个规则书中只写一次",
        "write it in `rulebook.yaml`",
        "请写在 `rulebook.yaml` 中",
    ),
    "duplicate-id": says(
        "`{id}` is defined twice in `{section}`",
        "`{id}` 在 `{section}` 中定义了两次",
        "an id stands for one thing in all files: give this one another",
        "一个标识在所有文件中只代表一样东西：请换一个",
    ),
    "fmt-unsure": says(
        "I am not sure that I can rewrite this file without changing it, so I left it alone",
        "无法确定改写后含义不变，因此未改动此文件",
    ),
}
