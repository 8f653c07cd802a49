import pytest
from retake.domain.errors import Misconfigured
from retake.records.slots import Rooms
from retake.settings import PROVIDERS, Settings

ENVIRONMENT = {
    "TABLE_NAME": "edits",
    "INBOX_BUCKET": "inbox",
    "RESULTS_BUCKET": "results",
    "DEFAULT_MODEL": "novita/kling-o1-edit",
}


def read(**more: str) -> Settings:
    return Settings.from_environment(ENVIRONMENT | more)


# ---------------------------------------------------------------- the environment


def test_everything_else_has_a_sensible_default() -> None:
    known = read()

    assert (known.table_name, known.inbox_prefix, known.model_order) == ("edits", "", ())
    assert (known.first_poll_seconds, known.max_poll_seconds, known.record_days) == (45, 60, 90)
    assert (known.deadline_seconds, known.prompt_max_chars) == (0, 0)
    assert known.result_hosts == ("*",)
    assert known.loopback_ports == frozenset()
    assert set(known.base_urls) == set(known.secret_ids) == set(PROVIDERS)


@pytest.mark.parametrize("value", [None, "", "   "])
@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_is_named(name: str, value: str | None) -> None:
    environ = {key: text for key, text in ENVIRONMENT.items() if key != name}
    if value is not None:
        environ[name] = value

    with pytest.raises(Misconfigured, match=name):
        Settings.from_environment(environ)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *[
            (name, bad)
            for name in (
                "DEADLINE_SECONDS",
                "FIRST_POLL_SECONDS",
                "MAX_POLL_SECONDS",
                "PROMPT_MAX_CHARS",
                "RECORD_DAYS",
            )
            for bad in ("x", "-1", "1.5", "1e3", "²", "٣", "9" * 5000, "1 2")
        ],
        ("FIRST_POLL_SECONDS", "0"),  # would ask a provider without a pause
        ("MAX_POLL_SECONDS", "0"),
        ("RECORD_DAYS", "0"),  # would delete records that are still written
        ("NOVITA_BASE_URL", "api.novita.ai"),
        ("NOVITA_BASE_URL", "http://api.novita.ai"),
        ("EVOLINK_BASE_URL", "https://"),
        ("EVOLINK_BASE_URL", "https://api evolink.ai"),
        ("AIMLAPI_BASE_URL", "https://user:password@api.aimlapi.com"),
        ("FAL_BASE_URL", "http://127.0.0.1"),
        ("FAL_BASE_URL", "http://127.0.0.1.evil.example:80"),
        ("FAL_PLATFORM_URL", "https://[127.0.0.1]/"),
        ("FAL_SIGNING_KEYS_URL", "http://rest.fal.ai/jwks.json"),
        ("RESULT_HOSTS", "https://cdn.example"),
        ("RESULT_HOSTS", "cdn.example,*.*"),
        ("RESULT_HOSTS", "*cdn.example"),
        ("RESULT_HOSTS", "cdn.example/path"),
        ("RESULT_HOSTS", "cdn.example."),
        ("INBOX_HOLD", "on"),
        ("INBOX_HOLD", "2026-11-28T10:00/2026-11-28T12:00"),  # which clock's?
        ("INBOX_HOLD", "2026-11-28T12:00Z/2026-11-28T10:00Z"),
        ("MAX_RUNNING", "novita=0"),
        ("MAX_RUNNING", "kling=4"),
        ("MAX_RUNNING", "fal/Team=4"),
        ("MAX_PER_MINUTE", "fal/=4"),
        ("RETAKE_LOOPBACK_PORTS", "http"),
        ("RETAKE_LOOPBACK_PORTS", "8000,0"),
        ("RETAKE_LOOPBACK_PORTS", "65536"),
        ("RETAKE_LOOPBACK_PORTS", "-1"),
    ],
)
def test_a_bad_variable_is_named(name: str, bad: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        read(**{name: bad})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.novita.ai", "https://api.novita.ai"),
        ("https://api.novita.ai/", "https://api.novita.ai"),
        (" https://api.novita.ai/sub/ ", "https://api.novita.ai/sub"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("https://127.0.0.1:8001/fal", "https://127.0.0.1:8001/fal"),
        ("", ""),
    ],
)
def test_a_base_url_loses_its_ending_slash(given: str, kept: str) -> None:
    assert read(NOVITA_BASE_URL=given).base_urls["novita"] == kept


def test_a_provider_on_this_machine_is_simulated_with_tls_and_without() -> None:
    told = {"NOVITA": "http://127.0.0.1:8001", "FAL": "https://127.0.0.1:8002/fal"}
    known = read(
        **{f"{name}_BASE_URL": url for name, url in told.items()},
        EVOLINK_BASE_URL="https://api.evolink.ai",
    )

    assert known.simulated == {"novita", "fal"}


def test_lists_are_split_and_host_names_are_lower_case() -> None:
    known = read(MODEL_ORDER=" a/b , c/d,", RESULT_HOSTS="CDN.Example, *.Fal.media")

    assert known.model_order == ("a/b", "c/d")
    assert known.result_hosts == ("cdn.example", "*.fal.media")


def test_a_number_for_a_provider_is_for_each_of_its_keys_but_for_one_that_is_named() -> None:
    known = read(MAX_RUNNING="fal=2,fal/team-b=5,novita/default=3", MAX_PER_MINUTE="fal=9")
    rooms = Rooms(known.max_running, known.max_per_minute)

    found = {key: rooms.of(key).running for key in ("fal", "fal/team-b", "fal/c", "novita")}
    assert found == {"fal": 2, "fal/team-b": 5, "fal/c": 2, "novita": 3}
    assert rooms.of("novita/b").running is None
    assert rooms.of("fal/team-b").per_minute == 9


def test_loopback_ports_are_for_one_machine() -> None:
    assert read(RETAKE_LOOPBACK_PORTS="8001, 8002").loopback_ports == {8001, 8002}


@pytest.mark.parametrize("ports", ["8001", "x"])
def test_a_deployed_function_refuses_loopback_ports(ports: str) -> None:
    with pytest.raises(Misconfigured, match="RETAKE_LOOPBACK_PORTS is for the local engine"):
        read(RETAKE_LOOPBACK_PORTS=ports, AWS_LAMBDA_RUNTIME_API="127.0.0.1:9001")


def test_a_deployed_function_without_them_is_fine() -> None:
    assert read(RETAKE_LOOPBACK_PORTS="", AWS_LAMBDA_RUNTIME_API="x").loopback_ports == frozenset()


# ---------------------------------------------------------------- provider keys
