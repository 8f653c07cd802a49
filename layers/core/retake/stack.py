"""The real collaborators of a deployed function, each made once per process, when first used."""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from retake.circuits import Circuits
from retake.links import Signer
from retake.records import Records
from retake.settings import Keys, client, link_secrets, settings
from retake.table import DynamoTable

if TYPE_CHECKING:
    from retake.edits import Edit
    from retake.outbound import Outbound
    from retake.providers.base import Provider
    from retake.steps.keep import Keeper
    from retake.steps.sweep import Sweeper
    from retake.storage import Storage
    from retake.workflow import Workflow

log = Logger(service="retake", utc=True)
# They would log whole addresses at INFO, presigned signatures included.
for chatty in ("httpx", "httpcore", "urllib3", "botocore"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


@cache
def records() -> Records:
    known = settings()
    table = DynamoTable(client("dynamodb"), known.table_name)
    return Records(table, record_days=known.record_days)


@cache
def circuits() -> Circuits:
    return Circuits(DynamoTable(client("dynamodb"), settings().table_name))


@cache
def storage() -> "Storage":
    from retake.storage import Storage

    return Storage(client("s3"))


@cache
def workflow() -> "Workflow":
    from retake.workflow import Workflow

    return Workflow(client("stepfunctions"), settings().state_machine_arn)


def vault() -> object:
    """Where the keys of the providers and the secret of the links are."""
    return client("secretsmanager")


def web() -> object:
    """What calls to the web need besides their address."""
    from retake.transport import public_authorities

    return public_authorities()


@cache
def keys() -> Keys:
    return Keys(settings().secret_ids)


@cache
def provider(name: str) -> "Provider":
    from retake.providers import provider

    return provider(name, settings(), keys())


@cache
def keeper() -> "Keeper":
    """Where results are kept, and where they may be fetched from."""
    from retake.outbound import Outbound
    from retake.steps.keep import Keeper

    known = settings()
    downloads = Outbound(known.result_hosts, loopback_ports=known.loopback_ports)
    return Keeper(storage(), known.results_bucket, provider, downloads)


@cache
def sweeper() -> "Sweeper":
    from retake.notices import Notices
    from retake.steps.sweep import Sweeper

    known = settings()
    return Sweeper(
        records=records(),
        workflow=workflow(),
        publish=Notices(client("sns"), known.topic_arn).publish,
        uploads=lambda place: storage().current(known.inbox_bucket, known.inbox_prefix, place),
        prefix=known.inbox_prefix,
    )


@cache
def fetching() -> "Outbound":
    """Where clips given by their address may be fetched from: any public host."""
    from retake.outbound import Outbound

    return Outbound(("*",), loopback_ports=settings().loopback_ports)


@cache
def signer() -> Signer:
    return Signer(link_secrets)


def tell(step: str, edit: "Edit", **facts: Any) -> None:
    """The one log line of a step, keyed alike everywhere."""
    log.info(
        step,
        edit_id=edit.edit_id,
        provider=edit.provider,
        attempt=edit.attempt,
        status=edit.status,
        **facts,
    )
