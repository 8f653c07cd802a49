"""The API called by somebody who holds the permission that docs/api.md names, and no other."""

import json
import time
import uuid
from collections.abc import Mapping

from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local.smoke.account import Account
from local.smoke.cleanup import Traces
from local.smoke.findings import Broken, Untold
from local.smoke.readiness import DEPLOY

GRANTED_SECONDS = 60  # IAM spreads a new role within seconds, mostly
NOT_YET = ("AccessDenied", "InvalidClientTokenId", "NoSuchEntity")


class Least:
    """A role of its own, for as long as the check runs."""

    def __init__(self, account: Account, traces: Traces) -> None:
        self._account = account
        self._traces = traces

    def execute_api_invoke_alone_opens_the_api(self) -> str:
        api = next(iter(self._account.resources("AWS::ApiGateway::RestApi").values()))
        who = self._account.client("sts").get_caller_identity()
        partition, number = who["Arn"].split(":")[1], who["Account"]
        role = self._role(number, partition, api)
        give_up_at = time.monotonic() + GRANTED_SECONDS
        while True:
            status = self._status_as(role)
            if status == 200:
                return "by a role that may do nothing else"
            if time.monotonic() > give_up_at:
                raise Broken(f"GET /edits answered such a caller with {status}", DEPLOY)
            time.sleep(2)

    def _role(self, number: str, partition: str, api: str) -> str:
        iam, name = self._account.client("iam"), f"retake-smoke-{uuid.uuid4().hex[:12]}"
        root = f"arn:{partition}:iam::{number}:root"
        trust = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
        where = f"arn:{partition}:execute-api:{self._account.region}:{number}:{api}/v1/*"
        granted = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": where}
        self._traces.add("role", lambda: iam.delete_role(RoleName=name))
        try:
            made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))
        except ClientError as error:
            raise Untold(
                f"these credentials may make no role ({error.response['Error']['Code']})"
            ) from None
        policy = {"RoleName": name, "PolicyName": "calls-the-api"}
        self._traces.add("policy", lambda: iam.delete_role_policy(**policy))
        iam.put_role_policy(**policy, PolicyDocument=_document(granted))
        return str(made["Role"]["Arn"])

    def _status_as(self, role: str) -> int:
        try:
            taken = self._account.client("sts").assume_role(
                RoleArn=role, RoleSessionName="retake-smoke"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_YET:
                return 403
            raise
        keys = taken["Credentials"]
        caller = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return self._account.call("GET", "/edits?limit=1", credentials=caller).status


def _document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
