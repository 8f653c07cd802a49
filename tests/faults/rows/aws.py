"""Rows: the services of AWS that an edit runs on."""

from tests.faults.rows.row import OF_A_BATCH, PAIRS, SEEDS, SINGLES, row

SWEEP = "retake/steps/sweep"
MACHINE = "statemachine/edit_video"
FAILING = "retake/aws/dynamodb_failures"
RECORDS = "retake/records/store"

ROWS = {
    "G. Step Functions and Lambda": (
        row(
            "G1",
            "The start of an execution is answered with an error, or repeated",
            "one execution",
            "retake/aws/step_functions::an_execution_that_exists_was_started",
            SINGLES,
        ),
        row(
            "G2",
            "A name that no execution may have, or one that was used",
            "impossible; the record knows better",
            "retake/domain/edit::an_id_is_a_valid_execution_name_for_any_key",
        ),
        row(
            "G3",
            "More travels between states than may",
            "ids only",
            f"{MACHINE}::a_function_gets_and_gives_nothing_but_what_travels",
            SINGLES,
        ),
        row(
            "G4",
            "An execution fails in a way no Catch sees, times out, or gives up",
            "the sweep goes on with the edit, and answers in the end",
            f"{SWEEP}::an_edit_whose_execution_died_goes_on_in_a_new_one",
            f"{SWEEP}::an_edit_that_dies_again_and_again_gets_an_answer",
        ),
        row(
            "G5",
            "Somebody stops an execution",
            "the edit is cancelled and told; a result being saved is delivered",
            f"{SWEEP}::an_execution_stopped_by_hand_is_not_started_again",
            f"{SWEEP}::a_result_that_is_being_saved_is_delivered_although_the_execution_was_stopped",
            "end_to_end/failures::an_execution_stopped_by_hand_still_gets_its_answer",
            SINGLES,
        ),
        row(
            "G6",
            "Lambda is throttled, fails, or loses the answer",
            "tried again by a policy for each state; the paid call only where nothing ran",
            f"{MACHINE}::submit_is_retried_only_where_lambda_did_not_run_it",
            f"{MACHINE}::every_task_has_a_time_limit_retries_and_a_way_out",
            SINGLES,
        ),
        row(
            "G7",
            "A second function starts beside one that still runs",
            "a state outlasts its function; if not, the loser reads what the winner wrote",
            f"{MACHINE}::a_state_outlasts_its_function_so_that_no_second_one_starts_beside_it",
            f"{MACHINE}::a_step_that_lost_a_race_reads_again_what_the_winner_wrote",
            SINGLES,
        ),
        row(
            "G8",
            "An old execution meets new functions",
            "records of either are read",
            "retake/domain/edit::a_record_of_a_newer_deployment_can_be_read",
        ),
        row(
            "G9",
            "A failed execution is redriven",
            "no second call",
            "retake/steps/submit::entering_again_never_sends_again",
            cloud="aws stepfunctions redrive-execution --execution-arn ARN",
        ),
        row(
            "G10",
            "Step Functions takes no more executions",
            "the messages stay in the queue",
            "retake/aws/step_functions::an_execution_that_cannot_be_started_says_who_can_help",
            cloud="drop 2,000 clips at once; the dead letters stay empty",
        ),
    ),
    "H. DynamoDB": (
        row(
            "H1",
            "It is throttled, or two transactions meet",
            "asked again a bounded number of times",
            f"{FAILING}::a_contended_write_is_asked_again_because_nothing_was_applied",
            f"{FAILING}::endless_contention_is_an_outage_in_the_end",
        ),
        row(
            "H2",
            "A write is applied and answered with an error",
            "it counts as done, once",
            f"{RECORDS}::a_write_that_was_applied_but_answered_with_an_error_counts_as_done",
            SINGLES,
            PAIRS,
        ),
        row(
            "H3",
            "A request to write arrives long after its sender has given up",
            "its condition fails",
            SINGLES,
            SEEDS,
        ),
        row(
            "H4",
            "Poll, callback, cancelling, sweep and submit write at once",
            "one wins, the others read again; what has ended absorbs all",
            f"{RECORDS}::a_closed_record_absorbs_every_later_write",
            f"{SWEEP}::a_sweep_and_an_event_at_once_restart_an_edit_once",
            SEEDS,
        ),
        row(
            "H5",
            "An item would grow beyond what it may",
            "refused by name; what is kept is bounded",
            "retake/aws/dynamodb_values::an_item_over_400_kb_is_refused_and_not_called_an_outage",
        ),
        row(
            "H6",
            "Numbers and texts that would not come back as they went in",
            "refused before anything is written",
            "retake/aws/dynamodb_values::a_value_without_a_form_is_refused_before_anything_is_written",
        ),
        row(
            "H7",
            "An index lags behind",
            "the item is read by its key before anything is done",
            FAILING + "::an_item_is_read_consistently",
        ),
        row(
            "H8",
            "Old records are deleted late, or early",
            "an upload is never announced again after its record went",
            "template/intake_path::a_record_outlives_the_last_time_its_upload_can_be_announced",
        ),
        row(
            "H9",
            "The table is restored to an older state",
            "no edit whose execution exists is sent again",
            gap="an edit that was sent after the moment restored to has no record any more",
        ),
    ),
    "I. Telling": (
        row(
            "I1",
            "The message cannot be published",
            "the record stays in the index of open ones; the sweep publishes",
            f"{SWEEP}::a_closed_edit_nobody_was_told_about_is_told_with_the_same_id",
            f"{SWEEP}::a_topic_that_is_down_is_tried_again_in_the_next_run",
            SINGLES,
        ),
        row(
            "I2",
            "It is published and the mark is lost",
            "again with the same id, so that it can be recognised",
            SINGLES,
            PAIRS,
        ),
        row(
            "I3",
            "It is larger than a message may be",
            "it fits whatever the provider said",
            "retake/presentation/messages::the_message_fits_sns_whatever_the_provider_said",
        ),
        row(
            "I4",
            "Told of a failure and of a success",
            "one way to the end, one id; only a late success names the failure it supersedes",
            f"{RECORDS}::only_erasures_and_late_results_leave_a_terminal_status_and_only_these_enter_one",
            SEEDS,
        ),
        row(
            "I5",
            "The message comes before the record can be read",
            "published only after the record was closed",
            SINGLES,
        ),
        row(
            "I6",
            "The execution dies between the end and its manifest",
            "the manifest is written before anybody is told",
            f"{SWEEP}::a_result_nobody_was_told_about_gets_its_manifest_from_the_workflow_first",
            SEEDS,
        ),
        row(
            "I7",
            "A subscriber is down",
            "SNS tries again by its own policy",
            cloud="subscribe an address that answers 500 and read its delivery status log",
        ),
        row(
            "I8",
            "The last edits of a batch end at the same moment",
            "one message about the batch",
            "retake/steps/batching::all_that_end_at_the_same_moment_tell_of_the_batch_once",
            "retake/steps/batching::two_threads_that_close_the_last_two_edits_tell_of_each_batch_once",
        ),
        row(
            "I9",
            "Persist dies before the message about the batch",
            "the sweep sends it, because it finds the edit whose worker died",
            "retake/steps/batching::a_worker_that_dies_on_the_way_leaves_it_to_the_sweep",
            "retake/steps/batching::one_who_was_to_tell_and_died_does_not_keep_the_others_from_ending",
            OF_A_BATCH,
        ),
    ),
}
