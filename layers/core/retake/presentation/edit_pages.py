"""The page of one edit, for whoever has a link to it and for its owner."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from retake.aws.presigned import Viewing, origin
from retake.domain.edit import Edit, Result
from retake.domain.phases import word_of
from retake.domain.signed_links import Signer, own_path, share_path
from retake.domain.source import file_name
from retake.domain.stored import moment
from retake.domain.values import dataclass
from retake.presentation.board_tiles import is_shown
from retake.presentation.pages.around import Around, Variation
from retake.presentation.pages.compare import ComparedSide, compare_page
from retake.presentation.pages.facts import facts_of, without_cost
from retake.presentation.pages.plain import standing_page
from retake.records.queries import EditQueries

FITTED = timedelta(days=6)  # repaired copies are deleted on their seventh day
MINTED = timedelta(hours=2)  # how long the links from one page to another hold, at least
JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
_PICTURES = {"jpg": JPEG, "jpeg": JPEG, "png": PNG, "webp": WEBP}


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPages:
    """What pages of edits are made with.

    `batch_ids` gives the edits of a batch in order. With `shows_cost` a shared page tells price and
    model; `simulated` are the providers that nobody pays.
    """

    records: EditQueries
    signer: Signer
    viewing: Viewing
    batch_ids: Callable[[str], Sequence[str]]
    shows_cost: bool
    simulated: Collection[str]

    def made(self, edit: Edit, nonce: str, *, is_owner: bool) -> tuple[str, list[str]]:
        """The page, HTML, and the places that its pictures and clips come from.

        Its owner is told price and model, and led to the other edits of its batch. Raises
        Unavailable, Misconfigured.
        """
        variations = list(self._variations(edit)) if is_owner else []
        shows_cost = is_owner or self.shows_cost
        if edit.result is None:
            html = standing_page(edit, shows_cost=shows_cost, variations=variations, nonce=nonce)
            return html, _origins(each.poster_url for each in variations)
        after = ComparedSide(
            url=self.video(edit.result.bucket, edit.result.key), poster_url=self.poster(edit)
        )
        before = self._before(edit)
        facts = facts_of(edit, self.simulated)
        around = Around(
            download_url=self.saving(edit.result),
            link=f"../{self.share(edit)}" if is_owner else None,
            variations=variations,
            pictures=list(self._pictures(edit)),
        )
        html = compare_page(
            facts if shows_cost else without_cost(facts),
            before=before,
            after=after,
            around=around,
            nonce=nonce,
        )
        addresses = [after.url, before.url if before else None, *around.pictures]
        addresses += [each.video_url for each in variations]
        return html, _origins(addresses)

    def video(self, bucket: str, key: str, version_id: str | None = None) -> str:
        """Where a clip can be looked at."""
        return self.viewing.link(bucket, key, version_id=version_id, content_type="video/mp4")

    def saving(self, result: Result) -> str:
        """Where a result can be saved from, for a minute."""
        return self.viewing.saving(result.bucket, result.key, file_name=file_name(result.key))

    def poster(self, edit: Edit) -> str | None:
        """Where a frame of the result can be looked at."""
        if edit.result is None or edit.result.poster_key is None:
            return None
        return self.viewing.link(edit.result.bucket, edit.result.poster_key, content_type=JPEG)

    def share(self, edit: Edit) -> str:
        """Where its page is for others, below `share/`; to be passed on."""
        return self._link(share_path, edit)

    def own(self, edit: Edit) -> str:
        """Where its page is for its owner, below `share/`."""
        return self._link(own_path, edit)

    def _link(self, maker: Callable[..., str], edit: Edit) -> str:
        until = _on_the_hour(self.records.now() + MINTED)
        path = maker(edit.edit_id, self.signer, until=until, generation=edit.share_generation)
        return path.removeprefix("share/")

    def _before(self, edit: Edit) -> ComparedSide | None:
        """The clip that was edited: its repaired copy, of the same length as the result, while
        there is one. None for an edit that was made of pictures only."""
        is_young = self.records.now() - moment(edit.created_at) < FITTED
        clip = edit.fitted if edit.fitted is not None and is_young else edit.source
        if clip is None:
            return None
        return ComparedSide(url=self.video(clip.bucket, clip.key, clip.version_id))

    def _pictures(self, edit: Edit) -> Iterator[str]:
        """Those that the model was given, in the versions that it was given."""
        for key, version_id in edit.pictures.items():
            content_type = _PICTURES.get(key.rpartition(".")[2].lower())
            if version_id and content_type:
                yield self.viewing.link(
                    edit.bucket, key, version_id=version_id, content_type=content_type
                )

    def _variations(self, edit: Edit) -> Iterator[Variation]:
        """The edits of its batch in order, without those that are gone or to be erased."""
        if edit.batch_id is None:
            return
        ids = self.batch_ids(edit.batch_id)
        edits = self.records.get_many(ids) if ids else {}
        for number, edit_id in enumerate(ids, start=1):
            it = edits.get(edit_id)
            if it is None or not is_shown(it):
                continue
            yield Variation(
                number=number,
                word=word_of(it),
                prompt=it.request.prompt if it.request else "",
                page_url=f"../{self.own(it)}",
                video_url=self.video(it.result.bucket, it.result.key) if it.result else None,
                poster_url=self.poster(it),
                is_shown=it.edit_id == edit.edit_id,
            )


def _origins(addresses: Iterable[str | None]) -> list[str]:
    return sorted({origin(url) for url in addresses if url})


def _on_the_hour(time: datetime) -> datetime:
    """The next full hour: a link that is made every two seconds is the same one for a while."""
    whole = time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return whole + timedelta(hours=1)
