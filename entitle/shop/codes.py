"""Ids and codes from random bytes: ids that sort by time, codes that people can type.

The alphabet is Crockford's base 32: no I, L, O or U. A code has 80 random bits and two check characters, so that any
single wrong character and any swap of neighbours is noticed before a database is asked: read as one number in base 32,
it is a multiple of 1021, the largest prime below 32².
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = {char: value for value, char in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
CODE_BYTES = 10
PRIME = 1021
GROUP = 6


def in_base32(number: int, length: int) -> str:
    """The number with exactly so many digits."""
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))


def new_id(prefix: str, at: int, random: bytes) -> str:
    """`ord_…`: 48 bits of milliseconds, then 80 random bits; ids of one kind sort by time."""
    number = (at // 1000 & (1 << 48) - 1) << 80 | int.from_bytes(random[:10], "big")
    return f"{prefix}_{in_base32(number, 26).lower()}"


def new_code(random: bytes) -> str:
    """18 characters in groups of six."""
    number = int.from_bytes(random[:CODE_BYTES], "big") << 10
    text = in_base32(number + -number % PRIME, 18)
    return "-".join(text[i : i + GROUP] for i in range(0, len(text), GROUP))


def normal_code(text: str) -> str | None:
    """What was typed, in the one spelling that is looked up; None for what cannot be a code."""
    folded = "".join(_half_width(char) for char in text.upper() if char not in " -–—_\t\n")
    if len(folded) != 18 or any(char not in VALUES for char in folded):
        return None
    number = 0
    for char in folded:
        number = number << 5 | VALUES[char]
    return in_base32(number, 18) if number % PRIME == 0 else None


def _half_width(char: str) -> str:
    return chr(ord(char) - 0xFEE0) if "！" <= char <= "～" else char
