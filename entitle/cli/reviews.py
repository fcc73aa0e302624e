"""Commands for staff: what waits until people looked at it, and the answer to it."""

from enum import StrEnum
from typing import Annotated

import typer

from entitle.cli.console import LangOption, Print, PrintOption, language, leave, opened, talk
from entitle.cli.store import Url
from entitle.messages import Words


class Answer(StrEnum):
    """What people say of a request."""

    approve = "approve"
    refuse = "refuse"


def reviews(
    after: Annotated[str, typer.Option(metavar="REVIEW", help="Go on after this one, the last seen.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many of the oldest to list.")] = 20,
    store: Url = None,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """List what waits for a review, the oldest first: who asks for what, which guards stopped it, what was paid."""
    from entitle.cli.plain import to_json
    from entitle.cli.show import screen, table

    said = language(lang)
    with opened(store, said) as shop:
        found = shop.reviews(after, limit)
    if format_ is Print.json:
        print("[" + ",\n".join(to_json(each) for each in found) + "]")
        return
    rows = table(said, "", "review", "when", "customer", "gate", "what", "guards", ">paid", "until")
    for each in found:
        paid, until = " ".join(str(one.amount) for one in each.paid), each.until
        ends = "" if until is None else f"{until:%Y-%m-%d %H:%M} UTC, {each.then}"
        asked = f"{each.asked_at:%Y-%m-%d %H:%M} UTC"
        rows.add_row(each.id, asked, each.customer, each.gate, each.what, ", ".join(each.guards), paid, ends)
    screen().print(rows, highlight=False)


def resolve(
    review: Annotated[str, typer.Argument(help="Its id, as `entitle reviews` lists it.")],
    answer: Annotated[
        Answer, typer.Argument(help="Approved, it may be asked for again; refused, its money goes back.")
    ],
    store: Url = None,
    by: Annotated[str, typer.Option(help="Who looked at it.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    lang: LangOption = None,
) -> None:
    """Answer a review, once. Nothing is bought by that: whoever asked asks again."""
    from entitle import Done, Refused

    said = language(lang)
    with opened(store, said, secret=True) as shop:
        key = f"{review} {answer}"
        outcome = shop.resolve(review, approve=answer is Answer.approve, key=key, by=by, why=why)
    match outcome:
        case Done():
            approved = Words(f"{review} is approved", f"{review} 已通过")
            refused = Words(f"{review} is refused", f"{review} 已拒绝")
            talk((approved if answer is Answer.approve else refused).said(said))
        case Refused(reasons=reasons):
            for reason in reasons:
                talk(reason.text(said))
            leave(findings=True)
        case _:
            outcome.unwrap()
