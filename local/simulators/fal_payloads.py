"""fal's platform API: deleting what is stored of a request.

After fal's documentation of `DELETE /v1/models/requests/{request_id}/payloads`: the payloads and
the files of the output go, those of the input stay; it takes a key of the scope ADMIN.
"""

from local.simulators.backend import Backend
from local.simulators.exchange import HttpReply, RefusedCall, json_reply
from local.simulators.ledger import LedgerKind
from local.simulators.orders import ENDED


def delete_payloads(backend: Backend, request_id: str) -> HttpReply:
    """Forget a request that has ended. Raises Refused."""
    if not backend.settings.fal_admin_key:
        return json_reply(403, {"error": {"type": "authorization_error", "message": "Forbidden"}})
    job = backend.jobs.find("fal", request_id)
    if job is None or job.is_forgotten or job.phase not in ENDED:
        raise RefusedCall("not_found", "NOT_FOUND")
    files = backend.cdn.withdraw(job.id)
    job.body, job.stores_payloads, job.is_forgotten = None, False, True
    backend.ledger.enter(LedgerKind.FORGOTTEN, "fal", job.id, files=len(files))
    results = [{"link": backend.root_url + path, "exception": None} for path in files]
    return json_reply(200, {"cdn_delete_results": results})
