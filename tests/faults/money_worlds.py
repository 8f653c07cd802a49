"""Stacks that say something about money and slots, with everything about them drawn."""

from collections.abc import Mapping
from random import Random

from tests.faults.runs import HOUR, SHORT, VARIANTS, Outcome, names_of, run
from virtual.lambdas import USUAL_SECONDS, Capacity
from virtual.whole_stack import Stage

# It is an hour before midnight there when a run begins: until the next day the sweep comes twelve
# times.
SOON = {"BUDGET_TIME_ZONE": "Pacific/Noumea"}
CALLS = 80  # about as many as one edit makes
MAX_FAULTS = 5
HORIZON = 130 * HOUR  # some have their turn on the fourth day


def world(seed: int) -> Outcome:
    """A few uploads in a stack whose slots, rate, budgets, questions and reuse are drawn, at a
    provider that keeps to the same number of slots, with faults and the order of all drawn as well.
    """
    rng = Random(f"money {seed}")
    uploads = rng.choice((1, 2, 2, 3, 4))
    slots = rng.choice((1, 1, 2, 9999))
    variant = VARIANTS[rng.choice(("calls-back", "both", "neither"))]
    provider = variant.model.partition("/")[0]
    stage = Stage(
        variant.model,
        seed=seed,
        switching=rng.choice((0.0, 0.1, 0.3)),
        faults={rng.randrange(CALLS * uploads): None for _ in range(rng.randrange(MAX_FAULTS + 1))},
        rng=rng,
        calls_back=variant.calls_back,
        lists=variant.lists,
        environment={
            **SHORT,
            **SOON,
            "MAX_RUNNING": f"{provider}={slots}",
            **_said_of_money(uploads, provider, rng),
        },
        capacity=rng.choice((Capacity(), Capacity(), Capacity(2, USUAL_SECONDS))),
    )
    stage.ledger.seconds = rng.choice((0.0, 60.0, 1000.0))
    stage.ledger.runs_at_once = rng.choice((None, slots))
    stage.ledger.succeeds = rng.random() < 0.9
    stage.says = rng.choice(("yes", "yes", "no", "hm"))
    stage.answer_delays = tuple(rng.uniform(1, 4000) for _ in range(rng.choice((1, 2))))
    stage.callback_delays = tuple(rng.uniform(-1, 60) for _ in range(rng.choice((0, 1, 1, 3))))
    for key in names_of(uploads):
        stage.deliver(stage.upload(key), after=rng.choice((0.0, rng.uniform(0, 3700))))
    for _ in range(rng.choice((0, 0, 2))):
        stage.sweep(after=rng.uniform(0, 4500), is_observed=True)
    if rng.random() < 0.2:
        stage.rerun(after=rng.choice((0.05, 2.0, rng.uniform(0, 400))))
    return run(stage, f"money={seed}", uploads=uploads, horizon=HORIZON)


def _said_of_money(uploads: int, provider: str, rng: Random) -> Mapping[str, str]:
    """Enough a day that all of them have had their turn in a few days."""
    a_day = -(-uploads // 2)
    said: dict[str, str] = {}
    said["BUDGET_CAPS"] = rng.choice(
        ("", f"daily_edits={a_day}", f"daily_seconds={3 * a_day}", "monthly_edits=2,daily_edits=1")
    )
    if "monthly" in said["BUDGET_CAPS"] or rng.random() < 0.2:
        said["ON_FULL_BUDGET"] = "refuse"
    if rng.random() < 0.3:
        said |= {"APPROVE_ABOVE_USD": "0", "APPROVAL_HOURS": "1"}
    if rng.random() < 0.2:
        said["REUSE_RESULTS"] = "on"
    if rng.random() < 0.3:
        said["MAX_PER_MINUTE"] = f"{provider}={rng.choice((1, 2))}"
    return said
