"""Rule files -> one set of documents: sections put together, ids unique, the rulebook's own keys in one place.

How definitions are spread over files changes nothing but where a problem is shown.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from entitle.diagnostics import Diagnostic
from entitle.dsl.characters import quoted
from entitle.dsl.documents import SECTIONS, RulebookDoc
from entitle.dsl.nodes import LOST, Checker, elsewhere, is_empty
from entitle.dsl.reader import Mapping, Node, Scalar, read
from entitle.dsl.scalars import Reading
from entitle.dsl.shapes import Keyed, table
from entitle.dsl.values import KINDS
from entitle.messages import Words
from entitle.source import Source, gc_paused

ROOT = "rulebook.yaml"
_FILE = Words("a rule file", "规则文件")


class Defined(NamedTuple):
    """A definition: the key it stands under, and its document; None where that is flawed, which was told."""

    key: Scalar
    document: Any


@dataclass(slots=True)
class Documents:
    """A rulebook's documents.

    rulebook  what is true for all of it; None where it is missing or flawed
    sections  section -> id -> definition; flawed ones are there too, so that nobody calls their ids unknown
    unread    a file or a section could not be read: what it defines is not known
    problems  everything that is wrong with the files so far
    """

    rulebook: RulebookDoc | None = None
    sections: dict[str, dict[str, Defined]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    unread: bool = False
    problems: list[Diagnostic] = field(default_factory=list)


def check_sources(sources: list[Source]) -> Documents:
    """Read and check every file of a rulebook."""
    found = Documents()
    with gc_paused():
        roots = [(source, root) for source in sources if (root := _root(source, found)) is not None]
        checker = Checker(Reading(_currency(roots)), found.problems)
        for source, root in roots:
            _check_file(source, root, checker, found)
    return found


def _root(source: Source, found: Documents) -> Mapping | None:
    """What a file holds; an empty one holds nothing, which is fine but for `rulebook.yaml`."""
    reading = read(source)
    found.problems += reading.problems
    match reading.root:
        case Mapping() as root:
            return root
        case None if reading.problems:
            found.unread = True
        case None if source.path == ROOT:
            found.problems.append(Diagnostic("empty-rulebook", None, path=ROOT))
        case None:
            pass
        case other:
            found.unread = True
            found.problems.append(Diagnostic("not-a-mapping", other.span, {"what": _FILE}))
    return None


def _currency(roots: list[tuple[Source, Mapping]]) -> str:
    """The rulebook's currency, before anything is checked: amounts are read in it."""
    for source, root in roots:
        for key, node in root.items:
            if source.path == ROOT and key.text == "currency" and isinstance(node, Scalar):
                known = KINDS["currency"].read(node.text, Reading())
                return known if isinstance(known, str) else ""
    return ""


def _check_file(source: Source, root: Mapping, checker: Checker, found: Documents) -> None:
    own = table(RulebookDoc)
    top = [(key, node) for key, node in root.items if key.text in own]
    if source.path == ROOT:
        mapping = Mapping(top, root.start, root.end, source)
        rulebook = checker.document(RulebookDoc, mapping, at=root.items[0][0].span if root.items else root.span)
        found.rulebook = None if rulebook is LOST else rulebook
    else:
        for key, _ in top:
            checker.tell("belongs-in-rulebook", key.span, key=key.text)
    for key, node in root.items:
        if key.text in SECTIONS:
            _check_section(key, node, checker, found)
        elif key.text not in own:
            help_ = elsewhere(key.text, [*SECTIONS, *own])
            checker.tell("unknown-section", key.span, help_, key=quoted(key.text), known=_KNOWN)


_KNOWN = ", ".join(name for name, section in SECTIONS.items() if not section.later)


def _check_section(name: Scalar, node: Node, checker: Checker, found: Documents) -> None:
    section, definitions = SECTIONS[name.text], found.sections[name.text]
    if section.later:
        checker.tell("not-yet", name.span, name=name.text)
    elif isinstance(node, Mapping):
        for key, each in node.items:
            first = definitions.get(key.text)
            if first is not None:
                checker.tell("duplicate-id", key.span, also=first.key.span, section=name.text, id=quoted(key.text))
            else:
                definitions[key.text] = _definition(key, each, name.text, checker)
    elif not is_empty(node):
        found.unread = True
        checker.tell("not-a-mapping", node.span, what=Words(f"the section `{name.text}`", f"`{name.text}` 一节"))


def _definition(key: Scalar, node: Node, section: str, checker: Checker) -> Defined:
    shape = SECTIONS[section].shape
    id_ = checker.scalar(SECTIONS[section].ids, key, section)
    if is_empty(node):
        document = checker.tell("empty-value", key.span, key=quoted(key.text))
    elif isinstance(shape, Keyed) and isinstance(node, Mapping):
        document = checker.document(shape.document, node, at=key.span)
    else:
        document = checker.node(shape, node, quoted(key.text))
    return Defined(key, None if id_ is LOST or document is LOST else document)
