"""Purchases on PostgreSQL beside the way of an ORM: read objects, change them, flush, commit.

`python -m benchmarks.orm` starts a server of its own. Ours and theirs take turns on databases of their own, and both
wait for the disk. Theirs is what a shop's developer writes who knows the ORM: a session a purchase on a pool of
connections, rows that others may change are read for update, each number is looked at before it is moved, and objects
of one class go out as one statement. It is given what to read and write, and decides nothing.
"""

import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlmodel import Session, select

from benchmarks.aims import aimed
from benchmarks.crowd import buy, opened, spent
from entitle.identity import KEYS, as_dict, key_of
from entitle.plan import Add, Effect, Expect, Find, Get, Insert, Plan, Read, Tally, Update
from entitle.store.tables import MODELS, TABLES, condition
from tests import postgres

ROUNDS, WARM = 150, 20


def look(session: Session, read: Read) -> object:
    """What a purchase asks before it decides."""
    model: Any = MODELS[read.table]
    match read:
        case Get(_, key):
            return session.get(model, _primary(read.table, key))
        case Find(table, where, _, limit):
            tests = [condition(TABLES[table].c[name], test, value) for name, test, value in where]
            return session.exec(select(model).where(*tests).limit(limit)).all()
        case Tally(table, where):
            tests = [condition(TABLES[table].c[name], test, value) for name, test, value in where]
            return len(session.exec(select(model).where(*tests)).all())


def _primary(table: type, key: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(KEYS[table], key, strict=True))


def do(session: Session, effect: Effect) -> None:
    match effect:
        case Insert(row):
            session.add(MODELS[type(row)](**as_dict(row)))
        case Update(table, key, changes, expect):
            found = session.get(MODELS[table], _primary(table, key), with_for_update=True)
            assert found is not None
            assert all(getattr(found, name) == value for name, value in expect.items())
            for name, value in changes.items():
                setattr(found, name, value)
        case Add(row, column, by, least, most):
            found = session.get(MODELS[type(row)], _primary(type(row), key_of(row)), with_for_update=True)
            if found is None:
                found = MODELS[type(row)](**as_dict(row))
                session.add(found)
            number = getattr(found, column) + by
            assert least <= number <= most
            setattr(found, column, number)
        case Expect(table, key, values):
            found = session.get(MODELS[table], _primary(table, key))
            assert all(getattr(found, name) == value for name, value in values.items())
        case _:
            raise AssertionError(f"a purchase does no {type(effect).__name__}")


def by_orm(engine: Engine, asked: list[tuple[Read, ...]], plan: Plan) -> None:
    """The same purchase: the order's rows are flushed as the rows that name them come, since no relationship orders
    them."""
    with Session(engine) as session:
        for reads in asked:
            for read in reads:
                look(session, read)
        kind: type | None = None
        for effect in plan:
            if isinstance(effect, Insert) and type(effect.row) is not kind:
                session.flush()
                kind = type(effect.row)
            do(session, effect)
        session.commit()


def main() -> None:
    """Print the ratio; the number of purchases is the argument, 150 without one."""
    count = (int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS) + WARM
    with (
        TemporaryDirectory() as folder,
        postgres.shared(Path(folder)) as server,
        postgres.database(server) as url,
        postgres.database(server) as twin,
    ):
        shop, store = opened(postgres.emptied(url), count)
        opened(postgres.emptied(twin), count)[1].close()
        engine = create_engine(twin.replace("postgresql:", "postgresql+psycopg:"))
        pairs = []
        for n in range(count):
            mine = spent(partial(buy, shop, n))
            asked, (plan,) = store.taken()
            pairs.append((mine, spent(partial(by_orm, engine, asked, plan))))
        assert shop.reconcile().ok
        mine, other = (median(column) for column in zip(*pairs[WARM:], strict=True))
        ratio = median(b / a for a, b in pairs[WARM:])
        print(f"purchase: {mine * 1e3:.2f} ms, by ORM {other * 1e3:.2f} ms")
        aimed("a purchase on PostgreSQL against the ORM way", ratio, 3)
        engine.dispose()
        shop.close()


if __name__ == "__main__":
    main()
