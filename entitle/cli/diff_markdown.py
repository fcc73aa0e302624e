"""What another version changes -> Markdown for a pull request: sums, a short table, and customers folded away."""

from collections.abc import Iterator

from entitle.cli.diff_formats import NOTHING, SAME, Report, card, declared, named, short, title
from entitle.messages import Lang, Words
from entitle.runtime.difference.change import Change, Compared

COLUMNS = Words("What | Change | Before | After", "对象 | 变化 | 之前 | 之后")
CUSTOMERS = Words("Customers", "顾客数")
WITNESSES = Words("a customer for each change, with both answers", "每种变化各举一位顾客，附两个版本的答案")


def markdown(report: Report, lang: Lang) -> str:
    """Nothing but the table is open; what is proved the same is one line."""
    if not report.found:
        return NOTHING.said(lang)
    rows = [row for each in report.found for change in each.changes for row in _rows(each, change, report, lang)]
    same = ", ".join(_plain(named(each, lang)) for each in report.found if each.same)
    parts = [
        f"**{report.summary.said(lang)}**",
        "\n".join([*_head(report, lang), *(f"| {' | '.join(row)} |" for row in rows)]) if rows else "",
        f"{SAME.said(lang)}: {same}" if same else "",
        _folded(report, lang),
    ]
    return "\n\n".join(filter(None, parts))


def _head(report: Report, lang: Lang) -> list[str]:
    names = COLUMNS.said(lang).split(" | ")
    names[2:2] = [CUSTOMERS.said(lang)] if report.met else []
    return [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]


def _rows(each: Compared, change: Change, report: Report, lang: Lang) -> Iterator[tuple[str, ...]]:
    """A row for the customer, and one for each declaration."""
    met = report.met.get((each.id, each.offer, change.kind))
    start = _plain(named(each, lang)), f"**{_plain(title(change, lang))}**", *_count(met, report)
    if change.witness is not None:
        old, new = change.witness
        both = short(old, change.kind, report.old, lang), short(new, change.kind, report.new, lang)
        yield (*start, *map(_plain, both))
    elif not change.declared:
        yield (*start, "", "")
    for one in change.declared:
        yield (*start, *(_plain(f"{one.path}: {declared(end, lang)}") for end in (one.before, one.after)))


def _count(met: int | None, report: Report) -> tuple[str, ...]:
    if not report.met:
        return ()
    return ("" if met is None else f"{met:,}",)


def _folded(report: Report, lang: Lang) -> str:
    """The customers, for whoever asks."""
    cards = [
        "\n".join([f"{named(each, lang)}: {title(change, lang)}", *card(change.witness, report, lang)])
        for each in report.found
        for change in each.changes
        if change.witness is not None
    ]
    if not cards:
        return ""
    text = "\n\n".join(cards).replace("```", "'''")
    return f"<details><summary>{WITNESSES.said(lang)}</summary>\n\n```text\n{text}\n```\n\n</details>"


def _plain(value: str) -> str:
    """Text in which nothing is taken for Markdown."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#~" else char for char in value.replace("\n", " "))
