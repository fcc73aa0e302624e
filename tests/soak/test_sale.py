"""A small flash sale by real processes, one of them killed; `python -m tests.soak.sale` holds larger ones."""

from pathlib import Path

import pytest

from tests.soak import sale
from tests.soak.buyers import opened


def test_a_sale_ends_exact(tmp_path: Path) -> None:
    found = sale.run(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path, 60, 20, processes=2, threads=4, kills=1, seed=1)
    assert found.wrong == []
    assert found.sold == 20


@pytest.mark.parametrize("lie", ["order", "result"])
def test_a_lie_is_found(tmp_path: Path, lie: str) -> None:
    """The judge compares what was told with the books, and is not content with books that are sound."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    honest = sale.run(url, tmp_path, 6, 2, processes=1, threads=1, kills=0, seed=1)
    assert honest.wrong == []
    told = list(sale.history(tmp_path))
    first = next(each for each in told if each["result"] == "ok")
    first |= {"order": "ord_x"} if lie == "order" else {"result": "no"}
    again, shop = sale.Sale(6, 2), opened(url, seed=3)
    sale.judge(again, shop, told)
    shop.close()
    assert any("was told" in each for each in again.wrong)
