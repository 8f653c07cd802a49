"""Rows: an upload arrives, is looked into and recorded."""

from tests.faults.rows.row import OF_A_BATCH, SEEDS, SINGLES, row

INTAKE = "retake/steps/intake"
VALIDATE = "retake/steps/validate"
FOOTAGE = "retake/media/probe"
HOSTILE = "retake/media/hostile_footage"
ADMISSION = "retake/catalog/admission"
REQUEST = "retake/request/parsing"
PATH = "template/intake_path"
SIDECARS = "retake/steps/sidecars"
SPREADING = "retake/steps/spreading"
FIT = "retake/steps/fit"

ROWS = {
    "A. An upload arrives": (
        row(
            "A1",
            "The same event comes up to fifty times, at once, to several workers",
            "one edit, one execution, one job",
            "faults/deliveries"
            "::uploads_delivered_up_to_fifty_times_by_four_workers_are_one_edit_and_one_job_each",
            "faults/deliveries::deliveries_that_meet_inside_one_another_are_one_edit_too",
            f"{INTAKE}::deliveries_to_four_workers_at_once_make_one_record_each",
            "end_to_end/one_edit::the_same_event_delivered_twenty_times_is_one_edit",
        ),
        row(
            "A2",
            "Events of two versions of a key come out of order",
            "each version is an edit of its own; their order does not matter",
            f"{INTAKE}::a_new_version_of_a_key_is_a_new_edit",
        ),
        row(
            "A3",
            "A clip is replaced while its edit runs",
            "the edit keeps to the version it began with",
            "retake/aws/s3::a_link_names_the_version_inside_its_signature",
            "retake/steps/submit::the_order_carries_the_request_and_a_version_pinned_link",
            "template/data::a_replaced_clip_outlives_every_edit_that_is_pinned_to_it",
        ),
        row(
            "A4",
            "A clip is deleted before it was looked into",
            "refused as INPUT_GONE, nothing sent",
            f"{VALIDATE}::a_clip_deleted_meanwhile_is_told_so",
        ),
        row(
            "A5",
            "The event never comes",
            "the sweep finds the clip and starts it; undeliverable events are kept",
            "retake/steps/lost_events::an_upload_whose_event_never_came_is_started",
            f"{PATH}::an_event_that_cannot_be_delivered_is_tried_for_a_day_and_then_kept",
        ),
        row(
            "A6",
            "Intake dies between the record and the start of the execution",
            "the next delivery, or the sweep, starts it",
            f"{INTAKE}::a_delivery_after_a_crash_before_the_start_starts_the_execution",
            "retake/steps/sweep::a_record_without_an_execution_is_started",
            SINGLES,
        ),
        row(
            "A7",
            "An empty object, or a folder's marker",
            "refused or passed over, nothing sent",
            f"{VALIDATE}::an_empty_object_is_refused_without_being_looked_into",
            f"{INTAKE}::what_is_no_upload_leaves_a_reason_and_nothing_else",
        ),
        row(
            "A8",
            "The event lies about the size, or is stale",
            "what S3 says of the pinned version counts",
            f"{VALIDATE}::the_size_on_record_is_what_s3_says_now",
        ),
        row(
            "A9",
            "Something else is called .mp4, or only begins like a video",
            "refused by what it is, nothing sent",
            f"{FOOTAGE}::another_kind_of_file_is_named",
            f"{HOSTILE}::any_bytes_look_like_something",
            "end_to_end/refusals::each_refusal_has_its_own_reason_one_message_and_an_empty_ledger",
        ),
        row(
            "A10",
            "A video is cut off, or has its index at the end",
            "a cut one is refused; the index is found wherever it lies",
            f"{HOSTILE}::a_cut_plain_file_is_never_taken_for_a_whole_one",
            f"{FOOTAGE}::the_duration_is_the_encoded_one_wherever_the_index_lies",
        ),
        row(
            "A11",
            "A file made to exhaust whoever reads it",
            "a bounded number of reads, bytes and seconds, then refused",
            f"{HOSTILE}::a_bomb_is_defused_within_the_budget",
            f"{HOSTILE}::boxes_nested_a_hundred_thousand_deep_are_refused",
            f"{FOOTAGE}::a_slow_store_is_given_up",
        ),
        row(
            "A12",
            "A clip at, or just beyond, a limit of the model",
            "taken or refused exactly by the catalog, with the rule named",
            "retake/catalog/limits::a_model_takes_or_refuses_as_the_catalog_says",
            f"{ADMISSION}::a_clip_must_last_from_3_to_10_seconds",
        ),
        row(
            "A13",
            "A key with spaces, signs, other scripts, ../ or a thousand bytes",
            "the right object is read, and the result's key is sound",
            f"{INTAKE}::keys_are_taken_as_they_are",
            "retake/domain/result_keys::a_result_key_fits_s3_whatever_the_upload_was_called",
        ),
        row(
            "A14",
            "One bad message among ten",
            "the nine go on; the bad one ends where it is kept",
            f"{INTAKE}::only_the_messages_that_failed_come_again",
            f"{PATH}::a_message_that_keeps_failing_goes_where_it_is_kept_longest",
            f"{PATH}::one_bad_message_does_not_bring_back_the_other_nine",
        ),
        row(
            "A15",
            "A message of any other shape, of another bucket, or forged",
            "a reason in the log and nothing else; nobody else may write to the queue",
            f"{INTAKE}::no_message_can_break_intake",
            f"{PATH}::only_our_own_rules_may_write_to_the_queues",
        ),
        row(
            "A16",
            "A result starts an edit again, for ever",
            "impossible: results lie in a bucket that tells nobody",
            "template/data::only_the_inbox_tells_of_new_objects",
            "template/bucket_policies::what_is_written_into_the_inbox_can_start_no_edit",
        ),
        row(
            "A17",
            "An object that cannot be read: archived, or encrypted with a foreign key",
            "refused with its reason, not tried for ever",
            "retake/aws/s3_failures::an_archived_object_is_refused_until_it_is_restored",
            "retake/aws/s3_failures::an_object_that_will_never_be_read_is_refused_with_its_reason",
        ),
        row(
            "A18",
            "Hostile metadata",
            "read or refused, never executed, never told on",
            f"{REQUEST}::decoding_metadata_never_fails",
        ),
        row(
            "A19",
            "Real S3 events differ from their documentation",
            "edits start",
            cloud="aws s3 cp clip.mp4 s3://INBOX/'a+b %41 ü.mp4' --metadata prompt=noir",
        ),
        row(
            "A20",
            "The settings of a clip come before it, after it, at the same moment, or twice",
            "one edit with these settings, one message",
            f"{SIDECARS}::settings_and_clip_dropped_at_the_same_moment_are_one_edit",
            f"{SIDECARS}::settings_may_come_up_to_the_settling_time_before_or_after",
            f"{SIDECARS}"
            "::settings_at_the_very_end_of_the_time_are_used_once_or_told_that_they_are_late",
            "retake/steps/lost_events::settings_and_clip_whose_events_were_both_lost_are_one_edit",
        ),
        row(
            "A21",
            "A clip without a prompt, settings without a clip, settings that come too late",
            "each ends with a reason that says what to do",
            f"{SIDECARS}::a_clip_without_any_prompt_ends_with_all_the_ways_to_give_one",
            f"{SIDECARS}::settings_whose_clip_never_comes_end_with_a_reason_and_one_message",
            f"{SIDECARS}::settings_that_come_too_late_are_told_which_edit_went_without_them",
            "retake/steps/nothing_unseen::every_drop_has_an_outcome_and_every_record_one_message",
        ),
    ),
    "B. It is looked into": (
        row(
            "B1",
            "Validate dies at any line, or answers too late",
            "it is run again and comes to the same verdict",
            SINGLES,
            f"{VALIDATE}::a_second_run_gives_the_same_verdict_without_looking_again",
        ),
        row(
            "B2",
            "The prompt is missing, too long, or holds what cannot be sent",
            "refused with the limit, never cut silently",
            f"{VALIDATE}::a_missing_prompt_is_refused",
            f"{ADMISSION}::a_prompt_may_be_as_long_as_the_model_takes",
            "retake/request/wrong_requests::characters_that_cannot_be_sent_are_refused_by_name",
        ),
        row(
            "B3",
            "The prompt speaks of pictures that did not come",
            "refused before anything is billed",
            f"{ADMISSION}::a_prompt_may_only_speak_of_what_came_with_it",
        ),
        row(
            "B4",
            "Too many pictures, too large, or of another format",
            "refused before anything is billed",
            f"{VALIDATE}::each_picture_must_be_there_in_a_format_and_size_the_model_takes",
            f"{ADMISSION}::a_fifth_image_beside_a_clip_is_refused",
        ),
        row(
            "B5",
            "A request with unknown fields, double names, or a thousand levels",
            "refused by name, with no crash",
            "retake/request/wrong_requests::an_unknown_field_of_a_json_request_is_refused_with_a_hint",
            "retake/api/problems::a_body_that_cannot_be_read_is_refused_by_one_of_few_words",
        ),
        row(
            "B6",
            "One idempotency key with the same body, with another, by many at once",
            "the same edit, a refusal, one winner",
            "retake/api/create_edit::the_same_key_and_body_are_the_same_edit",
            "retake/api/create_edit::the_same_key_with_another_body_is_refused",
            "retake/api/create_edit::of_many_at_once_with_one_key_one_is_new",
        ),
        row(
            "B7",
            "Somebody guesses ids",
            "unknown and impossible ids are answered alike",
            "retake/api/following::an_id_that_is_unknown_and_one_that_is_none_are_answered_alike",
        ),
        row(
            "B8",
            "S3 is down while a clip is looked into",
            "an outage is no refusal; it is tried again",
            f"{VALIDATE}::a_storage_outage_is_no_refusal",
            SEEDS,
        ),
        row(
            "B9",
            "Validate dies while it makes the several edits of one clip",
            "all of them are on record or none; each starts, and none twice",
            f"{SPREADING}"
            "::a_worker_that_dies_on_the_way_is_followed_by_one_that_makes_nothing_twice",
            f"{SPREADING}::where_nobody_follows_the_sweep_starts_what_is_on_record",
            OF_A_BATCH,
        ),
        row(
            "B10",
            "One of several prompts cannot be honoured",
            "it is refused alone; the others are made",
            "retake/steps/variations::one_bad_entry_is_refused_alone",
            "end_to_end/batches::a_bad_entry_is_refused_alone_and_the_message_says_so",
        ),
        row(
            "B11",
            "Fit fails, dies or is overtaken while it repairs a clip",
            "what it has stored is found again; the edit is sent once, with the repaired clip",
            "faults/repairs::no_fault_on_the_way_of_a_repair_loses_the_edit_or_sends_it_twice",
            f"{FIT}_again::a_run_that_died_after_it_had_stored_the_clip_is_carried_on_not_repeated",
            f"{FIT}_again::of_two_that_repair_at_once_the_record_lets_one_write",
        ),
        row(
            "B12",
            "A file that is to be repaired is damaged, endless, huge or speaks of other files",
            "it is mended or refused as NOT_REPAIRABLE, within bounds of time, bytes and pixels",
            "retake/media/transcode::a_damaged_file_is_repaired_or_refused_and_nothing_else",
            "retake/media/transcode::no_file_it_speaks_of_is_opened",
            "retake/media/transcode::the_watch_ends_a_repair_in_the_middle",
            f"{FIT}_refusals::a_repair_has_bounds_in_time_and_in_bytes",
            f"{FIT}_refusals::a_file_that_cannot_be_repaired_ends_the_edit_with_the_reason",
        ),
    ),
}
