"""Commands on passes: the public keys, a pass checked without the shop, and the list of those that are good no more."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from entitle.cli.console import LangOption, language, leave, opened, refuse, secrets_of, talk
from entitle.messages import Words

app = typer.Typer(help="Passes, which gates check offline.", no_args_is_help=True, rich_markup_mode=None)
Url = Annotated[str | None, typer.Option("--store", help="sqlite:///shop.db; else ENTITLE_STORE.")]


@app.command()
def keys() -> None:
    """Print the public keys of ENTITLE_KEY, the newest first. They are no secret: gates need them."""
    for key in secrets_of().pass_keys:
        print(key)


@app.command()
def verify(
    token: Annotated[str, typer.Argument(help="The pass, as it was scanned.")],
    key: Annotated[list[str], typer.Option(help="A public key of the shop's; again for each.")],
    revoked: Annotated[list[Path] | None, typer.Option(help="A signed list; again for each, in their order.")] = None,
    lang: LangOption = None,
) -> None:
    """Check a pass without the shop: what it is for, and until when it is good."""
    from entitle.passes import PassRefused, check_list, check_pass

    said = language(lang)
    gone: set[str] = set()
    try:
        for file in revoked or ():
            found = check_list(file.read_text(encoding="utf-8"), key)
            gone = (gone - set(found.restored)) | set(found.revoked)
        checked = check_pass(token, key, datetime.now(UTC), gone)
    except PassRefused as no:
        talk(no.said(said))
        leave(findings=True)
    except ValueError as problem:
        refuse(str(problem))
    until = "-" if checked.expires_at is None else checked.expires_at.isoformat()
    print(f"{checked.benefit} {checked.grant} {until}")


@app.command()
def revocations(
    store: Url = None,
    after: Annotated[int, typer.Option(help="The cursor of the last list.")] = 0,
    lang: LangOption = None,
) -> None:
    """Print the signed list of vouchers that were used or taken back before their passes expire."""
    from entitle.passes import check_list

    said = language(lang)
    with opened(store, said, secret=True) as shop:
        signed = shop.signed_revocations(after)
        print(signed, end="")
    cursor = check_list(signed, secrets_of().pass_keys).cursor
    next_ = Words(f"the next list: --after {cursor}", f"下一份名单：--after {cursor}")
    talk(next_.said(said))
