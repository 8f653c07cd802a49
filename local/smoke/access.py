"""The doors of the API, tried from outside: who may come in, and who may not."""

from local.smoke.account import Account
from local.smoke.findings import Broken, LeftOut, Untold
from local.smoke.readiness import DEPLOY

NOBODY = "e-00000000000000000000"
FORGED = {"authorization": "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=x, Signature=0"}


def calls_without_a_signature_are_refused(account: Account) -> str:
    for headers in ({}, FORGED):
        answer = account.send("GET", account.outputs["ApiUrl"] + "/edits", headers=headers)
        _expect(answer.status == 403, f"GET /edits answered {answer.status}")
    return ""


def signed_calls_are_answered(account: Account) -> str:
    answer = account.call("GET", "/edits?limit=1")
    if answer.status == 403:
        raise Untold("these credentials may not call the API (execute-api:Invoke)")
    _expect(answer.status == 200, f"GET /edits answered {answer.status}")
    return ""


def the_providers_door_refuses_what_is_not_proven(account: Account) -> str:
    url = f"{account.outputs['ApiUrl']}/callbacks/fal/{NOBODY}/1/forged"
    answer = account.send("POST", url, b"{}", {"content-type": "application/json"})
    _expect(answer.status == 401, f"a forged call was answered with {answer.status}")
    _expect(not answer.body, "a forged call was answered with words")
    return ""


def share_links_refuse_what_is_not_proven(account: Account) -> str:
    if "ShareFunction" not in account.resources("AWS::Lambda::Function"):
        raise LeftOut("the stack has no share links")
    for path in (f"/share/{NOBODY}/forged", "/board/forged", "/board/forged/edits"):
        answer = account.send("GET", account.outputs["ApiUrl"] + path)
        _expect(400 <= answer.status < 500, f"GET {path} answered {answer.status}")
    return ""


def the_api_has_one_stage_with_limits_and_a_log(account: Account) -> str:
    (api,) = account.resources("AWS::ApiGateway::RestApi").values()
    stages = account.client("apigateway").get_stages(restApiId=api)["item"]
    names = [it["stageName"] for it in stages]
    _expect(names == ["v1"], f"its stages are {', '.join(names) or 'none'}")
    every = stages[0].get("methodSettings", {}).get("*/*", {})
    _expect(every.get("throttlingRateLimit", 0) > 0, "it takes any number of calls")
    is_logged = bool(stages[0].get("accessLogSettings")) or account.is_local  # it keeps none
    _expect(is_logged, "it writes no access log")
    return ""


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise, DEPLOY)
