"""What the strict reader and the folder loader say."""

from entitle.messages.words import Message, says

_QUOTE = "put the text in quotes", "给这段文本加上引号"

READING: dict[str, Message] = {
    # of folders and files
    "no-folder": says(
        "there is no folder `{path}`",
        "没有文件夹 `{path}`",
        "give the folder that holds `rulebook.yaml`",
        "请给出 `rulebook.yaml` 所在的文件夹",
    ),
    "not-a-folder": says(
        "`{path}` is a file; a rulebook is a folder",
        "`{path}` 是文件，而规则书是一个文件夹",
        "give the folder that holds `rulebook.yaml`",
        "请给出 `rulebook.yaml` 所在的文件夹",
    ),
    "empty-folder": says(
        "the folder `{path}` holds no `.yaml` file",
        "文件夹 `{path}` 中没有 `.yaml` 文件",
        "begin with a `rulebook.yaml`; hidden files and folders are not looked at",
        "请先写一个 `rulebook.yaml`；隐藏的文件和文件夹不会读取",
    ),
    "no-rulebook": says(
        "the folder has no `rulebook.yaml` of its own",
        "文件夹的根目录下没有 `rulebook.yaml`",
        "put `rulebook.yaml` directly into the folder, not below it; it holds the zone, the currency and the facts",
        "请把 `rulebook.yaml` 直接放在该文件夹下，而不是子文件夹里；它写明时区、币种和事实",
    ),
    "unreadable": says(
        "`{path}` cannot be read: {why}",
        "无法读取 `{path}`：{why}",
        "check that it is there and that you may read it",
        "请检查它是否存在、是否有读取权限",
    ),
    "linked-folder": says(
        "this is a link to a folder, and such links are not followed",
        "这是指向文件夹的链接，不会跟随读取",
        "put the folder itself here, or delete the link",
        "请把文件夹本身放在这里，或删除该链接",
    ),
    "not-utf8": says(
        "the file is not UTF-8 text: the byte {byte} cannot stand here",
        "文件不是 UTF-8 文本：此处的字节 {byte} 无效",
        "save the file as UTF-8{guess}",
        "请将文件另存为 UTF-8{guess}",
    ),
    "file-too-large": says(
        "the file is larger than 1 MB",
        "文件超过 1 MB",
        "split it into several files; how definitions are spread over files does not change what they mean",
        "请拆成多个文件；定义写在哪个文件里不影响含义",
    ),
    # of size
    "too-deep": says(
        "this is nested more than 32 levels deep",
        "这里的嵌套超过 32 层",
        "no rule needs that; look for a bracket too many, or a line indented too far",
        "规则不需要这么多层；请检查是否多写了括号，或缩进过深",
    ),
    "too-many-nodes": says(
        "the file holds more than 50,000 keys and values",
        "文件中的键和值超过 50,000 个",
        "split it into several files; how definitions are spread over files does not change what they mean",
        "请拆成多个文件；定义写在哪个文件里不影响含义",
    ),
    "text-too-long": says(
        "this text is longer than 64 kB",
        "这段文本超过 64 kB",
        "shorten it; a quote that is not closed makes long texts too",
        "请缩短；引号没有闭合也会造成超长文本",
    ),
    # of what YAML offers and rules do without
    "duplicate-key": says(
        "`{key}` is written twice in the same place",
        "`{key}` 在同一处写了两次",
        "keep one of the two; YAML would silently take the last",
        "请只保留一个；否则 YAML 会悄悄采用最后一个",
    ),
    "anchor": says(
        "`{text}` is a YAML anchor, which rules do not have",
        "`{text}` 是 YAML 锚点，规则中不能使用",
        "delete it, and write out what it stands for; a text that begins with `&` needs quotes",
        "请删除，并写出它所代表的内容；以 `&` 开头的文本要加引号",
    ),
    "alias": says(
        "`{text}` is a YAML alias, which rules do not have",
        "`{text}` 是 YAML 别名，规则中不能使用",
        "write out what it stands for; a text that begins with `*` needs quotes",
        "请写出它所代表的内容；以 `*` 开头的文本要加引号",
    ),
    "merge-key": says(
        "`<<` would merge another mapping into this one, which rules do not have",
        "`<<` 会把另一组键合并进来，规则中不能使用",
        "write out the keys that it stands for",
        "请写出它所代表的各个键",
    ),
    "tag": says(
        "`{text}` is a YAML tag, which rules do not have",
        "`{text}` 是 YAML 标签，规则中不能使用",
        "delete it; a text that begins with `!` needs quotes",
        "请删除；以 `!` 开头的文本要加引号",
    ),
    "directive": says(
        "`{text}` is a YAML directive, which rules do not have",
        "`{text}` 是 YAML 指令，规则中不能使用",
        "delete the line",
        "请删除这一行",
    ),
    "second-document": says(
        "a second document begins here, and a file holds only one",
        "这里开始了第二个文档，而一个文件只能有一个",
        "put it into a file of its own, or delete the `---` or `...` between the two",
        "请把它放进单独的文件，或删除两者之间的 `---` 或 `...`",
    ),
    "key-not-text": says(
        "a list or a mapping stands where a key should",
        "键的位置写成了列表或一组键值",
        "a key is a word followed by `: `; a text that begins with `[` or `{` needs quotes",
        "键是后面跟着 `: ` 的一个词；以 `[` 或 `{` 开头的文本要加引号",
    ),
    "empty-key": says(
        "there is no key before this `:`",
        "这个 `:` 前面没有键",
        "write the key, or delete the line",
        "请写上键，或删除这一行",
    ),
    "stray-key": says(
        "`{key}` stands alone between commas, so it is read as a key without a value",
        "`{key}` 单独位于逗号之间，会被当成没有值的键",
        "quote text that holds a comma: `{example}`",
        "含逗号的文本要加引号：`{example}`",
    ),
    "thousands-comma": says(
        "the comma before `{text}` ends the value",
        "`{text}` 前面的逗号会结束前一个值",
        "write the amount without commas, like `{example}`",
        "金额不写千分位逗号，如 `{example}`",
    ),
    # of characters
    "control-character": says(
        "there is a control character here, {character}, which nobody can see",
        "这里有一个看不见的控制字符 {character}",
        "delete it; it often comes along when text is pasted",
        "请删除；它常在粘贴文本时混入",
    ),
    "bidirectional-mark": says(
        "there is an invisible character here, {character}, that changes the direction of writing",
        "这里有一个看不见的、会改变书写方向的字符 {character}",
        "delete it; only the texts in `name`, `say`, `zh` and `en` may hold it",
        "请删除；只有 `name`、`say`、`zh`、`en` 中的文本可以含有它",
    ),
    "full-width-colon": says(
        "`：` is a full-width colon, which does not end a key",
        "`：` 是全角冒号，不能用来结束键",
        "write `:` and a space; if all of it is a text, put it in quotes",
        "请写半角 `:` 再加一个空格；如果整段都是文本，请加引号",
    ),
    "full-width-comma": says(
        "`，` is a full-width comma, which separates nothing",
        "`，` 是全角逗号，不能用来分隔",
        "write `,`, or put the text in quotes",
        "请写半角 `,`；如果是文本的一部分，请加引号",
    ),
    "not-a-space": says(
        "the line begins with {character}, which looks like a space and is none",
        "这一行以 {character} 开头，它看起来像空格，其实不是",
        "indent with ordinary spaces",
        "请用普通的半角空格缩进",
    ),
    "tab-character": says(
        "there is a tab here, and YAML indents with spaces only",
        "这里有一个制表符（Tab），而 YAML 只能用空格缩进",
        "replace it by spaces, two for each level",
        "请换成空格，每层两个",
    ),
    "odd-start": says(
        "no text may begin with {mark} unless it stands in quotes", "文本不加引号时不能以 {mark} 开头", *_QUOTE
    ),
    "bad-escape": says(
        "`{text}` is not an escape that YAML knows",
        "`{text}` 不是 YAML 认识的转义",
        "write `\\\\` for a backslash, or put the text in single quotes",
        "反斜杠请写成 `\\\\`，或改用单引号",
    ),
    # of brackets, quotes and commas
    "unclosed-bracket": says(
        "this `{text}` is never closed",
        "这个 `{text}` 没有闭合",
        "add the `{right}` that belongs to it",
        "请补上对应的 `{right}`",
    ),
    "wrong-bracket": says(
        "`{text}` cannot close what `{opening}` opened",
        "`{text}` 不能用来闭合 `{opening}`",
        "write `{right}` here",
        "这里请写 `{right}`",
    ),
    "stray-bracket": says(
        "this `{text}` closes nothing",
        "这个 `{text}` 没有对应的左括号",
        "delete it, or put the text in quotes",
        "请删除，或给文本加上引号",
    ),
    "unquoted-set": says(
        "a `[` here begins a list of its own",
        "这里的 `[` 会另起一个列表",
        'put the whole type in quotes: `"set of [a, b]"`',
        '给整个类型加引号：`"set of [a, b]"`',
    ),
    "missing-comma": says(
        "a comma is missing before this",
        "这之前缺少逗号",
        "put commas between items, and quotes round a text that holds a colon",
        "各项之间请用逗号分隔；含冒号的文本要加引号",
    ),
    "lone-comma": says(
        "nothing stands before this comma",
        "这个逗号前面没有内容",
        "delete the comma, or write what belongs there",
        "请删除逗号，或补上内容",
    ),
    "unclosed-quote": says(
        "the quote that opens here is not closed on its line",
        "这里的引号没有在本行闭合",
        "close it; inside double quotes write `\\\"` for a quote, inside single quotes `''`",
        "请补上引号；双引号内的引号写成 `\\\"`，单引号内的写成 `''`",
    ),
    "text-after-value": says(
        "the value ended with `{text}`, and nothing more may follow on its line",
        "值到 `{text}` 已经结束，同一行后面不能再有内容",
        "delete what follows, or put quotes round the whole text",
        "请删除后面的内容，或用引号把整段文本括起来",
    ),
    # of lines and colons
    "missing-colon": says(
        "`{text}` stands where a key should, and has no colon",
        "`{text}` 位于键的位置，却没有冒号",
        "write `:` and a space after a key; a text that goes on from the line above is indented deeper",
        "键后面请写 `:` 和一个空格；如果是接着上一行的文本，请缩进得更深",
    ),
    "colon-without-space": says(
        "there is no space after this colon, so `{text}` is read as one text",
        "这个冒号后面没有空格，`{text}` 会被当成一整段文本",
        "write a space after the colon of a key",
        "键的冒号后面请加一个空格",
    ),
    "dash-without-space": says(
        "there is no space after this `-`, so it does not begin a list item",
        "这个 `-` 后面没有空格，不会被当成列表项的开头",
        "write `- ` before an item, or put the text in quotes",
        "列表项前请写 `- `，或给文本加上引号",
    ),
    "second-colon": says(
        "this is the second colon on the line, and only one key may stand there",
        "这是本行的第二个冒号，而一行只能有一个键",
        "put a text that holds `: ` in quotes",
        "含 `: ` 的文本要加引号",
    ),
    "indentation": says(
        "`{text}` is indented unlike the lines it belongs to",
        "`{text}` 的缩进与所属的各行不一致",
        "let the keys of one thing begin in the same column, and what belongs to them two spaces further in",
        "同一层的键要对齐，下一层多缩进两个空格",
    ),
    "list-and-keys": says(
        "`{text}` mixes list items and keys in one column",
        "`{text}` 这里把列表项和键写在了同一列",
        "begin all of them with `- `, or none; a list below a key is indented deeper than what follows it",
        "请全部以 `- ` 开头，或全部不用；键下面的列表要比后面的键缩进得更深",
    ),
    "list-in-line": says(
        "a list cannot begin on the line of its key",
        "列表不能从键所在的行开始",
        "put each `- ` on a line of its own, or write `[a, b]`; a text that begins with `- ` needs quotes",
        "请让每个 `- ` 各占一行，或写成 `[a, b]`；以 `- ` 开头的文本要加引号",
    ),
    "not-yaml": says(
        "from here on the file cannot be read as YAML",
        "从这里起无法按 YAML 读取",
        "look at the quotes, brackets and indentation here and just above",
        "请检查此处及上方的引号、括号和缩进",
    ),
}
