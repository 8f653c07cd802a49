"""What a deployed function reaches AWS through, each made once per process, when first used."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from retake.aws.client import client
from retake.aws.dynamodb import DynamoTable
from retake.aws.log import report
from retake.records.slots import Rooms
from retake.records.store import Records
from retake.settings import PROVIDERS, settings
from retake.steps.announce import Announcer

if TYPE_CHECKING:
    from retake.aws.messaging import AsyncInvoke, Notices
    from retake.aws.s3 import Storage
    from retake.aws.step_functions import Workflow


@cache
def table() -> DynamoTable:
    return DynamoTable(client("dynamodb"), settings().table_name)


@cache
def records() -> Records:
    known = settings()
    return Records(
        table(),
        record_days=known.record_days,
        report=report,
        usual_model=known.default_model,
        rooms=Rooms(known.max_running, known.max_per_minute),
        wake=wake,
        calendar=known.budgets.calendar,
    )


def line_counts() -> dict[str, Any]:
    """How slots, lines and budgets stand, as the board shows it."""
    from retake.presentation.board_line import line_data
    from retake.records.line_counts import LineCounter

    known = settings()
    counter = LineCounter(
        table=table(),
        line=records().line,
        calendar=known.budgets.calendar,
        providers=PROVIDERS,
        caps=known.budgets.stack,
    )
    return line_data(counter.counts(records().now()))


def wake(token: str) -> bool:
    """End the wait of a state, and say whether there was one; the client is made when it is
    needed."""
    return workflow().wake(token)


@cache
def storage() -> "Storage":
    from retake.aws.s3 import Storage

    return Storage(client("s3"))


@cache
def workflow() -> "Workflow":
    from retake.aws.step_functions import Workflow

    return Workflow(client("stepfunctions"), settings().state_machine_arn)


def enqueue(body: str) -> None:
    """A message into the intake queue; its client is made when there is one to send."""
    put_back(body, 0)


def put_back(body: str, seconds: int) -> None:
    """Have a message of the intake queue come again after some seconds."""
    from retake.aws.messaging import WorkQueue

    WorkQueue(client("sqs"), settings().intake_queue_url).send(body, seconds)


@cache
def announcer() -> Announcer:
    """Who has the receivers of webhooks told."""
    from retake.aws.messaging import WorkQueue

    known = settings()
    return Announcer(WorkQueue(client("sqs"), known.webhook_queue_url), known.webhook_url)


@cache
def notices() -> "Notices":
    from retake.aws.messaging import Notices

    return Notices(client("sns"), settings().topic_arn)


def publish(notification: Mapping[str, Any]) -> None:
    """A message on the completion topic; its client is made when there is one to publish."""
    notices().publish(notification)


@cache
def erasing() -> "AsyncInvoke":
    """Who erases what somebody asked to have erased."""
    from retake.aws.messaging import AsyncInvoke

    return AsyncInvoke(client("lambda"), settings().erase_function)
