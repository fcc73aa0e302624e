"""Very many promotions of all products, each for one region, some channels and a range of levels, in a rulebook; and
an index of the same made by hand: for every region, channel and level the promotions in the order of their price.
"""

from random import Random

from entitle.ir import Value

PRICE = 42_800
CHANNELS = ("app", "mini", "web", "partner-a", "partner-b")
REGIONS = tuple(f"r{n}" for n in range(20))
ROOT = f"""\
entitle: 1
name: campaigns
timezone: Asia/Shanghai
currency: CNY
price_steps: {{campaign: each_unit}}
facts:
  channel: {{type: [{", ".join(CHANNELS)}], if_missing: ask}}
  region: {{type: [{", ".join(REGIONS)}], if_missing: ask}}
  customer.level: {{type: 0..9, if_missing: 0}}
benefits:
  stream: {{kind: access, name: Streaming}}
"""
PRODUCTS = "products:\n  pass: {name: Pass, price: ¥428.00, lasts: 1 year, gives: [{benefit: stream}]}\n"
ANSWERED = ("stage", "base", "pay", "best")
Campaign = tuple[
    str, tuple[str, ...], int, int, int
]  # region, channels, the least and the highest level, what it takes off


def made(count: int) -> list[Campaign]:
    """The same ones, every time."""
    random = Random(count)
    found: list[Campaign] = []
    for _ in range(count):
        low = random.randint(0, 9)
        channels = tuple(random.sample(CHANNELS, random.randint(1, 2)))
        found.append((random.choice(REGIONS), channels, low, random.randint(low, 9), 100 * random.randint(1, 99)))
    return found


def rulebook(count: int) -> list[tuple[str, str]]:
    """Paths and texts."""
    lines = [
        f"  c{n:05}: {{step: campaign, products: all, channels: [{', '.join(channels)}],"
        f' if: "region == {region} and customer.level in {low}..{high}", minus: ¥{off // 100}.00}}\n'
        for n, (region, channels, low, high, off) in enumerate(made(count))
    ]
    files = [(f"campaigns-{n}.yaml", "promotions:\n" + "".join(lines[n : n + 1000])) for n in range(0, count, 1000)]
    return [("rulebook.yaml", ROOT), ("products.yaml", PRODUCTS), *files]


class Index:
    """For every region, channel and level the one to take: the dearest, then the first."""

    def __init__(self, count: int) -> None:
        self.none = count
        self._cells: dict[tuple[object, object, object], list[tuple[int, int]]] = {}
        for n, (region, channels, low, high, off) in enumerate(made(count)):
            for channel in channels:
                for level in range(low, high + 1):
                    self._cells.setdefault((region, channel, level), []).append((-off, n))
        for cell in self._cells.values():
            cell.sort()

    def best(self, told: dict[str, object]) -> tuple[Value, ...]:
        """As the product's program answers."""
        found = self._cells.get((told["region"], told["channel"], told["customer.level"]))
        if not found:
            return 0, PRICE, PRICE, self.none
        off, number = found[0]
        return 0, PRICE, PRICE + off, number


def requests(random: Random, count: int) -> list[dict[str, object]]:
    """Customers of every region, channel and level."""
    return [
        {
            "region": random.choice(REGIONS),
            "channel": random.choice(CHANNELS),
            "customer.level": random.randint(0, 9),
        }
        for _ in range(count)
    ]
