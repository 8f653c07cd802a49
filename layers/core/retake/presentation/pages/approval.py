"""The page behind the link of a question: what an edit would cost, and two buttons."""

from retake.domain.approval import NO, YES, Approval
from retake.domain.edit import Edit
from retake.domain.waits import clock
from retake.presentation.messages import name_of
from retake.presentation.pages.document import escaped
from retake.presentation.pages.plain import facts_card, framed, plain_page

_STYLE = "form { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }"


def question_page(edit: Edit, asked: Approval, *, nonce: str) -> str:
    """The question, and a form that answers it: to open the page changes nothing."""
    facts = {
        "Cost": f"${asked.usd:.2f}, as quoted",
        "Model": edit.model,
        "What is asked": edit.request.prompt if edit.request else None,
        "Asked by": edit.caller,
        "Open until": clock(asked.expires_at),
        "Edit": edit.edit_id,
    }
    body = (
        f"<h1>Shall {escaped(name_of(edit))} be edited?</h1>{facts_card(facts)}"
        "<form method=post>"
        f"<button class=first name=answer value={YES}>Yes, for ${asked.usd:.2f}</button>"
        f"<button name=answer value={NO}>No</button></form>"
    )
    return framed("A question", body, nonce, style=_STYLE)


def answered_page(edit: Edit, answer: str, *, nonce: str) -> str:
    """What was said, for whoever has just said it."""
    sentence = (
        "It goes on now. A message will say when it is ready."
        if answer == YES
        else "It is not edited, and nothing is billed."
    )
    return plain_page(f"{name_of(edit)}: {answer}", (sentence,), nonce=nonce)
