"""A call over loopback counts as one over TLS.

The buckets and queues of the stack refuse whoever comes without TLS, by `aws:SecureTransport` (IAM
User Guide, "AWS global condition context keys"). With AUTH=true ministack evaluates that condition
rightly, and so refuses everybody: the engine speaks plain HTTP, to this machine only. It has no
setting that says so. Without AUTH it evaluates no policy, and this changes nothing.
"""

import ministack.core.iam_evaluator as evaluator


def apply() -> None:
    """Pin every request as one that came over TLS."""
    pin = evaluator.pin_request_origin

    def pin_as_private(source_ip: str, secure_transport: bool) -> None:
        pin(source_ip, True)

    evaluator.pin_request_origin = pin_as_private
