"""What the strict reader refuses, at which characters, and how that reads in both languages."""

import re

import pytest
import yaml

from entitle.diagnostics import to_text
from entitle.dsl import reader
from entitle.messages.reading import READING
from tests.pages import only, plain, reading


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LOADER", getattr(yaml, request.param))


# «…» marks the characters that the problem points at
REFUSED = [
    ("duplicate-key", "a: 1\nb: 视频\n«a»: 2\n"),
    ("duplicate-key", "x: {a: 1, «'a'»: 2}\n"),
    ("anchor", "a: «&x» 1\n"),
    ("anchor", "视频: [「😀」, «&x» {b: 1}]\n"),
    ("anchor", "{«&a»: 1}\n"),
    ("alias", "a: 1\nb: «*x»\n"),
    ("merge-key", "a: 1\n«<<»: {b: 1}\n"),
    ("tag", "a: «!!str» 1\n"),
    ("tag", "a: [«!x», b]\n"),
    ("tag", "a: «!<tag:x,1>» [b]\n"),
    ("tag", "a: «!e!x»\n"),
    ("directive", "# x\n«%YAML 1.1»\n---\na: 1\n"),
    ("second-document", "a: 1\n«---»\nb: 2\n"),
    ("second-document", "a: 1\n...\n# x\n«%TAG ! x»\n---\nb: 2\n"),
    ("key-not-text", "«[a]»: 1\n"),
    ("key-not-text", "? «{a: 1}»\n: 1\n"),
    ("empty-key", "«''»: 1\n"),
    ("empty-key", "a: 1\n«:» 2\n"),
    ("empty-key", "a: {«:» 2}\n"),
    ("stray-key", "name: {zh: a, «b», en: c}\n"),
    ("stray-key", "name: {«a»}\n"),
    ("thousands-comma", "a: {price: ¥1,«000.00», b: 1}\n"),
    ("control-character", "a: 视«\x07»频\n"),
    ("control-character", "a: 1 # «\x85» \n"),
    ("control-character", "a: 1«\r»b: 2\n"),
    ("control-character", "«\ufeff»a: 1\n"),
    ("control-character", "a: x«\u2028»y\n"),
    ("control-character", "a: x«\ud800»y\n"),
    ("control-character", 'name: «"\\e[2J"»\n'),
    ("bidirectional-mark", "id: a«\u202e»b\n"),
    ("bidirectional-mark", "name: {na«\u200f»me: x}\n"),
    ("bidirectional-mark", "a: 1 # «\u2066»\n"),
    ("bidirectional-mark", 'id: "a\\\\«\u202e»b"\n'),
    ("bidirectional-mark", 'id: «"a\\u202eb"»\n'),
    ("full-width-colon", "name:\n  zh«：»视频\n  en: Video\n"),
    ("full-width-colon", "name:\n  en: Video\n  zh«：»视频\n"),
    ("full-width-colon", "name: {zh«：»视频, en: Video}\n"),
    ("full-width-colon", "name:\n  zh«：»视频\n"),
    ("full-width-colon", "a:\n  - id«：»x\n    price: 1\n"),
    ("full-width-comma", "p: {name: P«，»price: 1}\n"),
    ("not-a-space", "a:\n«\u3000\u3000»b: 1\n"),
    ("not-a-space", "a:\n  b: 1\n «\u00a0»c: 1\n"),
    ("tab-character", "a:\n«\t»b: 1\n"),
    ("tab-character", "a:\n  b: 1\n«\t»c: 1\n"),
    ("odd-start", "a: «@»x\n"),
    ("odd-start", "a: «`»x`\n"),
    ("odd-start", "a: «*» 90\n"),
    ("odd-start", "if: «>»= 5\n"),
    ("odd-start", "a: «?» b\n"),
    ("bad-escape", 'a: "视频«\\d»"\n'),
    ("bad-escape", 'a: "«\\x»zz"\n'),
    ("unclosed-bracket", "a: «{»b: 1\nc: 2\n"),
    ("unclosed-bracket", "a: «[»b,\n"),
    ("unclosed-bracket", "a: {b: «[»1, 'x]'\n"),
    ("wrong-bracket", "a: [1, 2«}»\n"),
    ("wrong-bracket", "a: {b: [«}»c]}\n"),
    ("stray-bracket", "«}»\n"),
    ("missing-comma", "a: {b: 1 c«:» 2}\n"),
    ("missing-comma", "a: ['b' «'»c']\n"),
    ("unquoted-set", "a: {type: set of «[»x], b: 1}\n"),
    ("lone-comma", "a: [1,«,» 2]\n"),
    ("unclosed-quote", 'a: «"视频»\nb: 1\n'),
    ("unclosed-quote", "a: «'x»\n"),
    ("unclosed-quote", 'a: «"x»\nb: "y"\n'),
    ("unclosed-quote", "a: 1\n«'b: 1»\nc: 'x'\n"),
    ("text-after-value", 'a: "x" «y»\n'),
    ("text-after-value", "a: {b: 1}«,» c: 2}\n"),
    ("missing-colon", "a: 1\n«b c»\nd: 2\n"),
    ("missing-colon", "«a»\n\nb: 1\n"),
    ("missing-colon", "«a»\n# x\nb: 1\n"),
    ("missing-colon", '# x\n«"a"»\r\nb: 1\n'),
    ("colon-without-space", "a: 1\nb«:»2\nc: 3\n"),
    ("colon-without-space", "a«:»1\nb: 2\n"),
    ("colon-without-space", "a: {b«:»1}\n"),
    ("dash-without-space", "a:\n  - b\n  «-»{c: 1}\n"),
    ("dash-without-space", "a:\n  «-»{b: 1, c: 2}\n"),
    ("second-colon", "a: b«:» c\n"),
    ("indentation", "a:\n    b: 1\n  «c: 2»\n"),
    ("indentation", "a: 1\n  «b: 2»  # x\n"),
    ("indentation", " a: 1\n«b: 2»\r\n"),
    ("list-and-keys", "a:\n  - b\n  «c: 1»\n"),
    ("list-in-line", "a: «-» b\n"),
    ("not-yaml", f"{'k' * 1_100}«:» 1\n"),
]
CAPS = {"file-too-large", "too-deep", "too-many-nodes", "text-too-long"}
OF_FOLDERS = {
    "no-folder", "not-a-folder", "empty-folder", "no-rulebook", "unreadable", "linked-folder", "not-utf8",
}  # fmt: skip


