"""fal's platform API: deleting what is stored of a request.

After fal's documentation of `DELETE /v1/models/requests/{request_id}/payloads`: the payloads and
the files of the output go, those of the input stay; it takes a key of the scope ADMIN.
"""

from typing import TYPE_CHECKING

from local.simulators.exchange import Refused, Reply, json_reply
from local.simulators.ledger import Kind
from local.simulators.orders import ENDED

if TYPE_CHECKING:
    from local.simulators.world import World


def delete_payloads(world: "World", request_id: str) -> Reply:
    """Forget a request that has ended. Raises Refused."""
    if not world.settings.fal_admin_key:
        return json_reply(403, {"error": {"type": "authorization_error", "message": "Forbidden"}})
    job = world.jobs.find("fal", request_id)
    if job is None or job.is_forgotten or job.phase not in ENDED:
        raise Refused("not_found", "NOT_FOUND")
    files = world.cdn.withdraw(job.id)
    job.body, job.stores_payloads, job.is_forgotten = None, False, True
    world.ledger.enter(Kind.FORGOTTEN, "fal", job.id, files=len(files))
    results = [{"link": world.root_url + path, "exception": None} for path in files]
    return json_reply(200, {"cdn_delete_results": results})
