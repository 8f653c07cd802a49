"""Names that are nearly right: a letter off, or the same letters in another Unicode form."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

_NEAR = 0.8
_LEAST_LETTERS = 3


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one was probably meant to be; None where none is near.

    `-`, `_` and case make no difference.
    """
    by_form = {_form(each): each for each in known}
    form = _form(word)
    if len(form) < _LEAST_LETTERS:
        return None
    import difflib  # here, because most names are right, and few functions ask at all

    swapped = [each for each in by_form if sorted(each) == sorted(form)]
    near = swapped or difflib.get_close_matches(form, by_form, n=1, cutoff=_NEAR)
    return by_form[near[0]] if near else None


def in_any_case(known: Iterable[str]) -> Callable[[Any], Any]:
    """Reads a word of a closed list however its letters are cased; anything else stays itself."""
    by_form = {each.casefold(): each for each in known}

    def read(said: Any) -> Any:
        return by_form.get(said.strip().casefold(), said) if isinstance(said, str) else said

    return read


def _form(word: str) -> str:
    return word.lower().replace("_", "-").strip()


def spellings(key: str) -> list[str]:
    """A key in every Unicode form it may lie under, its own first.

    macOS gives file names decomposed (é as e and an accent), people and programs write composed
    letters; the folder may have been typed and the file's name copied.
    """
    if key.isascii():
        return [key]
    folder, slash, name = key.rpartition("/")
    forms = [
        unicodedata.normalize(outer, folder) + slash + unicodedata.normalize(inner, name)
        for outer in ("NFC", "NFD")
        for inner in ("NFC", "NFD")
    ]
    own = [folder + slash + unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    return list(dict.fromkeys((key, *own, *forms)))
