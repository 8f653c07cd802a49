"""Money as whole numbers of $0.0001, so that a sum is exact wherever and by whomever it is kept."""

from decimal import Decimal

E4_PER_USD = 10_000


def usd_e4(usd: float) -> int:
    """US dollars as whole ten-thousandths; a price has four decimals, and so has what is billed."""
    return int(Decimal(repr(round(usd, 4))) * E4_PER_USD)


def usd_of(e4: int) -> float:
    """The reverse of `usd_e4`."""
    return e4 / E4_PER_USD
