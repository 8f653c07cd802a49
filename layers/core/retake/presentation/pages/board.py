"""The board: the latest edits, moving by themselves, and where that is offered a place to work.

Its script asks for everything as data. It lies in small files that are sent as one: the list,
its cards, what is searched for, slots and budgets, and the work.
"""

from retake.presentation.pages.document import document, part

_SCRIPTS = (
    *("board.js", "board_cards.js", "board_find.js", "board_line.js"),
    *("board_work.js", "board_clips.js"),
)
_STYLES = ("board.css", "board_line.css", "board_work.css")

_BODY = """\
<div class="page board">
<header>
<p class=brand><b>Retake</b> <span>the latest edits</span></p>
<div class=top>
<h1>Board</h1>
<p id=state class="state quiet" role=status>Looking …</p>
</div>
</header>
<main>
<ul id=line class="in-line card" aria-label="Slots, budgets, and who waits" hidden></ul>
<form id=work class="work card" hidden aria-labelledby=work-title>
<h2 id=work-title>Start an edit</h2>
<div class=zone id=zone>
<p><b>Drop clips here</b> <span class=quiet>or</span></p>
<label class="button first" for=file>Choose clips</label>
<input id=file type=file multiple accept="video/mp4,video/quicktime,.mp4,.mov,.m4v">
<p class=quiet>mp4 or mov, several at once; nothing is sent before you start</p>
</div>
<ul id=clips class=clips aria-label="Clips to be edited"></ul>
<div class=words>
<label for=prompt>What shall change?</label>
<textarea id=prompt dir=auto rows=3 autocomplete=off
 placeholder="Make it snow, at night"></textarea>
</div>
<div class=choices>
<label>Model <select id=model></select></label>
<label>What does not fit <select id=fit></select></label>
<label class=check><input id=sound type=checkbox checked> Keep the sound</label>
<div class=pictures>
<label class=button for=pictures>Add pictures</label>
<input id=pictures type=file multiple accept="image/jpeg,image/png,image/webp">
<ul id=pictured class=references aria-label="Reference pictures"></ul>
</div>
</div>
<div class=go>
<button id=start class=first type=submit disabled>Start</button>
<p id=price class=price role=status></p>
</div>
<p id=told class=told role=alert></p>
<p class="keys quiet"><kbd>Ctrl</kbd> <kbd>Enter</kbd> starts · <kbd>/</kbd> searches</p>
</form>
<h2 id=edits-title class=visually-hidden>Edits</h2>
<div id=find class=find role=search hidden>
<label class=visually-hidden for=search>Search the edits</label>
<input id=search type=search autocomplete=off placeholder="Search names, prompts, models">
<label class=visually-hidden for=only>Which edits</label>
<select id=only>
<option value="">All</option><option value=moving>Moving</option>
<option value=ready>Ready</option><option value=ended>Refused, failed, cancelled</option>
</select>
<p id=count class="count quiet" role=status></p>
</div>
<p id=empty class="empty card quiet" hidden>Nothing has been edited in the last days. A clip that is
dropped into the inbox bucket shows up here by itself.</p>
<ol id=edits class=edits aria-labelledby=edits-title></ol>
<p class=further><button id=older type=button hidden>Look for older edits</button></p>
<noscript><p class=card>This page needs JavaScript to ask how the edits stand.</p></noscript>
</main>
<footer id=foot>Whoever has this address can see these edits until it expires.</footer>
</div>
<template id=edit>
<li class="edit card">
<div class=poster><img alt="" hidden><span class=blank aria-hidden=true></span></div>
<div class=text>
<p class=line><span class=chip></span> <span class="when quiet"></span></p>
<h3><a class=name dir=auto></a></h3>
<p class="prompt quiet" dir=auto></p>
<progress max=100 hidden></progress>
<p class=doing></p>
<p class=why dir=auto></p>
<p class="small quiet facts-line"></p>
<p class=actions>
<button type=button data-do=download hidden>Download</button>
<button type=button data-do=copy hidden>Copy link</button>
<button type=button data-do=reword hidden>Change</button>
<button type=button data-do=retry hidden>Try again</button>
<button type=button data-do=approve hidden>Approve</button>
<button type=button data-do=reject hidden>Refuse</button>
<button type=button data-do=cancel hidden>Cancel</button>
</p>
<p class="note small" role=status></p>
</div>
</li>
</template>
<template id=clip>
<li class=clip>
<div class=frame><img alt="" hidden></div>
<div class=about>
<p class=clip-name dir=auto></p>
<p class="clip-facts quiet"></p>
<p class=clip-told></p>
<details><summary>A prompt of its own</summary>
<textarea dir=auto rows=2 autocomplete=off></textarea></details>
</div>
<button type=button class=remove>×</button>
</li>
</template>
"""


def board_page(*, nonce: str | None = None) -> str:
    """The whole document; it asks `<its own path>/edits` for what it shows.

    Where that answer names a `desk`, clips may be dropped onto the page and edits be started,
    changed and stopped there. Only the server on one's own machine does that; a deployed stack
    names none.
    """
    return document(
        "Board · Retake",
        _BODY,
        style="".join(map(part, _STYLES)),
        script="".join(map(part, _SCRIPTS)),
        nonce=nonce,
    )
