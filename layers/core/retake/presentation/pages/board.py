"""The board: the latest edits, moving by themselves. Its script asks for them as data."""

from retake.presentation.pages.document import document, part

_BODY = """\
<div class="page board">
<header>
<p class=brand><b>Retake</b> <span>the latest edits</span></p>
<div class=top>
<h1>Board</h1>
<p id=state class="state quiet" role=status>Looking …</p>
</div>
</header>
<form id=drop class="drop card" hidden aria-labelledby=drop-title>
<h2 id=drop-title>Start an edit</h2>
<div class=words>
<label for=prompt>What shall change?</label>
<textarea id=prompt rows=3 autocomplete=off placeholder="Make it snow, at night"></textarea>
</div>
<div class=zone id=zone>
<p><b>Drop a clip here</b> <span class=quiet>or</span></p>
<label class="button first" for=file>Choose a file</label>
<input id=file name=file type=file accept="video/mp4,video/quicktime,.mp4,.mov">
<p class=quiet>mp4 or mov, up to some ten seconds</p>
</div>
<p id=told class=told role=alert></p>
</form>
<ul id=line class="in-line card" aria-label="Slots, budgets, and who waits" hidden></ul>
<main>
<h2 id=edits-title class=visually-hidden>Edits</h2>
<p id=empty class="empty card quiet" hidden>Nothing has been edited in the last days. A clip that is
dropped into the inbox bucket shows up here by itself.</p>
<ol id=edits class=edits aria-labelledby=edits-title></ol>
<noscript><p class=card>This page needs JavaScript to ask how the edits stand.</p></noscript>
</main>
<footer>Whoever has this address can see these edits until it expires.</footer>
</div>
<template id=edit>
<li class="edit card">
<div class=poster><img alt="" hidden><span class=blank aria-hidden=true></span></div>
<div class=text>
<p class=line><span class=chip></span> <span class="when quiet"></span></p>
<h3><a class=name></a></h3>
<p class="prompt quiet"></p>
<progress max=100 hidden></progress>
<p class=doing></p>
<p class=why></p>
<p class="small quiet facts-line"></p>
</div>
</li>
</template>
"""


def board_page(*, nonce: str | None = None) -> str:
    """The whole document; it asks `<its own path>/edits` for what it shows.

    Where that answer names a `drop` address, clips may be dropped onto the page. Only the server
    on one's own machine does that; a deployed stack has no such address.
    """
    style = part("board.css") + part("board_line.css")
    script = part("board.js") + part("board_line.js")
    return document("Board · Retake", _BODY, style=style, script=script, nonce=nonce)