def test_a_colon_right_before_a_bracket_is_shown() -> None:
    problem = only("a: {b:{c: 1}}\n")
    assert (problem.code, problem.place[1:]) == ("colon-without-space", (1, 6))


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(("code", "marked"), REFUSED)
def test_each_refusal_points_at_its_characters(code: str, marked: str) -> None:
    before, pointed, after = re.split("[«»]", marked)
    problem = only(before + pointed + after)
    assert problem.span is not None
    assert (problem.code, problem.span.start, problem.span.text) == (code, len(before), pointed)
    assert problem.place[1:] == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)


def test_every_message_has_a_case_and_both_languages_say_the_same() -> None:
    assert {code for code, _ in REFUSED} | CAPS | OF_FOLDERS == set(READING)
    for message in READING.values():
        for words in filter(None, (message.says, message.help)):
            assert set(re.findall(r"\{\w+\}", words.en)) == set(re.findall(r"\{\w+\}", words.zh))


def test_all_problems_of_a_file_are_shown_in_its_order() -> None:
    found = reading("a: &x 1\na: 2\nb: !t {c: d, e}\nf: *x\n\x07g: [1, 2\n")
    assert [(each.code, *each.place[1:]) for each in found.problems] == [
        ("anchor", 1, 4),
        ("duplicate-key", 2, 1),
        ("tag", 3, 4),
        ("stray-key", 3, 14),
        ("alias", 4, 4),
        ("control-character", 5, 1),
        ("unclosed-bracket", 5, 5),
    ]


def test_a_key_written_twice_names_the_first() -> None:
    problem = only("a: 1\nb: {c: 1}\na: 2\n")
    assert problem.also is not None
    assert (problem.also.line, problem.also.text) == (1, "a")


def test_a_text_with_several_commas_is_quoted_whole() -> None:
    problems = reading("name: {zh: a, b, c, en: , x: 1}\n").problems
    assert [problem.advice() for problem in problems] == [
        'quote text that holds a comma: `zh: "a, b"`',
        'quote text that holds a comma: `zh: "a, b, c"`',
    ]


def test_the_tree_stays_unless_something_of_it_was_lost() -> None:
    assert plain(reading("a: 1\na: 2\nb: {c: d, e}\n").root) == {"a": "1", "b": {"c": "d"}}
    for lost in (
        "a: *x\n",
        "&a: 1\n",
        "!a : 1\n",
        " a: 1\nb: 2\n",
        "<<: {a: 1}\n",
        "[a]: 1\n",
        "a: 1\n---\nb: 1\n",
        "%X\n",
        "a: [\n",
        "'a'\nb: 1\n",
    ):
        assert reading(lost).root is None


