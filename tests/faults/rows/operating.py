"""Rows: cost, limits, deployments and secrets."""

from tests.faults.rows.row import SEEDS, SINGLES, row

MACHINE = "statemachine/edit_video"
SETTINGS = "retake/settings"
SECRETS = "retake/aws/secrets"

ROWS = {
    "J. Cost and limits": (
        row(
            "J1",
            "Ten thousand clips at once",
            "no more is spent than was allowed",
            gap="there are no budgets yet, so that nothing is reserved and nothing refused",
        ),
        row(
            "J2",
            "Retries multiply from layer to layer",
            "attempts are counted on the record and bounded",
            "retake/steps/submit::trying_again_has_an_end_with_a_reason",
            f"{MACHINE}::every_retry_backs_off_with_jitter_and_a_ceiling",
            SEEDS,
        ),
        row(
            "J3",
            "A flood at the API",
            "throttled before it reaches a function",
            "template/api::a_flood_is_turned_away_before_it_reaches_a_function",
        ),
        row(
            "J4",
            "Nothing shall be submitted any more, now",
            "a switch that stops submits and lets running edits finish",
            "faults/busy::edits_wait_as_long_as_uploads_while_everything_is_stopped_and_go_on",
        ),
        row(
            "J7",
            "The account runs few functions at once",
            "slower, and nothing lost: time decides, not a count of tries",
            "faults/busy::a_crowd_in_a_new_account_is_delivered_to_the_last",
            "faults/busy::every_promise_holds_under_faults_where_functions_are_few",
            "statemachine/waiting::a_busy_function_is_waited_for_by_time_and_not_by_a_count_of_tries",
        ),
        row(
            "J8",
            "One record has a shape that nobody can read",
            "it is named and passed over; all others go on",
            "retake/steps/sweep_reach::one_record_that_nobody_can_read_keeps_nobody_from_being_mended",
            "retake/api/list_edits::an_edit_that_cannot_be_read_leaves_the_others_in_the_list",
            "functions/board::an_edit_that_cannot_be_read_or_shown_leaves_the_others_on_the_board",
        ),
        row(
            "J9",
            "Anything fails, hangs or dies while a clip is edited in pieces",
            "one bill for each piece, one film with all of them in their order, one message",
            "faults/films::a_film_ends_as_it_should_and_each_piece_is_paid_for_once",
            "faults/films::no_single_fault_of_a_sample_pays_twice_or_tells_twice",
            "faults/films::no_single_fault_pays_twice_or_tells_twice",
        ),
        row(
            "J10",
            "A clip edited in pieces is stopped amid them, or one of them fails",
            "no other piece is sent, the message says what is billed, a retry buys what is missing",
            "retake/steps/long_films::cancelled_in_the_middle_what_was_not_sent_is_never_billed",
            "retake/steps/long_films::of_many_pieces_the_one_that_failed_is_sent_again_alone",
            "faults/films::a_film_ends_as_it_should_and_each_piece_is_paid_for_once",
        ),
        row(
            "J5",
            "Storage grows for ever",
            "parts, versions and logs are forgotten",
            "template/data::a_bucket_forgets_unfinished_uploads_and_replaced_versions",
            "template/functions::a_function_writes_to_its_own_log_group_which_forgets",
        ),
        row(
            "J6",
            "An API call takes longer than the gateway waits",
            "the function answers before",
            "template/api::the_api_function_answers_before_the_gateway_gives_up",
        ),
    ),
    "K. Deploying and operating": (
        row(
            "K1",
            "A variable, secret or table is missing",
            "one sentence that names it, nothing half done",
            f"{SETTINGS}::a_missing_variable_is_named",
            "retake/steps/submit::a_missing_key_stops_before_the_intent_is_written",
        ),
        row(
            "K2",
            "A key is changed, empty, a placeholder, or ends in a line break",
            "seen within minutes; refused in one sentence",
            f"{SECRETS}::a_changed_key_is_seen_after_five_minutes",
            f"{SECRETS}::a_key_that_cannot_be_one_is_refused_in_one_sentence",
        ),
        row(
            "K3",
            "The secret of the links is changed",
            "links made before it hold",
            "retake/domain/signed_links::tokens_of_the_previous_secret_hold_during_a_rotation",
        ),
        row(
            "K4",
            "The stack is deleted",
            "records, results and keys stay",
            "template/data::data_outlives_the_stack",
        ),
        row(
            "K5",
            "A role may more, or less, than its function does",
            "exactly what is listed",
            "template/policies::a_function_may_do_what_is_listed_and_nothing_else",
            cloud="aws iam simulate-principal-policy for each role, and one edit of each model",
        ),
        row(
            "K6",
            "A deployment is rolled back half way",
            "old and new read each other's records",
            "retake/domain/edit::a_record_of_a_newer_deployment_can_be_read",
            cloud="aws cloudformation cancel-update-stack during an edit",
        ),
        row(
            "K7",
            "A region is lost",
            "out of scope",
            gap="one region; the results bucket may be replicated by its owner",
        ),
    ),
    "L. Signed links and secrets": (
        row(
            "L1",
            "A link dies with the credentials that signed it",
            "signed at the last moment, for an hour",
            "retake/aws/s3::a_link_names_the_version_inside_its_signature",
            cloud="let an edit wait at a provider for two hours and see it fetch the clip",
        ),
        row(
            "L2",
            "A link, key, token or prompt gets into history, log, item or message",
            "nowhere, in any run",
            SINGLES,
            SEEDS,
            f"{MACHINE}::no_state_names_what_must_not_stay_in_the_history",
            "retake/outbound/client::no_address_reaches_the_log",
        ),
        row(
            "L3",
            "The clip can be signed for and not read",
            "refused with its reason before anything is sent",
            "retake/aws/s3_failures::an_object_that_will_never_be_read_is_refused_with_its_reason",
        ),
        row(
            "L4",
            "One of several keys has no credit, or is taken out of the secret with its edits out",
            "edits go on with the others; what it bought waits for it, and is not bought again",
            "retake/steps/several_keys"
            "::where_one_key_has_no_credit_the_edit_goes_on_with_the_other_at_once",
            "retake/steps/lost_keys"
            "::what_was_bought_with_a_key_that_is_gone_waits_for_it_past_the_deadline",
            SEEDS,
        ),
    ),
}
