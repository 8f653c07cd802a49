"""The opening for simulators on one machine stays shut in a deployed stack, whoever deploys it."""

import re

import pytest
from retake.domain.errors import Forbidden, Misconfigured
from retake.outbound.client import Outbound
from retake.settings import PROVIDERS, Settings

from tests.support.template_reader import FUNCTION, ROOT, of_type, template, transformed

OPENING = "RETAKE_LOOPBACK_PORTS"
# What real Lambda sets in every function, and lets nobody change (AWS Lambda Developer Guide,
# "Defined runtime environment variables").
OF_LAMBDA = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}
INSIDE = "http://127.0.0.1:9001"


def variables() -> dict[str, set[str]]:
    """The names of each function's variables, as CloudFormation is given them."""
    functions = of_type("AWS::Lambda::Function", source=transformed())
    return {
        name: set(it.get("Environment", {}).get("Variables", {})) for name, it in functions.items()
    }


def test_no_function_is_given_the_opening_and_every_name_is_a_plain_word() -> None:
    assert set(variables()) == set(of_type(FUNCTION))
    for function, names in variables().items():
        assert OPENING not in names, function
        assert all(re.fullmatch("[A-Z][A-Z0-9_]*", name) for name in names), function


def test_nothing_writes_variables_that_the_template_does_not_name() -> None:
    # Neither another macro, which could rewrite it all, nor a layer, a wrapper or a sandbox's own.
    assert template()["Transform"] == "AWS::Serverless-2016-10-31"
    assert OPENING not in (ROOT / "template.yaml").read_text()
    assert OPENING not in (ROOT / "samconfig.toml").read_text()
    for names in variables().values():
        assert not names & {"AWS_LAMBDA_EXEC_WRAPPER", "PYTHONSTARTUP", "PYTHONPATH"}


@pytest.mark.parametrize("ports", ["9001", "443,9001", "0", "x"])
def test_a_function_that_is_given_the_opening_all_the_same_does_not_start(ports: str) -> None:
    with pytest.raises(Misconfigured, match="local engine only"):
        Settings.from_environment({**environment(), OPENING: ports})


def test_addresses_on_loopback_are_parameters_one_can_set_and_lead_nowhere() -> None:
    inside = {f"{name.upper()}_BASE_URL": INSIDE for name in PROVIDERS}
    known = Settings.from_environment(
        {**environment(), **inside, "FAL_SIGNING_KEYS_URL": INSIDE, "RESULT_HOSTS": "127.0.0.1"}
    )

    assert known.loopback_ports == frozenset()
    for url in (*known.base_urls.values(), known.provider_options["fal"]["signing_keys_url"]):
        with pytest.raises(Forbidden):
            Outbound(("127.0.0.1", "*"), loopback_ports=known.loopback_ports).check(url)


def environment() -> dict[str, str]:
    named = ("TABLE_NAME", "INBOX_BUCKET", "RESULTS_BUCKET", "DEFAULT_MODEL")
    return {**OF_LAMBDA, **dict.fromkeys(named, "x")}
