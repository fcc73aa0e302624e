"""`entitle relay`: what it sends, what it lists, what it refuses."""

import json
from pathlib import Path

import pytest

from entitle.ext.webhook import endpoint_of
from tests.receiving import inbox
from tests.relaying import BOOK, sell
from tests.shops import world
from tests.test_cli import Cli
from tests.test_cli import cli as cli
from tests.test_webhook import NEW, OLD


def test_it_sends_once_and_tells_what_failed(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = f"sqlite:///{tmp_path / 'shop.db'}"
    sell(world(store, release=BOOK), "ann", "bob")
    with inbox() as box:
        run: tuple[str, ...] = ("relay", "--store", store, "--to", f"{box.url}?token=t0ken")
        refused = cli(*run, "--once")
        assert (refused.code, "Set ENTITLE_WEBHOOK_SECRET=whsec_$(openssl" in refused.err) == (2, True)
        monkeypatch.setenv("HOOK", "hunter2")
        short = cli(*run, "--once", "--secret-env", "HOOK")
        assert (short.code, "hunter2" in short.err) == (2, False)
        monkeypatch.setenv("HOOK", f"{NEW}, {OLD}")
        run = (*run, "--secret-env", "HOOK")
        box.says = lambda _: (503, {})
        failed = cli(*run, "--once")
        assert (failed.code, failed.out, failed.err) == (1, "", "0 events sent, 2 tries failed: answered 503\n")
        why = cli(*run, "--failing").out.splitlines()
        assert sorted((line.split()[0], "answered 503" in line) for line in why[1:]) == [("ann", True), ("bob", True)]
        assert [each["tries"] for each in json.loads(cli(*run, "--failing", "--format", "json").out)] == [1, 1]
        box.says = lambda _: (410, {})
        gone = cli(*run, "--once", "--as", "other")
        assert (gone.code, gone.err) == (1, "other is gone; --reopen sends to it again\n")
        again = cli(*run, "--once", "--as", "other")
        assert (again.code, again.err) == (1, gone.err)
        assert cli(*run, "--as", "other", "--reopen").err == "it is open again\n"
        box.says = lambda _: (204, {})
        sent = cli(*run, "--once", "--as", "other")
        assert (sent.code, sent.err) == (0, "6 events sent, 0 tries failed\n")
        assert cli(*run, "--dead", "--format", "json").out == "[]\n"
        nothing = cli(*run, "--retry", "evt_0")
        assert (nothing.code, f"{endpoint_of(box.url)} has no dead letter" in nothing.err) == (2, True)
        assert "t0ken" not in failed.err + nothing.err
