"""The simulators' own routes: read the ledger, set faults, turn switches, forget old jobs."""

import json
from collections.abc import Callable
from typing import Any

from local.simulators.exchange import Call, Reply, json_reply
from local.simulators.world import World


def answer(world: World, base_urls: dict[str, str], call: Call) -> Reply:
    """Answer a call below `/_`; wrong input is a 400 that says what is wrong."""
    work = ROUTES.get((call.method, call.path))
    if work is None:
        return json_reply(404, {"error": f"one of {sorted(f'{m} {p}' for m, p in ROUTES)}"})
    try:
        return json_reply(200, work(world, base_urls, call))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return json_reply(400, {"error": str(error)})


def _health(world: World, base_urls: dict[str, str], call: Call) -> Any:
    return {"status": "ok", "base_urls": base_urls}


def _ledger(world: World, base_urls: dict[str, str], call: Call) -> Any:
    provider, kind = call.query.get("provider"), call.query.get("kind")
    lines = world.ledger.entries(provider, kind, call.query.get("job_id"))
    return {
        "entries": [line.as_json() for line in lines],
        "totals": world.ledger.totals(provider),
    }


def _clear_ledger(world: World, base_urls: dict[str, str], call: Call) -> Any:
    world.ledger.clear()
    return {"cleared": True}


def _clear_jobs(world: World, base_urls: dict[str, str], call: Call) -> Any:
    world.jobs.clear()
    return {"cleared": True}


def _faults(world: World, base_urls: dict[str, str], call: Call) -> Any:
    return {"rules": world.script.as_json()}


def _set_faults(world: World, base_urls: dict[str, str], call: Call) -> Any:
    rules = json.loads(call.body)
    world.script.set(rules["rules"] if isinstance(rules, dict) else rules)
    return _faults(world, base_urls, call)


def _clear_faults(world: World, base_urls: dict[str, str], call: Call) -> Any:
    world.script.set([])
    return _faults(world, base_urls, call)


def _settings(world: World, base_urls: dict[str, str], call: Call) -> Any:
    return world.settings.as_json()


def _change_settings(world: World, base_urls: dict[str, str], call: Call) -> Any:
    world.settings.change(**json.loads(call.body))
    return world.settings.as_json()


ROUTES: dict[tuple[str, str], Callable[[World, dict[str, str], Call], Any]] = {
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
