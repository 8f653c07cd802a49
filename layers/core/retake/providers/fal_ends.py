"""What fal's status codes mean where a request is cancelled, or its payloads are deleted."""

from retake.providers.contract import Cancellation, DeletionOutcome

CANCELLATIONS = {
    # The bodies differ from page to page ({"status": ...} or {"success": ...}): the code decides.
    200: Cancellation.REQUESTED,
    202: Cancellation.REQUESTED,
    400: Cancellation.TOO_LATE,
    404: Cancellation.UNKNOWN_TASK,
    409: Cancellation.TOO_LATE,
}
FORGETTINGS = {
    204: DeletionOutcome.FORGOTTEN,
    400: DeletionOutcome.REFUSED,
    401: DeletionOutcome.REFUSED,
    403: DeletionOutcome.REFUSED,  # it takes a key of the scope ADMIN
    404: DeletionOutcome.UNKNOWN_TASK,
}
REMOVED_STATUS = "OK"  # of a cancellation: 'fal removed the request from the queue'
