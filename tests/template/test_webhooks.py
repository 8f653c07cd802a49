"""The webhooks' part of the template: a queue and a function that wait for nobody else."""

import re

from retake.domain.webhooks import is_webhook_url, secrets_in
from retake.records.keys import edit_key, receiver_key
from retake.steps.webhook import ANSWER_SECONDS, BUSY_SECONDS, MAX_DELAY_SECONDS

from tests.least_privilege.intrinsics import Filled
from tests.support.template_reader import (
    FUNCTION,
    listed,
    of_type,
    statements,
    template,
    transformed,
)

FILLED = Filled(transformed())


def test_a_webhook_reaches_records_of_edits_and_receivers_only() -> None:
    allowed = statements("WebhookFunctionRole")
    (table,) = (it for it in allowed if "dynamodb:GetItem" in listed(it["Action"]))

    keys = table["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert keys == [edit_key("*"), receiver_key("*")]
    assert not [it for it in allowed if any(a.startswith("s3:") for a in listed(it["Action"]))]


def test_one_message_is_taken_at_a_time_and_others_are_not_kept_waiting() -> None:
    source = FILLED.resources("AWS::Lambda::EventSourceMapping")["WebhookFunctionWebhooks"]
    timeout = of_type(FUNCTION)["WebhookFunction"]["Timeout"]

    assert source["BatchSize"] == 1
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] > 1
    # An attempt ends within the function's time, which ends before the receiver is given away.
    assert ANSWER_SECONDS + 20 < timeout < BUSY_SECONDS


def test_a_webhook_that_cannot_be_tried_is_kept_where_an_alarm_looks() -> None:
    queues = of_type("AWS::SQS::Queue")
    queue, dead = queues["WebhookQueue"], queues["WebhookDeadLetterQueue"]
    timeout = of_type(FUNCTION)["WebhookFunction"]["Timeout"]

    assert queue["VisibilityTimeout"] >= 6 * timeout
    assert queue["VisibilityTimeout"] > BUSY_SECONDS
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["WebhookDeadLetterQueue", "Arn"]
    }
    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"] > MAX_DELAY_SECONDS
    alarm = of_type("AWS::CloudWatch::Alarm")["WebhooksNotSentAlarm"]
    assert alarm["Dimensions"][0]["Value"] == {
        "Fn::GetAtt": ["WebhookDeadLetterQueue", "QueueName"]
    }


def test_the_secret_is_made_as_a_key_of_the_specifications_size() -> None:
    made = template()["Resources"]["WebhooksSecret"]["Properties"]["GenerateSecretString"]

    assert made["ExcludePunctuation"] is True
    assert made.keys() <= {"PasswordLength", "ExcludePunctuation", "ExcludeCharacters"}
    # Whatever letters and digits come, they are base64 when their number is a multiple of four.
    for letter in ("a", "Z", "9"):
        (key,) = secrets_in(letter * made["PasswordLength"])
        assert 24 <= len(key) <= 64


def test_what_the_parameter_takes_the_functions_take_as_well() -> None:
    pattern = template()["Parameters"]["WebhookUrl"]["AllowedPattern"]

    for url in (
        "https://hooks.example/a?b=c",
        "https://hooks.example:443",
        "https://hooks.example?x",
        "http://127.0.0.1:8080/hook",
    ):
        assert re.fullmatch(pattern, url)
        assert is_webhook_url(url)
    for url in ("http://hooks.example/", "https://hooks.example:8443/", "https://a@b.example/"):
        assert not re.fullmatch(pattern, url)
        assert not is_webhook_url(url)
