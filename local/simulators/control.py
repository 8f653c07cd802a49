"""The simulators' own routes: read the ledger, set faults, turn switches, forget old jobs."""

import json
from collections.abc import Callable
from typing import Any

from local.simulators.backend import Backend
from local.simulators.exchange import HttpCall, HttpReply, json_reply


def answer(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> HttpReply:
    """Answer a call below `/_`; wrong input is a 400 that says what is wrong."""
    work = ROUTES.get((call.method, call.path))
    if work is None:
        return json_reply(404, {"error": f"one of {sorted(f'{m} {p}' for m, p in ROUTES)}"})
    try:
        return json_reply(200, work(backend, base_urls, call))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return json_reply(400, {"error": str(error)})


def _health(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    return {"status": "ok", "base_urls": base_urls}


def _ledger(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    provider, kind = call.query.get("provider"), call.query.get("kind")
    lines = backend.ledger.entries(provider, kind, call.query.get("job_id"))
    return {
        "entries": [line.as_json() for line in lines],
        "totals": backend.ledger.totals(provider),
    }


def _clear_ledger(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    backend.ledger.clear()
    return {"cleared": True}


def _clear_jobs(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    backend.jobs.clear()
    return {"cleared": True}


def _faults(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    return {"rules": backend.script.as_json()}


def _set_faults(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    said = json.loads(call.body)
    if isinstance(said, dict):  # {"rules": [...]}, or one rule by itself
        said = said.get("rules", [said])
    backend.script.set(said)
    return _faults(backend, base_urls, call)


def _clear_faults(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    backend.script.set([])
    return _faults(backend, base_urls, call)


def _settings(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    return backend.settings.as_json()


def _change_settings(backend: Backend, base_urls: dict[str, str], call: HttpCall) -> Any:
    backend.settings.change(**json.loads(call.body))
    return backend.settings.as_json()


ROUTES: dict[tuple[str, str], Callable[[Backend, dict[str, str], HttpCall], Any]] = {
    ("GET", "/_health"): _health,
    ("GET", "/_ledger"): _ledger,
    ("DELETE", "/_ledger"): _clear_ledger,
    ("DELETE", "/_jobs"): _clear_jobs,
    ("GET", "/_faults"): _faults,
    ("POST", "/_faults"): _set_faults,
    ("DELETE", "/_faults"): _clear_faults,
    ("GET", "/_settings"): _settings,
    ("POST", "/_settings"): _change_settings,
}
