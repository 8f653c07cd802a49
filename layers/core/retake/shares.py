"""Addresses of pages for people without an account: one edit, or the board of the latest ones.

Each carries its proof in its path and lets its holder look, nothing else. A link to an edit does
not open the board; the board's opens the edits that are on it, by links of its own making.
"""

from datetime import datetime

from retake.links import Signer

SHARE, BOARD = "share", "board"


def share_path(edit_id: str, signer: Signer, *, until: datetime) -> str:
    """Where the page of an edit is, below the API's address. Raises what its secret raises."""
    return f"share/{edit_id}/{signer.token(SHARE, edit_id, until=until)}"


def board_path(signer: Signer, *, until: datetime) -> str:
    """Where the board is, below the API's address. Raises what its secret raises."""
    return f"board/{signer.token(BOARD, until=until)}"


def opens_edit(token: str, edit_id: str, signer: Signer, *, now: datetime) -> bool:
    """Whether the token is for this edit, and still holds."""
    return signer.holds(token, SHARE, edit_id, now=now)


def opens_board(token: str, signer: Signer, *, now: datetime) -> bool:
    """Whether the token is for the board, and still holds."""
    return signer.holds(token, BOARD, now=now)
