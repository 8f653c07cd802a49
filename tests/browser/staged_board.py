"""A board in the browser that is told by its test what there is, and what is answered to it."""

from typing import Any

from retake.domain.phases import OF_STATUS, PHASES
from retake.domain.vocabulary import Status

# From now on the page gets these answers instead of the stack's, and its timers are written down
# instead of being waited for. What it asks beside how the edits stand is answered by its path.
STAGED = """
window.answer = arguments[0]; window.other = arguments[1] || {};
window.waits = []; window.asked = 0; window.said = [];
window.fetch = async (url, {body} = {}) => {
  const path = String(url).replace(/^.*\\/(desk|board\\/[^/]*)\\//, '').replace(/=.*/, '');
  const told = path === 'edits' ? window.answer : window.other[path];
  if (path === 'edits') window.asked += 1; else window.said.push([path, body]);
  if (told === 'lost') throw new TypeError('no network');
  const status = told.status > 200 ? told.status : 200;
  return {ok: status === 200, status, json: async () => told};
};
window.later ??= window.setTimeout;
window.setTimeout = (what, wait) => { window.waits.push(wait); return 0; };
return look();
"""
AGAIN = "window.answer = arguments[0]; window.waits = []; return look();"
LONG = "https://example.com/" + "averylongname" * 12 + ".mp4"
SENTENCE = "It was not taken: the clip lasts 12.5 seconds, and 3 to 10 seconds are allowed. " * 3
DETAILS = "A long prompt that says in every detail what shall change. " * 6


def edit(name: str = "clip.mp4", status: str = Status.RUNNING.value, **more: Any) -> dict[str, Any]:
    """As `board_tiles.tile` tells of one that is being edited, but for what is given."""
    return {
        "edit_id": f"e-{name}",
        "name": name,
        "prompt": "Make it snow, at night",
        "status": status,
        "word": PHASES[OF_STATUS[Status(status)]].word,
        "doing": "The provider is editing",
        "percent": 55,
        "is_finished": False,
        "model": "novita/kling-o1-edit",
        "cost": "about $0.84",
        "created_at": "2026-03-01T12:00:00.000Z",
        "seconds": 12,
        "share": f"e-{name}/token",
        **more,
    }


def ended(name: str, status: str = "SUCCEEDED", **more: Any) -> dict[str, Any]:
    return edit(name, status, is_finished=True, percent=100, cost="$0.84", **more)


DESK = {
    "url": "/desk",
    "token": "t",
    "most_bytes": 300,
    "fits": ["trim", "auto"],
    "models": [
        {"model": "novita/kling-o1-edit", "role": "default", "usd_per_second": 0.168},
        {"model": "fal/kling-o1-edit", "role": "on_request", "usd_per_second": 0.112},
    ],
}
EVERYTHING = [
    edit("moving.mp4"),
    edit("waiting.mp4", status="RECEIVED", doing="Looking at the clip", percent=5),
    ended("shots/day 3/take 12 – final.mp4", prompt=DETAILS),
    ended(LONG, "REJECTED", reason="TOO_LONG", message=SENTENCE),
    ended("late.mp4", "FAILED", reason="TIMED_OUT", message="Not done in time.", prompt=LONG),
    ended("stopped.mp4", "CANCELLED", message="It was cancelled."),
    ended("حديقة.mp4", prompt="اجعل الثلج يتساقط ليلا"),
    *(ended("street.mp4", batch_id="b-1", edit_id=f"e-{n}") for n in range(3)),
    edit("street.mp4", batch_id="b-1", edit_id="e-3"),
]
LINE = {
    "slots": [
        {"key": "novita", "taken": 4, "limit": 4},
        {"key": "fal", "taken": 0, "limit": 2, "held_for": "NO_CREDIT"},
    ],
    "waiting": [
        {"number": "more than 100", "why": "for their turn at a provider"},
        {"number": "1", "why": "for approval"},
    ],
    "budgets": [
        {"told": "$24.36 of $25.00 this day", "percent": 97, "is_full": False},
        {"told": "40 of 40 edits this month", "percent": 100, "is_full": True},
    ],
}
