"""The commands, one verb a job. Declared here; what they need is imported when they run."""

from typing import Annotated

import typer

from entitle.cli import (
    bench,
    customers,
    diff,
    gate,
    many,
    passes,
    proofs,
    relay,
    releases,
    reviews,
    rules,
    stock,
    store,
    trial,
)
from entitle.cli.console import LangOption

app = typer.Typer(
    name="entitle",
    help="Rules for selling virtual goods: check, test and explain them before release; issue exactly once.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # drawing the help costs more than the rest of the start
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"entitle {version('entitle')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    lang: LangOption = None,  # read where it is needed: `spoken.language`
) -> None:
    """Rules for selling virtual goods: check, test and explain them before release; issue exactly once."""


app.command("init")(rules.init)
app.command("check")(rules.check)
app.command("fmt")(rules.fmt)
app.command("test")(rules.run_tests)
app.command("schema")(rules.schema)
app.command("prove")(proofs.prove)
app.command("diff")(diff.diff)
app.command("explain")(trial.explain)
app.command("simulate")(trial.simulate)
app.command("decide")(many.decide)
app.command("release")(gate.release)
app.command("releases")(releases.releases)
app.command("rollback")(releases.rollback)
app.command("relay")(relay.relay)
app.command("export")(customers.export)
app.command("forget")(customers.forget)
app.command("reviews")(reviews.reviews)
app.command("resolve")(reviews.resolve)
app.command("reconcile")(store.reconcile)
app.add_typer(passes.app, name="pass")
app.add_typer(stock.app, name="codes")
app.add_typer(bench.app, name="bench")
app.add_typer(store.app, name="store")
