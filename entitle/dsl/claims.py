"""Documents of `always` -> claims: a condition, whether it must hold always or never, and of which products."""

from collections.abc import Collection

from entitle.claim import Claim
from entitle.dsl.book import Book
from entitle.dsl.claim_documents import ClaimDoc
from entitle.dsl.reader import Scalar
from entitle.messages import Words


def claim(id_: str, key: Scalar, document: ClaimDoc, products: Collection[str], book: Book) -> Claim | None:
    """The claim, or None where a flaw, told of, leaves nothing to prove."""
    before = book.errors
    written = document.never if document.always is None else document.always
    if written is None:
        if document.lacks("always", "never"):
            book.tell("nothing-claimed", key.span, id=id_)
        return None
    if document.always is not None and document.never is not None:
        book.tell("claimed-twice", document.never.span, also=document.always.span, id=id_)
    own = tuple(sorted(products))
    if document.products is not None:
        book.is_empty(document.products, "products")
        what = Words("product", "商品")
        own = tuple(each.value for each in document.products.value if book.known(what, each, products))
    node = book.condition(written, claiming=True)
    if node is None or book.errors > before:
        return None
    return Claim(id_, own, node, document.always is not None, written.span)
