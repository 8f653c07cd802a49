"""Who may write to the buckets, and who may delete from them."""

from retake.domain.source import SHARED_BY_EDITS, SUPPLIES

from tests.support.template_reader import actions, listed, roles, statements

# Where a role may put objects into the inbox: folders that start no edit.
MATERIAL = {
    "ApiFunctionRole": {"sources/*", "images/*"},
    "ValidateFunctionRole": {"sources/fetched/*"},
}


def writes() -> set[tuple[str, str]]:
    """Each role that may change objects, with the resource."""
    return on_objects("s3:Put", "s3:Delete", "s3:Abort", "s3:Restore") - erasures()


def erasures() -> set[tuple[str, str]]:
    """Each role that may delete for good, with the resource."""
    return on_objects("s3:DeleteObjectVersion")


def on_objects(*beginnings: str) -> set[tuple[str, str]]:
    return {
        (role, str(resource["Fn::Sub"]))
        for role in roles()
        for statement in statements(role)
        for action in listed(statement["Action"])
        if action.startswith(beginnings)
        for resource in listed(statement["Resource"])
    }


def test_one_function_alone_deletes_for_good_and_it_can_neither_read_nor_write() -> None:
    assert {role for role, _ in erasures()} == {"EraseFunctionRole"}
    assert {arn for _, arn in erasures()} == {
        "${InboxBucket.Arn}/*",
        "${ResultsBucket.Arn}/edited/*",
        "${ResultsBucket.Arn}/fitted/*",
    }
    objects = {each for each in actions("EraseFunctionRole") if each.startswith("s3:")}
    assert objects == {"s3:DeleteObjectVersion", "s3:ListBucketVersions"}


def test_whoever_erases_is_denied_what_many_edits_use() -> None:
    (denied,) = statements("EraseFunctionRole", "Deny")

    assert set(denied["Action"]) == {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    assert {each["Fn::Sub"] for each in denied["Resource"]} == {
        f"${{InboxBucket.Arn}}/${{InboxPrefix}}{folder}*" for folder in SHARED_BY_EDITS
    }


def test_what_is_written_into_the_inbox_can_start_no_edit() -> None:
    # An edit that could put a clip where uploads go could start another, and each is paid for.
    into_inbox = {(role, arn) for role, arn in writes() if "InboxBucket" in arn}

    assert into_inbox == {
        (role, f"${{InboxBucket.Arn}}/${{InboxPrefix}}{folder}")
        for role, folders in MATERIAL.items()
        for folder in folders
    }
    for folder in {each for folders in MATERIAL.values() for each in folders}:
        assert folder.startswith(SUPPLIES)


def test_results_are_written_by_persist_and_repaired_clips_by_fit_each_in_its_own_folder() -> None:
    elsewhere = {(role, arn) for role, arn in writes() if "InboxBucket" not in arn}

    assert elsewhere == {
        ("PersistFunctionRole", "${ResultsBucket.Arn}/edited/*"),
        ("PersistFunctionRole", "${ResultsBucket.Arn}/edited/*.html"),  # the tag of pages
        ("FitFunctionRole", "${ResultsBucket.Arn}/fitted/*"),
    }
