"""Commands on what a store holds of one customer: print all of it, make unreadable what can be forgotten."""

from typing import Annotated

import typer

from entitle.cli.console import LangOption, language, leave, opened, talk
from entitle.cli.store import Url
from entitle.messages import Words

Customer = Annotated[str, typer.Argument(help="The customer's id.")]


def export(customer: Customer, store: Url = None, lang: LangOption = None) -> None:
    """Print all that the store holds of a customer, as JSON, without codes."""
    with opened(store, language(lang), secret=True) as shop:
        print(shop.export(customer))


def forget(
    customer: Customer,
    store: Url = None,
    by: Annotated[str, typer.Option(help="Who does it.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    lang: LangOption = None,
) -> None:
    """Make unreadable what was written about a customer. Sums and the ledger's chain stay whole."""
    from entitle import Done, Refused

    said = language(lang)
    with opened(store, said, secret=True) as shop:
        answer = shop.forget(customer, by=by, why=why)
    match answer:
        case Done(replayed=again):
            done = Words(f"{customer} is forgotten", f"已遗忘 {customer}")
            before = Words(f"{customer} was forgotten before", f"此前已遗忘 {customer}")
            talk((before if again else done).said(said))
        case Refused(reasons=reasons):
            for reason in reasons:
                talk(reason.text(said))
            leave(findings=True)
        case _:
            answer.unwrap()
