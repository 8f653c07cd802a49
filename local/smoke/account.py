"""The account a stack is in, seen with the credentials of whoever asks."""

import json
import os
import urllib.request
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.error import HTTPError, URLError

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.emulator.api_client import ApiAnswer
from local.errors import OutOfReach, UserError

HTTP_SECONDS = 60
# How the engine of this machine, and AWS, say that there is no such operation.
NOT_KNOWN = frozenset(
    {"InvalidAction", "UnknownOperationException", "NotImplemented", "UnsupportedOperation", "501"}
)


class Account:
    """One stack and the AWS APIs around it. `endpoint_url` is another place than AWS."""

    def __init__(
        self,
        stack: str,
        *,
        profile: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self.stack = stack
        self.is_local = endpoint_url is not None
        self._endpoint_url = endpoint_url
        if self.is_local and profile is None:
            self._session = boto3.Session(
                os.environ.get("AWS_ACCESS_KEY_ID", "test"), "test", region_name=region
            )
        else:
            self._session = boto3.Session(profile_name=profile, region_name=region)
        if self._session.region_name is None:
            raise OutOfReach("No region is set; name one with --region, or in your profile.")
        credentials = self._session.get_credentials()
        if credentials is None:
            raise OutOfReach("No AWS credentials were found; name a profile with --profile.")
        self._credentials = credentials
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        return str(self._session.region_name)

    def client(self, service: str) -> Any:
        """One client per service."""
        if service not in self._clients:
            config = Config(
                retries={"mode": "standard", "total_max_attempts": 3},
                signature_version="s3v4" if service == "s3" else None,
                s3={"addressing_style": "path" if self.is_local else "virtual"},
                proxies={} if self.is_local else None,
            )
            make: Any = self._session.client  # its typed overloads name every service
            self._clients[service] = make(service, endpoint_url=self._endpoint_url, config=config)
        return self._clients[service]

    @cached_property
    def described(self) -> dict[str, Any]:
        """The stack as CloudFormation describes it. Raises UserError when there is none."""
        try:
            found = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        except ClientError as error:
            raise OutOfReach(
                f"There is no stack {self.stack} in {self.region}: "
                f"{error.response['Error'].get('Message', 'it is not known')}"
            ) from None
        return dict(found[0])

    @cached_property
    def outputs(self) -> dict[str, str]:
        return {it["OutputKey"]: it["OutputValue"] for it in self.described.get("Outputs", [])}

    @cached_property
    def parameters(self) -> dict[str, str]:
        given = self.described.get("Parameters", [])
        return {it["ParameterKey"]: it["ParameterValue"] for it in given}

    @cached_property
    def _resources(self) -> list[tuple[str, str, str]]:
        found = []
        token: dict[str, str] = {}
        while True:
            page = self.client("cloudformation").list_stack_resources(StackName=self.stack, **token)
            found += [
                (it["ResourceType"], it["LogicalResourceId"], it.get("PhysicalResourceId", ""))
                for it in page["StackResourceSummaries"]
            ]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def resources(self, kind: str) -> dict[str, str]:
        """Physical ids by logical ones, of one type."""
        return {logical: physical for found, logical, physical in self._resources if found == kind}

    # ------------------------------------------------ the job API

    def call(
        self,
        method: str,
        path: str,
        said: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        credentials: Any = None,
    ) -> ApiAnswer:
        """One signed request to the stack's API, by whoever asks unless said; JSON in."""
        url = self.outputs["ApiUrl"] + path
        body = None if said is None else json.dumps(said).encode()
        kind = {} if body is None else {"content-type": "application/json"}
        request = AWSRequest(method=method, url=url, data=body, headers=kind | dict(headers or {}))
        SigV4Auth(credentials or self._credentials, "execute-api", self.region).add_auth(request)
        return self.send(method, url, body, dict(request.headers.items()))

    def send(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
        """One request as it is, from this machine; every status is an answer, a redirect too."""
        if not url.startswith(("https://", "http://127.0.0.1:")):
            raise UserError("The stack names an address that is neither https nor this machine's.")
        request = urllib.request.Request(url, body, dict(headers or {}), method=method)
        try:
            with self._opener.open(request, timeout=HTTP_SECONDS) as answer:
                return ApiAnswer(answer.status, _lower(answer.headers), answer.read())
        except HTTPError as error:
            with error:
                return ApiAnswer(error.code, _lower(error.headers), error.read())
        except URLError as error:
            raise OutOfReach(f"{url.split('/')[2]} cannot be reached: {error.reason}") from None

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        proxies = [urllib.request.ProxyHandler({})] if self.is_local else []
        return urllib.request.build_opener(*proxies, _NoRedirect())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the signature must not follow it."""

    def redirect_request(self, *_: object) -> None:
        return None


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
