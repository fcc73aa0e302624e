"""A FastAPI shop: its own row and the sale stand or fall together, and a payment that is told twice is one sale.

`python -m examples.fastapi_shop` tells it a few payments; `uvicorn --factory examples.fastapi_shop:served` serves it.
Needs the extra `http`, httpx, SQLAlchemy's `asyncio`, and a driver that awaits: aiosqlite or psycopg.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import CheckConstraint
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import entitle
from entitle import AsyncShop, Done, Keys, Money, Payment, Who
from examples.http_answers import headers, status

RULES = Path(__file__).parent.parent / "rules"


class Base(DeclarativeBase):
    """The shop's own tables."""


class Receipt(Base):
    """A payment that was told, and the order it paid; without one it is to be given back."""

    __tablename__ = "receipts"
    __table_args__ = (CheckConstraint("payment LIKE 'pay-%'"),)
    payment: Mapped[str] = mapped_column(primary_key=True)
    order: Mapped[str | None]


class Paid(BaseModel):
    """What the payment provider tells."""

    payment: str
    customer: str
    product: str
    amount: str


def make_app(url: str, clock: Callable[[], datetime]) -> FastAPI:
    """The shop on the database at `url`."""
    engine = create_async_engine(
        url.replace("sqlite:", "sqlite+aiosqlite:").replace("postgresql:", "postgresql+psycopg:")
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with entitle.open_async(url, keys=Keys.from_text("example"), clock=clock, create=True) as shop:
            await shop.publish(entitle.load(RULES), by="deploy")
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            app.state.shop = shop
            yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.exception_handler(entitle.Error)
    async def failed(_: Request, problem: Exception) -> JSONResponse:
        return answer(None, str(problem), status(problem))

    @app.exception_handler(OperationalError)  # of the shop's own connection
    async def unreached(_: Request, problem: Exception) -> JSONResponse:
        return answer(None, "the database is out of reach", 503)

    @app.post("/payments")
    @entitle.retrying  # outside the transaction, which it runs again where another was faster
    async def payments(paid: Paid) -> JSONResponse:
        """A webhook. The payment's id is the key: told again, it is the same order."""
        shop: AsyncShop = app.state.shop
        try:
            payment = Payment(Money(paid.amount, "CNY"), ref=paid.payment)
        except ValueError as problem:
            return answer(None, f"this tells of no payment: {problem}", 400)
        async with AsyncSession(engine) as session, session.begin(), shop.join(session) as tx:
            bought = await tx.buy(Who(paid.customer, channel="app"), paid.product, key=paid.payment, paid=payment)
            order = bought.value.id if isinstance(bought, Done) else None
            await session.merge(Receipt(payment=paid.payment, order=order))
        return answer(order, "ok" if bought.ok else str(bought), status(bought))

    @app.get("/customers/{customer}/{benefit}")
    async def has(customer: str, benefit: str) -> bool:
        shop: AsyncShop = app.state.shop
        return await shop.has(customer, benefit)

    return app


def answer(order: str | None, told: str, code: int) -> JSONResponse:
    return JSONResponse({"order": order, "told": told}, code, headers(code))


def served() -> FastAPI:
    """For `uvicorn --factory`."""
    return make_app("sqlite:///shop.db", lambda: datetime.now(UTC))


async def tell(url: str) -> None:
    """A few payments, as a provider would tell them."""
    app = make_app(url, lambda: datetime(2026, 12, 24, tzinfo=UTC))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://shop") as shop:

        async def pay(payment: str, customer: str, product: str, amount: str) -> dict[str, str | None]:
            body = {"payment": payment, "customer": customer, "product": product, "amount": amount}
            answer = await shop.post("/payments", json=body)
            if answer.status_code == 500:
                return {"told": f"500 {answer.text}"}
            return {**answer.json(), "told": f"{answer.status_code} {answer.json()['told']}"}

        first = await pay("pay-1", "ann", "starlight-year", "238.00")
        again = await pay("pay-1", "ann", "starlight-year", "238.00")
        print(f"{first['told']}; told again it is the same order: {first == again}")
        print((await pay("pay-2", "bob", "starlight-year", "1.00"))["told"])
        print((await pay("pay-1", "eve", "starlight-year", "238.00"))["told"])
        print((await pay("pay-3", "eve", "starlight", "238.00"))["told"])
        print((await pay("pay-4", "eve", "starlight-year", "abc"))["told"])
        print((await pay("7", "eve", "starlight-year", "238.00"))["told"])  # no such receipt can be: nothing stands
        for customer in ("ann", "bob", "eve"):
            print(f"{customer} has cinema-vip: {(await shop.get(f'/customers/{customer}/cinema-vip')).json()}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(sys.argv[1] if sys.argv[1:] else f"sqlite:///{folder}/shop.db"))


if __name__ == "__main__":
    main()
