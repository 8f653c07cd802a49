"""What stands in a path or a header of the API, by its name."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header, Path

EditId = Annotated[str, Path(description="The edit's id", examples=["e-4k2v9q7x0c1m8n3b5d6f"])]
BatchId = Annotated[str, Path(description="The batch's id", examples=["b-4k2v9q7x0c1m8n3b5d6f"])]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Chosen by you, new for each edit: repeated with the same body it names the "
        "same edit for as long as its record is kept; with another body it is refused",
    ),
]
