"""What the template says of every provider alike, written from the adapters by `make docs`."""

import re

from retake.providers.base import Provider
from retake.providers.registry import PROVIDERS

# Plain http is for a simulator on this machine only; a deployed function refuses it.
_URL = (
    r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
    r"|http://127\.0\.0\.1:[0-9]{1,5}(/[A-Za-z0-9._~/-]*)?"
)
# Secrets that sign are no provider's.
_SIGNING = r"(?!Links|Board|Callbacks|Approvals|Webhooks)"
# How one provider's lines look, and by what lines of the same kind are found in the template.
BLOCKS = (
    ("          - {id}BaseUrl\n", r"          - \w+BaseUrl\n"),
    (
        "  {id}BaseUrl:\n"
        "    Type: String\n"
        "    Default: {url}\n"
        "    Description: Where {title} answers. Empty takes its key from the functions that "
        "submit, poll and save.\n"
        "    AllowedPattern: ^$|^({pattern})$\n"
        "    ConstraintDescription: Empty, an https URL without query, or http://127.0.0.1:PORT "
        "for a simulator.\n",
        r"  \w+BaseUrl:\n(?:    .*\n)+",
    ),
    ("        {env}_BASE_URL: !Ref {id}BaseUrl\n", r"        \w+_BASE_URL: .*\n"),
    ("        {env}_SECRET_ID: !Ref {id}Secret\n", r"        \w+_SECRET_ID: .*\n"),
    (
        "  {id}Secret:\n"
        "    Type: AWS::SecretsManager::Secret\n"
        "    Properties:\n"
        "      Name: !Sub ${{AWS::StackName}}/providers/{name}\n"
        "      KmsKeyId: !If [HasOwnKey, !GetAtt EncryptionKey.Arn, !Ref AWS::NoValue]\n"
        "      Description: API key for {title}\n"
        "      SecretString: replace-me\n\n",
        rf"  {_SIGNING}\w+Secret:\n(?:    .*\n)+\n",
    ),
    (
        '  Uses{id}: !Not [!Equals [!Ref {id}BaseUrl, ""]]\n',
        r"  Uses\w+: .*\n",
    ),
    (
        "                - !If [Uses{id}, !Ref {id}Secret, !Ref AWS::NoValue]\n",
        r"                - !If \[Uses\w+, .*\n",
    ),
    (
        "  {id}SecretArn:\n    Description: Put the {title} key here\n    Value: !Ref {id}Secret\n",
        rf"  {_SIGNING}\w+SecretArn:\n(?:    .*\n)+",
    ),
)


def renewed(template: str) -> str:
    """The template with the lines of every provider in the registry, in its order."""
    for form, kind in BLOCKS:
        lines = "".join(_lines(form, name, adapter) for name, adapter in PROVIDERS.items())
        template = re.sub(f"(?m)^(?:{kind})+", lambda _, lines=lines: lines, template)  # type: ignore[misc]
    return template


def _lines(form: str, name: str, adapter: type[Provider]) -> str:
    return form.format(
        id=name.capitalize(),
        env=name.upper(),
        name=name,
        title=adapter.title,
        url=adapter.url,
        pattern=_URL,
    )
