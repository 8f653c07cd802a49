"""The API of a deployed stack: its routes over the real collaborators, made when first used."""

import re
from functools import cache

from retake.api.arguments import arguments_of
from retake.api.context import ApiContext
from retake.api.create_edit import Counter
from retake.api.routes import Api
from retake.api.views import EditView
from retake.aws.client import client
from retake.aws.dynamodb import DynamoTable
from retake.aws.presigned import Presigner
from retake.container import (
    announcer,
    enqueue,
    erasing,
    fetching,
    log,
    records,
    share_url,
    storage,
    workflow,
)
from retake.domain.footage import Footage
from retake.media.ranged_reader import Reader
from retake.records.allowance import Allowance
from retake.settings import settings


def _check_receiver(url: str) -> None:
    from retake.outbound.receivers import receivers

    receivers(settings().loopback_ports).check(url)


@cache
def api_context() -> ApiContext:
    known = settings()
    return ApiContext(
        records=records(),
        storage=storage(),
        grants=Presigner(client("s3")),
        counter=Counter(
            records=records(),
            enqueue=enqueue,
            check_url=lambda url: fetching().check(url),
            check_receiver=_check_receiver,
            head=lambda source: storage().head(source),
            inbox_bucket=known.inbox_bucket,
            inbox_prefix=known.inbox_prefix,
            default_model=known.default_model,
            prompt_max_chars=known.prompt_max_chars,
            shared_folders=known.shared_folders,
            take_edits=_allowance("edits", known.edits_per_minute).take,
        ),
        wake=workflow().wake,
        erase=lambda edit_id: erasing().ask(edit_id),
        look=_look,
        announcer=announcer(),
        results_bucket=known.results_bucket,
        take_forms=_allowance("upload forms", known.forms_per_minute).take,
        model_order=known.model_order,
        record_days=known.record_days,
        caller_folders=known.caller_folders,
        share=lambda edit, address: share_url(edit, address) if edit.result else None,
        budgets=known.budgets,
    )


def _look(reader: Reader) -> Footage:
    from retake.media.probe import probe  # for quotes of clips that are there already

    return probe(reader)


def _allowance(what: str, per_minute: int) -> Allowance:
    table = DynamoTable(client("dynamodb"), settings().table_name)
    return Allowance(table, what, per_minute, records().now)


@cache
def api() -> Api:
    return Api(api_context, _report)


def usual_answer() -> None:
    """What reads the call that most make, and writes its answer, made while the function starts."""
    arguments_of(Api.get_edit)
    EditView.model_rebuild()


def _report(error: Exception) -> None:
    # Where and what kind, not what it says: the words of an unknown error may hold what was sent.
    log.error("api", error=type(error).__name__, where=_where(error))


def _where(error: Exception) -> str:
    """The last place of ours that an error passed, for a log that must hold no value."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{re.sub('.*/', '', code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
