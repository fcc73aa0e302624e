"""What must be so after every step of the machine: shops and oracle hold, tell and have written the same."""

import shutil
import sys
import tempfile
from collections.abc import Mapping, Set
from pathlib import Path

from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from entitle.hold_records import Kept
from entitle.keys import Keys
from entitle.plan import Find, Get
from entitle.records import CardCode, Stock
from entitle.records import Grant as Granted
from entitle.runtime.encode import instant_of
from entitle.secret_records import WrappedKey
from entitle.shop.facade import Shop
from entitle.shop.read import EventView
from entitle.store.sqlite import SqliteStore
from entitle.store.upgrade import upgrade
from entitle.values.zone import Instant
from tests.machine.books import Contract, Grant, Hold, Order
from tests.machine.oracle import Oracle
from tests.machine.rulebooks import BENEFITS, edition
from tests.machine.twins import NAMED, Twins, contract_view, grant_view, micro, said


def template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="entitle-machine-"))
    upgrade(f"sqlite:///{folder / 'new.db'}")
    return folder / "new.db"


class Checked(RuleBasedStateMachine):
    """Two shops and the oracle, compared."""

    new = template()

    def start(self, at: Instant) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="entitle-machine-"))
        self.twins = self.make_twins(at)
        self.twins.ask(lambda shop: shop.publish(edition(0)))
        self.oracle = Oracle(edition(0), at)
        self.seen = self.turn = 0
        self.seen_at = at
        self.heard: list[EventView] = []
        self.issued: dict[str, int] = {}

    def make_twins(self, at: Instant) -> Twins:
        return Twins(SqliteStore(Path(shutil.copy(self.new, self.folder / "shop.db"))), at)

    def teardown(self) -> None:
        if not hasattr(self, "twins"):
            return
        try:
            if sys.exc_info()[0] is None:
                self.check_books()
        finally:
            self.twins.close()
            shutil.rmtree(self.folder)

    @property
    def grants(self) -> list[Grant]:
        return [grant for customer in self.oracle.customers.values() for grant in customer.grants]

    @property
    def contracts(self) -> list[Contract]:
        return [each for customer in self.oracle.customers.values() for each in customer.contracts]

    @property
    def holds(self) -> list[Hold]:
        return [hold for customer in self.oracle.customers.values() for hold in customer.holds]

    def hear(self) -> list[Hold]:
        """What a verb told, where the holds that it let go come first, wherever it told of them; and those holds."""
        news = sorted(self.twins.news(), key=lambda event: event.type != "hold.expired")
        self.heard += news
        gone = [event.body["hold"] for event in news if event.type == "hold.expired"]
        return [next(hold for hold in self.holds if hold.id == each) for each in gone]

    @invariant()
    def compare(self) -> None:
        """What was told is the same, and the same is held and seen."""
        if not hasattr(self, "twins"):
            return
        news, self.heard = [*self.heard, *self.twins.news()], []
        told = self.oracle.told[self.seen :]
        self.seen = len(self.oracle.told)
        assert [said(event) for event in news] == [(each.stream, each.type, each.at, each.facts) for each in told]
        for event, each in zip(news, told, strict=True):
            if event.type == "grant.issued" and event.body["kind"] == "card_code":
                self.issued[str(event.body["grant"])] = int(str(event.body["quantity"]))
            for what, types in NAMED.items():
                if event.type in types and each.about is not None:
                    each.about.id = str(event.body[what])
        self.check_wallets({each.stream for each in told})
        self.twins.agree()

    def check_wallets(self, changed: Set[str] | None = None) -> None:
        """Of all customers, or where no time has passed of those who changed, and of one who should be as before."""
        names = list(self.oracle.customers)
        if changed is not None and self.seen_at == self.oracle.clock:
            names = [name for i, name in enumerate(names) if name in changed or i == self.turn % len(names)]
        self.seen_at = self.oracle.clock
        for name in names:
            self.check_wallet(name)

    def check_wallet(self, name: str) -> None:
        customer, at = self.oracle.customers[name], self.oracle.at(name)
        wallet = self.twins.ask(lambda shop: shop.wallet(name))
        contracts = sorted((each.view(at) for each in customer.contracts), key=repr)
        assert sorted(map(contract_view, wallet.subscriptions), key=repr) == contracts
        grants = sorted((each.view(at) for each in customer.grants), key=repr)
        assert sorted(map(grant_view, wallet.grants), key=repr) == grants
        standing = sorted(hold.id for hold in customer.holds if hold.stands(at))
        assert sorted(hold.id for hold in wallet.holds) == standing
        held = self.oracle.held(name)
        access = self.twins.ask(lambda shop: shop.access(name))
        assert [(each.grant, micro(each.until)) for each in access] == [(each.id, each.valid_until) for each in held]
        self.turn += 1
        for benefit in (BENEFITS[self.turn % len(BENEFITS)], BENEFITS[self.turn // 8 % len(BENEFITS)]):
            self.check_has(name, benefit, any(grant.benefit.id == benefit for grant in held))

    def check_has(self, name: str, benefit: str, expected: bool) -> None:
        assert self.twins.ask(lambda shop: shop.has(name, benefit)) is expected

    @precondition(lambda self: len(self.oracle.told) > 20 and self.turn % 4 == 0)
    @rule()
    def check_books(self) -> None:
        """Both stores reconcile and are what their ledgers say, with the same steps; every decision replays."""
        self.twins.rows()
        for shop in self.twins.shops:
            report = shop.reconcile()
            assert report.ok, report.breaks
            assert list(shop.rebuild()) == []
            check_cards(shop, self.issued)
        for name in self.oracle.customers:
            self.check_history(name)

    def check_history(self, name: str) -> None:
        customer = self.oracle.customers[name]
        history = self.twins.ask(lambda shop: shop.history(name, limit=10_000))
        assert [(instant_of(each.at), each.verb, each.why) for each in history] == customer.steps
        texts = Get(WrappedKey, (f"stream:{name}",))  # the key of what was said of why is there as long as any of that
        kept = [shop.store.fetch((texts,))[0] is not None for shop in self.twins.shops]
        assert set(kept) == {any(why for _, _, why in customer.steps)}
        sales = sum(row.amount for each in history for row in each.postings if row.account.startswith("sales:"))
        assert sales == sum(
            contract.cost(n) - contract.gave_back(n)
            for contract in customer.contracts
            for n in range(1, len(contract.paid) + 1)
        )
        for order in customer.orders:
            self.check_explained(order)

    def check_explained(self, order: Order) -> None:
        explained = self.twins.ask(lambda shop: shop.explain(order.id))
        for line, contract in zip(explained.lines, order.contracts, strict=True):
            assert line.faithful
            assert line.gives == tuple(item.id for item in contract.gives)
            assert line.stage is None


def check_cards(shop: Shop, issued: Mapping[str, int]) -> None:
    """Each card code is what the ledger says: one grant's, sealed for it alone, or nobody's and free or kept."""
    keys = Keys.from_text("twins")
    cards: list[CardCode]
    grants: list[Granted]
    kept: list[Kept]
    cards, grants, kept, stock = shop.store.fetch(
        (Find(CardCode, ()), Find(Granted, (("kind", "=", "card_code"),)), Find(Kept, ()), Get(Stock, ("codes",)))
    )
    held = {grant.id: keys.open(grant.code_sealed or "", grant.id).split("\n") for grant in grants}
    assert {grant: len(texts) for grant, texts in held.items()} == issued
    of = {(card.grant, keys.open(card.sealed, f"{card.pool}/{card.n}")) for card in cards if card.grant is not None}
    assert of == {(grant, text) for grant, texts in held.items() for text in texts}
    assert len({card.index for card in cards}) == len(cards)
    waiting = sum(each.units for each in kept if each.pool == "codes" and each.until is not None)
    assert (stock.free if stock else 0) + waiting == sum(card.grant is None for card in cards)