def test_right_to_left_marks_may_stand_in_texts_for_people() -> None:
    text = 'name: \u200fشهر\nsay: {zh: "\u202b视频\u202c", en: "\\u200f"}\n'
    assert reading(text).problems == []
    assert [each.span.text for each in reading(f"{text}id: \u200fx\n").problems if each.span] == ["\u200f"]


def test_full_width_marks_may_stand_in_texts() -> None:
    text = "name: 会员：年卡\nsay: {zh: vip：年，月}\nlists:\n  a:\n    - vip：年\nen: |\n  　vip：x\n  zh：x\n"
    assert reading(text).problems == []


# ---- how it reads

DUPLICATE = (
    "products:\n  video: {price: ¥9.90}\n  视频: {price: ¥25.00}\n  视频: {price: ¥1.00}\n",
    "rules/a.yaml:4:3: duplicate-key: `视频` is written twice in the same place\n"
    "  |\n"
    "4 |   视频: {price: ¥1.00}\n"
    "  |   ^^^^\n"
    "   = the other one is at rules/a.yaml:3:3\n"
    "   = keep one of the two; YAML would silently take the last",
    "rules/a.yaml:4:3: duplicate-key: `视频` 在同一处写了两次\n"
    "  |\n"
    "4 |   视频: {price: ¥1.00}\n"
    "  |   ^^^^\n"
    "   = 另一处在 rules/a.yaml:3:3\n"
    "   = 请只保留一个；否则 YAML 会悄悄采用最后一个",
)
STRAY = (
    "name: {zh: 视频会员, en: Video VIP, monthly}\n",
    "rules/a.yaml:1:33: stray-key: `monthly` stands alone between commas, so it is read as a key without a value\n"
    "  |\n"
    "1 | name: {zh: 视频会员, en: Video VIP, monthly}\n"
    "  |                                     ^^^^^^^\n"
    '   = quote text that holds a comma: `en: "Video VIP, monthly"`',
    "rules/a.yaml:1:33: stray-key: `monthly` 单独位于逗号之间，会被当成没有值的键\n"
    "  |\n"
    "1 | name: {zh: 视频会员, en: Video VIP, monthly}\n"
    "  |                                     ^^^^^^^\n"
    '   = 含逗号的文本要加引号：`en: "Video VIP, monthly"`',
)
UNCLOSED = (
    "a: 1\r\nb:\r\n  - {id: x\r\n  - {id: y}\r\n",
    "rules/a.yaml:3:5: unclosed-bracket: this `{` is never closed\n"
    "  |\n"
    "3 |   - {id: x\n"
    "  |     ^\n"
    "   = add the `}` that belongs to it",
    "rules/a.yaml:3:5: unclosed-bracket: 这个 `{` 没有闭合\n  |\n3 |   - {id: x\n  |     ^\n   = 请补上对应的 `}`",
)


@pytest.mark.parametrize(("text", "en", "zh"), [DUPLICATE, STRAY, UNCLOSED])
def test_a_problem_reads_well_in_both_languages(text: str, en: str, zh: str) -> None:
    problem = only(text)
    assert to_text(problem) == en
    assert to_text(problem, "zh") == zh


def test_a_problem_never_sends_unseen_characters_to_a_terminal() -> None:
    found = reading('"\\e]0;x\\a": 1\n"\\e]0;x\\a": 2\nb: \x1b[2J\u202e\n')
    assert len(found.problems) == 4
    shown = "\n".join(to_text(each) for each in found.problems)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)


def test_accents_take_no_room_of_their_own() -> None:
    row, caret = to_text(only("a: cafe\u0301 x: y\n")).split("\n")[2:4]
    assert (row[14], caret.index("^")) == (":", 13)


def test_a_long_line_is_shown_around_its_problem() -> None:
    row, caret = to_text(only("k: [" + "视频, " * 100 + "@x]\n")).split("\n")[2:4]
    assert (row[:5], row[-2:]) == ("1 | …", "x]")
    assert to_text(only("k: [@" + "视频, " * 100)).split("\n")[2][:8] == "1 | k: ["
    assert caret.index("^") - 4 == sum(2 if char in "视频" else 1 for char in row[4 : row.index("@")])


@pytest.mark.parametrize(
    ("amount", "meant"),
    [("¥1,000", "¥1000"), ("¥1,000.00", "¥1000.00"), ("JPY 25,000", "JPY 25000"), ("¥1,000,000", "¥1000000")],
)
def test_an_amount_with_commas_is_proposed_without_them(amount: str, meant: str) -> None:
    found = [each for each in reading(f"a: {{price: {amount}, b: 1}}\n").problems if each.code == "thousands-comma"]
    assert [each.advice() for each in found][-1:] == [f"write the amount without commas, like `{meant}`"]
