"""A Django shop: its own row and the sale stand or fall together, and a payment that is told twice is one sale.

`python -m examples.django_shop` tells it a few payments. Needs the extra `django`. A project has settings, models and
views in files of their own; what matters here is `settle`.
"""

import json
import sys
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import entitle
from entitle import Done, Keys, Money, Payment, Shop, Who
from examples.http_answers import headers, status

RULES = Path(__file__).parent.parent / "rules"
FOLDER = tempfile.TemporaryDirectory()
URL = sys.argv[1] if sys.argv[1:] else f"sqlite:///{FOLDER.name}/shop.db"
KEYS = Keys.from_text("example")


def database(url: str) -> dict[str, str]:
    """The settings of Django's own connection."""
    if url.startswith("sqlite"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///")}
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    named = {name.upper(): str(value) for name, value in parts.items() if name != "dbname"}
    return {"ENGINE": "django.db.backends.postgresql", "NAME": str(parts["dbname"]), **named}


settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": database(URL)},
    LOGGING={"version": 1, "loggers": {"django.request": {"level": "CRITICAL"}}},
    ROOT_URLCONF=__name__,
    SECRET_KEY="example",
)
django.setup()


@cache
def shop() -> Shop:
    """Opened when it is first asked for, in each process."""
    return entitle.open(URL, keys=KEYS, clock=lambda: datetime(2026, 12, 24, tzinfo=UTC))


class Receipt(models.Model):
    """A payment that was told, and the order it paid; without one it is to be given back."""

    payment = models.CharField(primary_key=True, max_length=20)
    order = models.CharField(null=True, max_length=60)

    class Meta:
        app_label = "receipts"
        constraints = [models.CheckConstraint(condition=models.Q(payment__startswith="pay-"), name="named")]


@entitle.retrying  # outside atomic(), which it enters again where another transaction was faster
@transaction.atomic
def settle(payment: Payment, customer: str, product: str) -> JsonResponse:
    """The payment's id is the key: told again, it is the same order."""
    with shop().join("default") as tx:
        bought = tx.buy(Who(customer, channel="app"), product, key=payment.ref, paid=payment)
    order = bought.value.id if isinstance(bought, Done) else None
    Receipt.objects.update_or_create(payment=payment.ref, defaults={"order": order})
    return answer(order, "ok" if bought.ok else str(bought), status(bought))


def answer(order: str | None, told: str, code: int) -> JsonResponse:
    return JsonResponse({"order": order, "told": told}, status=code, headers=headers(code))


@csrf_exempt
@require_POST
@transaction.non_atomic_requests  # with ATOMIC_REQUESTS: `settle` has a transaction of its own
def payments(request: HttpRequest) -> JsonResponse:
    """A webhook of the payment provider."""
    try:
        paid = json.loads(request.body)
        payment = Payment(Money(paid["amount"], "CNY"), ref=paid["payment"])
        customer, product = paid["customer"], paid["product"]
    except (ValueError, KeyError, TypeError) as problem:
        return answer(None, f"this tells of no payment: {problem}", 400)
    try:
        return settle(payment, customer, product)
    except entitle.Error as problem:
        return answer(None, str(problem), status(problem))
    except OperationalError:
        return answer(None, "the database is out of reach", 503)


urlpatterns = [path("payments", payments)]


def main() -> None:
    """A few payments, as a provider would tell them."""
    from django.test import Client

    with connection.schema_editor() as editor:  # a project has migrations
        editor.create_model(Receipt)
    entitle.open(URL, keys=KEYS, create=True).close()  # a deployment: `entitle store upgrade`
    shop().publish(entitle.load(RULES), by="deploy")
    client = Client(raise_request_exception=False)

    def pay(payment: str, customer: str, amount: str, product: str = "starlight-year") -> dict[str, Any]:
        body = {"payment": payment, "customer": customer, "product": product, "amount": amount}
        said = client.post("/payments", body, content_type="application/json")
        if said.status_code == 500:
            return {"told": "500 Internal Server Error"}
        return {**said.json(), "told": f"{said.status_code} {said.json()['told']}"}

    first, again = pay("pay-1", "ann", "238.00"), pay("pay-1", "ann", "238.00")
    print(f"{first['told']}; told again it is the same order: {first == again}")
    print(pay("pay-2", "bob", "1.00")["told"])
    print(pay("pay-1", "eve", "238.00")["told"])
    print(pay("pay-3", "eve", "238.00", "starlight")["told"])
    print(pay("pay-4", "eve", "abc")["told"])
    print(pay("7", "eve", "238.00")["told"])  # no such receipt can be: nothing stands
    for customer in ("ann", "bob", "eve"):
        print(f"{customer} has cinema-vip: {shop().has(customer, 'cinema-vip')}")
    shop().close()
    connection.close()
    FOLDER.cleanup()


if __name__ == "__main__":
    main()
