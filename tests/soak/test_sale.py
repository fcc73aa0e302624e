"""Small flash sales by real processes, some of them killed; `python -m tests.soak.sale` holds larger ones."""

from pathlib import Path

import pytest

from tests.soak import sale
from tests.soak.buyers import opened

SMALL = sale.Size(buyers=60, units=20, processes=2, threads=4, kills=1)


def test_a_sale_ends_exact(tmp_path: Path) -> None:
    found = sale.run(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path, SMALL)
    assert found.wrong == []
    assert found.sold == SMALL.units


def test_a_sale_ends_exact_though_its_server_is_killed(tmp_path: Path) -> None:
    found = sale.on_postgres(SMALL, tmp_path)
    assert found.wrong == []
    assert found.sold == SMALL.units


@pytest.mark.parametrize("lie", [{"case": "hld_x"}, {"result": "no", "said": ["sold-out"]}], ids=["case", "result"])
def test_a_lie_is_found(tmp_path: Path, lie: dict[str, object]) -> None:
    """The judge compares what was told with the books, and is not content with books that are sound."""
    url, size = f"sqlite:///{tmp_path / 'shop.db'}", sale.Size(buyers=6, units=2, processes=1, threads=1, kills=0)
    assert sale.run(url, tmp_path, size).wrong == []
    told = list(sale.history(tmp_path))
    next(each for each in told if each["verb"] == "confirm").update(lie)
    again, shop = sale.Sale(size), opened(url, seed=3)
    sale.judge(again, shop, told)
    shop.close()
    assert len(again.wrong) == 1
