"""Rows: the one call that costs money."""

from tests.faults.rows.row import PAIRS, PROTOCOL, SEEDS, SINGLES, row

SUBMIT = "retake/steps/submit"
PARKING = "retake/steps/parking"
UNCERTAIN = "retake/steps/reconcile"
CONTRACT = "retake/providers/contract"
ANSWERS = "retake/providers/answers"
HOSTILE = "retake/providers/hostile_answers"
OUTBOUND = "retake/outbound/client"
DEADLINES = "retake/outbound/client_deadlines"
RECORDS = "retake/records/store"
LOST = "end_to_end/lost_submits"

ROWS = {
    "C. The paid call": (
        row(
            "C1",
            "The process dies after the intent and before the call",
            "nothing is billed; it is looked for and then given its verdict",
            SINGLES,
            PROTOCOL,
        ),
        row(
            "C2",
            "The process dies after the provider accepted and before the record",
            "one bill; found again by callback or list, else told with the amount",
            PROTOCOL,
            SINGLES,
            f"{LOST}::a_function_killed_in_the_middle_of_the_post_is_found_by_the_callback",
        ),
        row(
            "C3",
            "The answer is lost, cut, or cannot be read",
            "as C2",
            PROTOCOL,
            f"{CONTRACT}::a_submit_without_a_clear_answer_may_have_been_accepted",
            f"{CONTRACT}::a_request_that_was_not_carried_out_was_not_accepted_whoever_says_so",
            f"{UNCERTAIN}::what_was_answered_to_an_uncertain_submit_is_told",
            f"{LOST}::an_answer_that_cannot_be_read_is_never_asked_for_again",
        ),
        row(
            "C4",
            "The table is down exactly when the acceptance is to be written",
            "the write is insisted on, the call never repeated",
            "retake/steps/submit_outages::an_outage_of_the_table_right_after_acceptance_is_waited_out",
            f"{LOST}::a_table_that_is_down_right_after_the_acceptance_loses_nothing",
            PROTOCOL,
        ),
        row("C5", "The call hangs until Lambda ends the function", "as C2", SINGLES, PAIRS),
        row(
            "C6",
            "The state gives up, the first function goes on, a second starts",
            "the second finds the intent; the first one's late write loses",
            SINGLES,
            f"{RECORDS}::a_zombies_late_acceptance_loses_against_the_verdict_of_its_successor",
            f"{SUBMIT}::of_many_workers_at_once_one_sends",
        ),
        row(
            "C7",
            "A step is entered again: retried, restarted, redriven",
            "no second call",
            f"{SUBMIT}::entering_again_never_sends_again",
            "retake/steps/sweep::a_restarted_edit_is_never_submitted_again",
            PROTOCOL,
        ),
        row(
            "C8",
            "The provider refuses the request",
            "failed with its words, nothing billed, not repeated",
            f"{SUBMIT}::a_proven_refusal_ends_the_edit_unbilled_with_its_reason",
            "retake/providers/error_tables::a_refused_submit_means_what_the_error_table_says",
            f"{ANSWERS}::a_submits_answer_is_read_rightly",
        ),
        row(
            "C9",
            "The key is wrong, or there is no credit",
            "edits wait where people see them, one tries, all go on when it is mended",
            f"{PARKING}::parked_edits_go_on_once_the_account_is_mended",
            f"{PARKING}::a_queue_does_not_find_out_one_by_one_that_there_is_no_credit",
            "end_to_end/failures::edits_without_credit_wait_and_go_on_when_there_is_some",
        ),
        row(
            "C10",
            "408, 409, 425, 499, any redirect, any 5xx, a gateway's page",
            "nobody knows: never repeated, never taken elsewhere",
            f"{CONTRACT}::a_submit_without_a_clear_answer_may_have_been_accepted",
            "retake/steps/failover::an_ambiguous_submit_never_goes_to_another_provider",
            f"{OUTBOUND}::a_redirect_is_an_answer_and_not_followed",
            f"{HOSTILE}::neither_a_2xx_without_an_id_nor_a_5xx_is_ever_a_refusal",
        ),
        row(
            "C11",
            "429 with a wait in seconds, as a date, absent or absurd",
            "waited for within bounds, a bounded number of times",
            f"{CONTRACT}::a_wait_that_is_asked_for_is_kept_within_reason",
            f"{SUBMIT}::trying_again_has_an_end_with_a_reason",
        ),
        row(
            "C12",
            "A success without a usable id, or with another edit's",
            "nobody knows; not adopted",
            f"{CONTRACT}::an_accepting_answer_without_a_usable_id_is_ambiguous",
            f"{SUBMIT}::a_task_id_of_another_edit_is_not_adopted",
        ),
        row(
            "C19",
            "A refusal or an acceptance comes in a form that the provider's page does not show",
            "read by principle: the status proves it, words for machines say which one it is",
            f"{ANSWERS}::a_submits_answer_is_read_rightly",
            "retake/providers/against_simulators"
            "::a_real_answer_to_a_submit_is_accepted_behind_where_it_says_so",
        ),
        row(
            "C13",
            "No name, no connection, no TLS",
            "certainly not sent; offered again, a bounded number of times",
            f"{OUTBOUND}::a_refused_connection_means_not_sent",
            f"{SUBMIT}::what_was_certainly_not_taken_is_tried_again_after_a_wait",
        ),
        row(
            "C14",
            "The answer drips, or is a bomb",
            "one deadline over all of it, and a cap",
            f"{DEADLINES}::dripping_does_not_hold_a_request",
            f"{OUTBOUND}::an_answer_over_the_cap_is_refused",
        ),
        row(
            "C15",
            "A kept connection has died meanwhile",
            "every call has a connection of its own, so that a failure tells the truth",
            f"{OUTBOUND}::each_request_opens_a_connection_of_its_own",
        ),
        row(
            "C16",
            "The owner chose to try a lost submit once more",
            "once, and never a third time",
            f"{UNCERTAIN}::where_the_stack_chose_it_an_uncertain_submit_is_tried_once_more_and_only_once",
            "faults/protocol::the_one_retry_that_an_owner_may_choose_never_makes_a_third_bill",
        ),
        row(
            "C17",
            "The submit's sandbox dies, or AWS is down, before the intent",
            "certainly not sent; submitted again for four hours",
            f"{UNCERTAIN}::an_outage_at_submit_or_a_dead_sandbox_lets_the_edit_be_submitted_again",
            SINGLES,
        ),
        row(
            "C18",
            "The provider bills otherwise than quoted",
            "the message says what was quoted and what may be billed",
            gap="what a provider says it billed is not read back",
        ),
        row(
            "C20",
            "More clips than the provider runs at once, whether it says so or not",
            "all wait at no cost, each gets its turn, none is refused for it",
            "faults/crowds::sixty_clips_for_two_slots_all_succeed_and_none_is_offered_in_vain",
            "retake/records/line::of_200_submits_at_once_as_many_are_sent_as_there_are_slots",
            "retake/steps/submit_pace::a_thousand_answers_to_wait_delay_an_edit_and_never_end_it",
        ),
        row(
            "C21",
            "A thousand clips of one folder, and one of another",
            "the one gets its turn within two freed slots",
            "retake/records/line::a_thousand_of_one_folder_let_one_of_another_pass_within_two_slots",
        ),
        row(
            "C22",
            "A worker dies between freeing a slot and giving it on, or before it wakes the next",
            "what is counted is what the records say after every write; the sweep gives the turn",
            SINGLES,
            SEEDS,
            "retake/records/line::the_sweep_mends_a_count_that_is_not_what_the_records_say",
            "retake/records/line::the_sweep_reminds_one_whose_turn_was_not_taken_and_fills_what_was_left_free",
            "retake/steps/sweep_line::whose_turn_it_is_and_who_cannot_be_called_is_taken_up_by_another_execution_once",
            "faults/money::no_two_faults_around_a_turn_break_an_invariant",
            "faults/money::no_world_of_the_sample_lets_slots_money_or_a_wait_go_wrong",
        ),
        row(
            "C23",
            "A question is answered before it is on record",
            "whoever answers is told to come again in a minute",
            "retake/steps/approvals::who_answers_before_the_question_is_on_record_is_told_to_come_again",
            "faults/money::no_single_fault_breaks_an_invariant",
        ),
    ),
}
