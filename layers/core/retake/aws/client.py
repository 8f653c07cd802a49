"""One AWS client per service and process."""

from functools import cache
from typing import Any

import botocore.hooks
from botocore.config import Config

from retake.aws.help_texts import without_help_texts
from retake.aws.service_models import CompiledModels
from retake.aws.tls_roots import trust_by_subject
from retake.settings import hashed_roots, is_emulated

with without_help_texts():
    import botocore.session

# The old names of our services in events. botocore looks for the old names of all in each event,
# and makes a hundred and thirty while a session starts.
OLD_NAMES = {
    "secretsmanager": "secrets-manager",
    "states": "sfn",
    "stepfunctions": "sfn",
}


@cache
def _session() -> botocore.session.Session:
    # Not boto3, which adds transfers and resources nobody here uses; and one session, because each
    # would read the same descriptions of AWS anew.
    hooks: Any = botocore.hooks
    names_of_all, hooks.EVENT_ALIASES = hooks.EVENT_ALIASES, OLD_NAMES
    try:
        session = botocore.session.get_session()
    finally:
        hooks.EVENT_ALIASES = names_of_all
    session.get_component("data_loader").file_loader = CompiledModels()
    return session


@cache
def client(service: str) -> Any:
    """One AWS client per service and process.

    Its retries are botocore's standard ones; all of them together end before a function of 60
    seconds does, so that an outage is told by its name and not as a function that was killed.
    """
    config = Config(
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 3},
        user_agent_extra="retake",
        s3={"addressing_style": "path" if is_emulated() else "virtual"},
        signature_version="s3v4" if service == "s3" else None,
    )
    make: Any = _session().create_client  # its typed overloads name every service
    made = make(service, config=config)
    trust_by_subject(made, hashed_roots())
    return made
