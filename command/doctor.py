"""The check of a deployed stack from outside, told as it goes."""

from collections.abc import Callable
from dataclasses import dataclass

from command.exits import Exit
from command.terminal import print_json
from local.smoke.account import Account
from local.smoke.cleanup import Traces
from local.smoke.findings import CheckVerdict, Finding, summary
from local.smoke.journey import Walk
from local.smoke.run import NOT_SEEN, run


@dataclass(frozen=True, slots=True)
class SpendingConsent:
    """Whether the one paid call is made: told by option, or asked of who sits at the terminal."""

    is_given: bool
    ask: Callable[[str], bool] | None

    def __call__(self, model: str, usd: float) -> bool:
        if self.is_given or self.ask is None:
            return self.is_given
        return self.ask(f"One edit by {model} will cost about ${usd:.2f}. Make it?")


def examine(
    account: Account, may_spend: SpendingConsent, model: str | None, *, is_json: bool
) -> int:
    """Check one stack; the answer is the exit code."""
    findings: list[Finding] = []
    traces = Traces()
    walk = Walk(account, traces, model=model, may_spend=may_spend)
    for finding in run(account, walk, traces):
        findings.append(finding)
        if not is_json:
            print(finding.as_text(), flush=True)
    is_broken = any(it.verdict is CheckVerdict.BROKEN for it in findings)
    if is_json:
        print_json(
            {
                "stack": account.stack,
                "ok": not is_broken,
                "findings": [it.as_json() for it in findings],
                "not_seen": [*NOT_SEEN],
            }
        )
    else:
        print(f"\n  {account.stack}: {summary(findings)}")
        print("\n  What this cannot see:")
        width = max(len(what) for what in NOT_SEEN)
        print("\n".join(f"    {what:<{width}}  {why}" for what, why in NOT_SEEN.items()))
    return Exit.NOT_DONE if is_broken else Exit.DONE
