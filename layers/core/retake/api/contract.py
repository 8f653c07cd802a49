"""Where the API answers: the method and the path of each route, by its name."""

from collections.abc import Mapping

from retake.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """A method at a path; what a step between <> holds is handed to the route by that name."""

    method: str
    path: str

    def values(self, path: str) -> dict[str, str] | None:
        """What stands in a path of this route, by name; None for a path that is not its own,
        whatever the method."""
        own, said = self.path.split("/"), path.rstrip("/").split("/")
        if len(own) != len(said):
            return None
        values = {}
        for step, word in zip(own, said, strict=True):
            if step.startswith("<") and word:
                values[step[1:-1]] = word
            elif step != word:
                return None
        return values


ROUTES: Mapping[str, Route] = {
    "create_upload": Route("POST", "/uploads"),
    "create_edit": Route("POST", "/edits"),
    "list_edits": Route("GET", "/edits"),
    "get_edit": Route("GET", "/edits/<edit_id>"),
    "get_video": Route("GET", "/edits/<edit_id>/video"),
    "cancel_edit": Route("POST", "/edits/<edit_id>/cancel"),
    "retry_edit": Route("POST", "/edits/<edit_id>/retry"),
    "recover_edit": Route("POST", "/edits/<edit_id>/recover"),
    "erase_edit": Route("DELETE", "/edits/<edit_id>"),
    "get_batch": Route("GET", "/batches/<batch_id>"),
    "answer_approval": Route("POST", "/edits/<edit_id>/approval"),
    "get_costs": Route("GET", "/costs"),
    "try_provider": Route("POST", "/providers/<provider>/try"),
    "redeliver_webhook": Route("POST", "/edits/<edit_id>/webhooks/redeliver"),
    "redeliver_webhooks": Route("POST", "/webhooks/redeliver"),
    "create_quotes": Route("POST", "/quotes"),
    "list_models": Route("GET", "/models"),
}
