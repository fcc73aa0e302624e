"""The relay as a process: events leave the shop for an address, until somebody ends it."""

import os
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import LangOption, Print, PrintOption, counted, language, leave, opened, refuse, talk
from entitle.cli.store import Url
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.ext.webhook import Webhook
    from entitle.shop.facade import Shop
    from entitle.shop.relay import Relayed

PAUSE_SECONDS = 1.0  # between two looks when nothing waits
PAUSE_SECONDS_MAX = 30.0  # where the endpoint fails
LISTED_MAX = 1000


def relay(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Where events are posted to.")],
    secret_env: Annotated[
        str, typer.Option("--secret-env", metavar="NAME", help="The variable that holds the secrets, a comma each.")
    ] = "ENTITLE_WEBHOOK_SECRET",
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="The endpoint's name; else its address.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Send what can be sent now, then end.")] = False,
    failing: Annotated[bool, typer.Option("--failing", help="List whose events cannot be sent now, and why.")] = False,
    dead: Annotated[bool, typer.Option("--dead", help="List the events that were given up.")] = False,
    retry: Annotated[str, typer.Option("--retry", metavar="ID", help="Let one of those be sent again.")] = "",
    reopen: Annotated[bool, typer.Option("--reopen", help="Send again to one that said it is gone.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many events at once.")] = 100,
    store: Url = None,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """Post events as signed CloudEvents: each at least once, a customer's in their order. Any number may run."""
    from entitle.ext.webhook import endpoint_of

    said = language(lang)
    with opened(store, said) as shop:
        endpoint = name or endpoint_of(to)
        if failing:
            _list_failing(shop, endpoint, format_, said)
        elif dead:
            _list_dead(shop, endpoint, format_, said)
        elif retry:
            new = shop.send_again(retry, to=endpoint)
            waits = Words("it will be sent again", "将再次投递"), Words("it was to be sent already", "早已待再次投递")
            talk(waits[not new].said(said))
        elif reopen:
            was = shop.reopen(endpoint)
            opened_ = Words("it is open again", "已重新打开"), Words("it was not closed", "并未关闭")
            talk(opened_[not was].said(said))
        else:
            post = _webhook(to, secret_env, said)
            signal.signal(signal.SIGTERM, _end)  # what is being sent is noted first
            leave(findings=_send(shop, post, endpoint, limit, once, said))


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _webhook(to: str, secret_env: str, lang: Lang) -> "Webhook":
    from entitle.ext.webhook import Webhook

    text = os.environ.get(secret_env, "")
    if not text:
        remedy = f"{secret_env}=whsec_$(openssl rand -base64 32)"
        refuse(Words(f"what are events signed with? Set {remedy}", f"用什么为事件签名？请设置 {remedy}").said(lang))
    try:
        return Webhook(to, [each.strip() for each in text.split(",")])
    except ValueError as problem:
        refuse(str(problem))


def _send(shop: "Shop", post: "Webhook", endpoint: str, limit: int, once: bool, lang: Lang) -> bool:
    """Send until there is nobody to send to, or with `once` nothing that can be sent; whether something was not."""
    pause, failed = PAUSE_SECONDS, False
    while True:
        run = shop.relay(post, to=endpoint, limit=limit)
        failed = failed or run.failed > 0
        _tell(run, lang)
        if run.gone:
            gone = Words(f"{endpoint} is gone; --reopen sends to it again", f"{endpoint} 已失效；--reopen 可重新投递")
            talk(gone.said(lang))
            return True
        if run.sent and not run.failed:
            pause = PAUSE_SECONDS
            continue
        if once and not run.sent:
            return failed
        if not once:
            time.sleep(pause)
            pause = min(pause * 2, PAUSE_SECONDS_MAX) if run.failed else PAUSE_SECONDS


def _tell(run: "Relayed", lang: Lang) -> None:
    if run.sent or run.failed:
        en = f"{counted(run.sent, 'event')} sent, {counted(run.failed, 'try', 'tries')} failed"
        zh = f"已投递 {run.sent} 个事件，{run.failed} 次失败"
        why = Words(f": {run.problem}", f"：{run.problem}") if run.problem else Words("", "")
        talk(Words(en + why.en, zh + why.zh).said(lang))
    for event in run.given_up:
        talk(Words(f"{event} was given up: see --dead", f"{event} 已放弃投递：见 --dead").said(lang))


def _list_failing(shop: "Shop", endpoint: str, format_: Print, lang: Lang) -> None:
    from entitle.cli.plain import to_json
    from entitle.cli.show import screen, table

    found = shop.failing(endpoint, LISTED_MAX)
    if format_ is Print.json:
        print("[" + ",\n".join(to_json(each) for each in found) + "]")
        return
    rows = table(lang, "", "customer", ">#", ">tries", "problem", "when")
    for each in found:
        at = f"{each.next_at:%Y-%m-%d %H:%M} UTC"
        rows.add_row(each.customer, str(each.number), str(each.tries), each.problem, at)
    screen().print(rows, highlight=False)


def _list_dead(shop: "Shop", endpoint: str, format_: Print, lang: Lang) -> None:
    from entitle.cli.plain import to_json
    from entitle.cli.show import screen, table

    found = shop.dead_letters(endpoint, LISTED_MAX)
    if format_ is Print.json:
        print("[" + ",\n".join(to_json(each) for each in found) + "]")
        return
    rows = table(lang, "", "event", "customer", ">#", ">tries", "problem", "when")
    for each in found:
        at = f"{each.at:%Y-%m-%d %H:%M} UTC"
        rows.add_row(each.event, each.customer, str(each.number), str(each.tries), each.problem, at)
    screen().print(rows, highlight=False)
