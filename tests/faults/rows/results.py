"""Rows: the result is fetched and kept."""

from tests.faults.rows.row import PAIRS, SEEDS, SINGLES, row

PERSIST = "retake/steps/persist"
POLL = "retake/steps/poll"
RECOVER = "retake/steps/recover"
PATIENT = "retake/steps/patient_recovery"
RESULTS = "retake/steps/results"
KEEP = "retake/steps/save_result"
BESIDE = "retake/steps/result_extras"
ODD = "end_to_end/odd_answers"
SAVING = "retake/aws/s3_saving"
PARTS = "retake/aws/s3_saving_in_parts"

ROWS = {
    "E. The result is kept": (
        row(
            "E1",
            "The link is dead, or its host is down for hours",
            "a fresh link each time, for hours; then told as expired with the amount",
            f"{RESULTS}::a_link_that_does_not_answer_is_asked_for_anew_later",
            f"{RESULTS}::a_link_that_is_dead_beyond_the_results_lifetime_is_told_so",
            SEEDS,
        ),
        row(
            "E2",
            "The download breaks off, with or without saying so",
            "nothing stays behind; begun again",
            f"{SAVING}::a_source_that_breaks_off_leaves_no_object_and_raises_its_own_error",
            f"{RESULTS}::a_broken_download_leaves_nothing_and_is_tried_again",
            "end_to_end/failures::a_download_that_breaks_off_is_begun_again",
        ),
        row(
            "E3",
            "A web page, nothing or half of the video comes instead of it",
            "asked again for a quarter of an hour; never delivered, never thrown away",
            f"{RESULTS}::one_bad_download_is_not_the_end",
            "retake/steps/better_bytes::the_best_of_what_came_is_kept_and_named",
            f"{ODD}::one_odd_download_is_asked_for_again",
            f"{RESULTS}::what_does_not_play_is_asked_for_again_for_a_quarter_of_an_hour_and_then_stays",
            "end_to_end/failures::a_result_that_is_a_web_page_is_never_delivered",
        ),
        row(
            "E4",
            "It is endless, or far too large",
            "cut off at the cap; it ends at once and says so",
            f"{RESULTS}::a_result_that_is_larger_than_this_stack_takes_ends_at_once_and_says_so",
            "retake/outbound/downloads::a_download_that_grows_too_large_stops",
            f"{PARTS}::a_source_of_unknown_length_that_breaks_off_leaves_nothing",
        ),
        row(
            "E5",
            "The link leads to an inner address, or to a host that is not allowed",
            "never dialled",
            "retake/outbound/client_addresses::no_spelling_of_an_inner_address_is_dialled",
            f"{RESULTS}::a_link_to_a_forbidden_host_is_not_followed",
        ),
        row(
            "E6",
            "It drips",
            "one deadline over all of it",
            "retake/outbound/client_deadlines::dripping_does_not_hold_a_download",
        ),
        row(
            "E7",
            "The function dies at any step of saving",
            "one object, taken over by its hash; no parts stay",
            SINGLES,
            "retake/steps/adopted_copies::a_copy_made_before_a_crash_is_adopted_by_its_hash",
            f"{PARTS}::an_interrupted_process_tidies_up_too",
            "template/data::a_bucket_forgets_unfinished_uploads_and_replaced_versions",
        ),
        row(
            "E8",
            "S3 stores it and answers with an error",
            "the same object, the same hash",
            SINGLES,
            PAIRS,
        ),
        row(
            "E9",
            "S3 stays down, or its key is disabled",
            "tried for hours, then told; what was stored is delivered all the same",
            f"{PERSIST}::giving_up_on_saving_says_so",
            "retake/steps/adopted_copies::a_copy_made_before_a_crash_is_delivered_even_when_all_else_was_given_up",
        ),
        row(
            "E10",
            "A video of a gigabyte",
            "memory does not grow with it",
            f"{SAVING}::memory_does_not_grow_with_the_video",
        ),
        row(
            "E11",
            "A download slower than the function may take",
            "begun again",
            gap="it is begun anew each time, not resumed where it broke off",
        ),
        row(
            "E12",
            "The result has another length than the clip",
            "delivered, with a warning and both lengths",
            f"{RESULTS}::a_result_of_another_length_is_delivered_and_says_both_figures",
            f"{RESULTS}"
            "::a_result_without_sound_or_of_another_size_is_delivered_and_says_both_figures",
        ),
        row(
            "E13",
            "A new execution finds the edit half saved",
            "it saves on",
            "retake/steps/poll_waits::an_edit_that_was_being_saved_when_its_execution_died_goes_on_to_be_saved",
            SEEDS,
        ),
        row(
            "E14",
            "A zombie stores the video after the edit was given up",
            "the edit succeeds late, and the message says which one it supersedes",
            f"{PERSIST}::a_copy_that_comes_after_the_edit_was_given_up_is_delivered_late",
            f"{KEEP}::an_edit_given_up_meanwhile_gets_its_result_late",
            SEEDS,
        ),
        row(
            "E15",
            "Poster or page cannot be made: a damaged picture, no time, S3 refuses",
            "the result is delivered without, and a warning says so",
            f"{BESIDE}::without_a_poster_there_is_a_page_and_a_warning",
            f"{BESIDE}::a_store_that_takes_nothing_costs_only_what_it_does_not_take",
            f"{BESIDE}::a_clip_that_takes_too_long_to_read_has_no_digest",
            SINGLES,
        ),
        row(
            "E16",
            "The function dies each time a page is made",
            "the video is delivered, and what was made before",
            f"{KEEP}::what_died_while_its_page_was_made_is_closed_without_making_it_again",
            f"{BESIDE}::after_a_crash_it_is_found_and_not_made",
        ),
        row(
            "E17",
            "The clip is deleted while its edit runs",
            "a page with the result alone, and a warning",
            f"{BESIDE}::a_clip_that_is_gone_leaves_a_page_with_the_result_and_a_warning",
        ),
        row(
            "E18",
            "A result that cannot be marked, or that a mark would make look whole",
            "kept as it came, with a warning; or refused as cut short",
            "retake/media/ai_label::what_cannot_be_marked_is_only_filled_up_behind_its_end",
            "retake/media/ai_label::a_video_that_ends_early_is_not_filled_up_to_look_whole",
            "retake/media/ai_label::wherever_its_parts_lie_the_index_still_finds_them",
        ),
        row(
            "E19",
            "The result comes after the edit was given up",
            "a call, a look of the sweep or a person fetches it, with no new bill",
            f"{RECOVER}::a_result_that_is_asked_for_late_is_delivered_for_the_one_bill",
            f"{RECOVER}::the_sweep_looks_once_by_itself_while_the_provider_keeps_the_result",
            f"{PATIENT}::one_odd_answer_ends_no_recovery",
            f"{PATIENT}::what_is_said_for_the_whole_patience_ends_it_and_stands_on_record",
            "retake/steps/callback"
            "::a_call_between_the_end_that_was_decided_and_the_end_that_is_written_is_heard",
            f"{RECOVER}::of_two_that_recover_an_edit_at_once_one_writes",
            "retake/steps/callback::a_call_after_the_deadline_has_the_result_fetched_late",
            f"{ODD}::a_result_that_comes_after_the_deadline_is_delivered_late_for_one_bill",
            SINGLES,
            SEEDS,
        ),
        row(
            "E20",
            "The link redirects",
            "followed three times, each address checked",
            "retake/outbound/redirects::a_download_follows_redirects_each_checked",
            f"{ODD}::a_redirect_to_another_address_is_followed",
        ),
        row(
            "E21",
            "What does not play at the end of all patience",
            "its bytes stay, under a key that record and message name",
            f"{KEEP}::a_result_that_ends_early_is_kept_as_it_came_when_patience_ends",
        ),
        row(
            "E22",
            "The key is missing or broken while a result waits",
            "waited for, shown and alarmed",
            f"{RESULTS}::a_key_that_is_missing_while_a_result_is_saved_is_waited_for",
            f"{POLL}::a_key_that_is_missing_while_an_edit_runs_is_waited_for_and_marked_for_the_alarm",
            f"{ODD}::a_key_that_is_gone_or_broken_for_a_while_is_waited_for",
        ),
        row(
            "E23",
            "Lambda throttles, or its sandboxes die, while results wait",
            "tried again for hours; none is lost",
            "statemachine/edit_video"
            "::where_a_paid_result_waits_whatever_breaks_is_tried_again_for_hours",
            "faults/throttling::no_result_is_lost_while_lambda_throttles",
            f"{ODD}::a_function_that_dies_once_over_a_paid_edit_costs_nothing",
            SINGLES,
        ),
    ),
}
