"""Whether a price is one to spend money by."""

from datetime import date

from retake.catalog.models import AS_OF
from retake.catalog.schema import Model
from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason


def check_price(edit: Edit, model: Model, *, today: date, price_days: int) -> None:
    """Refuse an edit whose cost nobody knows: no budget could hold it. Raises Refused.

    `price_days` is how old the catalog's prices may be; 0 lets them be of any age.
    """
    if not edit.quoted_usd or edit.quoted_usd < 0:
        raise Refused(
            Reason.PRICE_UNKNOWN,
            f"What {model.key} bills for this edit is not known, so nothing was sent.",
            field="model",
            found=edit.quoted_usd or 0,
            allowed="a model whose price is known",
        )
    age = (today - date.fromisoformat(AS_OF)).days
    if price_days and age > price_days:
        raise Refused(
            Reason.PRICE_UNKNOWN,
            f"The prices of this deployment are of {AS_OF}, {age} days old; this stack spends by "
            f"prices of at most {price_days} days. Deploy a newer version, or raise PriceDays.",
            field="model",
            found=AS_OF,
            allowed=f"at most {price_days} days old",
        )
