"""Counted nouns in English texts: "1 working day", "2 working days". Vietnamese has no plural and needs none of this."""

ENDINGS = ("s", "x", "z", "ch", "sh")


def plural(noun: str) -> str:
    """Give the plural of a noun, or of a phrase that ends with its noun."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(ENDINGS) else f"{noun}s"


def noun_of(number: int, noun: str) -> str:
    return noun if abs(number) == 1 else plural(noun)


def counted(number: int, noun: str, shown: str | None = None) -> str:
    """Write a number with its noun; `shown` is how the number itself is written, as "14,000"."""
    return f"{number if shown is None else shown} {noun_of(number, noun)}"


def agreeing(number: int, singular: str, several: str) -> str:
    """Give the form of a word that goes with a number: "is" or "are"."""
    return singular if abs(number) == 1 else several
