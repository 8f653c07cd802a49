"""`python -m local.smoke --stack NAME`: exit code 0 if nothing is broken, 1 if something is."""

import argparse
import json
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from local.errors import UserError
from local.smoke.account import Account
from local.smoke.cleanup import Traces
from local.smoke.findings import CheckVerdict, Finding, summary
from local.smoke.journey import Walk
from local.smoke.run import NOT_SEEN, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one stack. 2 means that it could not be begun."""
    options = _parser().parse_args(arguments)
    findings: list[Finding] = []
    traces = Traces()
    try:
        account = Account(
            options.stack,
            profile=options.profile,
            region=options.region,
            endpoint_url=options.endpoint_url,
        )
        walk = Walk(account, traces, model=options.model, may_spend=_consent(options))
        for finding in run(account, walk, traces):
            findings.append(finding)
            if not options.json:
                print(finding.as_text(), flush=True)
    except (UserError, BotoCoreError, ClientError) as error:
        print(f"smoke: {error}", file=sys.stderr)
        return 2
    is_broken = any(it.verdict is CheckVerdict.BROKEN for it in findings)
    if options.json:
        told = [it.as_json() for it in findings]
        print(
            json.dumps(
                {
                    "stack": options.stack,
                    "ok": not is_broken,
                    "findings": told,
                    "not_seen": [*NOT_SEEN],
                },
                indent=2,
            )
        )
    else:
        print(f"\n  {options.stack}: {summary(findings)}")
        print("\n  What this cannot see:")
        width = max(len(what) for what in NOT_SEEN)
        print("\n".join(f"    {what:<{width}}  {why}" for what, why in NOT_SEEN.items()))
    return int(is_broken)


class _Consent:
    """Whether the paid call is made: told by option, or asked of who sits at the terminal."""

    def __init__(self, told: bool, asks: bool) -> None:
        self._told = told
        self._asks = asks

    def __call__(self, model: str, usd: float) -> bool:
        if self._told or not self._asks:
            return self._told
        question = f"    One edit by {model} will cost about ${usd:.2f}. Make it? [y/N] "
        return input(question).strip().lower() in ("y", "yes")


def _consent(options: argparse.Namespace) -> _Consent:
    return _Consent(options.yes, sys.stdin.isatty() and not options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.smoke", description=__doc__)
    parser.add_argument("--stack", required=True, help="its name in CloudFormation")
    parser.add_argument("--profile", help="of your AWS configuration")
    parser.add_argument("--region", help="where the stack is")
    parser.add_argument("--model", help="for the one edit; the stack's default model otherwise")
    parser.add_argument(
        "--yes", action="store_true", help="make the one edit that costs money, without asking"
    )
    parser.add_argument("--json", action="store_true", help="the findings as JSON")
    parser.add_argument(
        "--endpoint-url", help="another place than AWS: the engine of this machine, for example"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
