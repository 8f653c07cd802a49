"""Rows: the wait for the result of a call that was paid for."""

from tests.faults.rows.row import SEEDS, SINGLES, row

POLL = "retake/steps/poll"
QUESTIONS = "retake/steps/odd_questions"
CONTRACT = "retake/providers/contract"
ANSWERS = "retake/providers/answers"
HOSTILE = "retake/providers/hostile_answers"
FAL = "retake/providers/fal"
RECORDS = "retake/records/store"

ROWS = {
    "D. Waiting for the result": (
        row(
            "D1",
            "A status nobody knows, or progress that makes no sense",
            "still running; shown within bounds",
            f"{CONTRACT}::a_poll_without_a_clear_answer_says_nothing_about_the_task",
            f"{CONTRACT}::progress_that_makes_no_sense_is_no_progress",
            f"{HOSTILE}::no_unknown_status_word_ends_an_edit",
        ),
        row(
            "D2",
            "Finished, and then running again",
            "what has ended stays ended",
            f"{RECORDS}::only_erasures_and_late_results_leave_a_terminal_status_and_only_these_enter_one",
            f"{POLL}::progress_never_runs_backwards",
        ),
        row(
            "D3",
            "The task is unknown at first, or for good",
            "one 404 ends nothing; several over minutes do, and the amount is at risk",
            f"{POLL}::one_404_ends_no_edit_however_old_it_is",
            "end_to_end/odd_answers::one_odd_answer_to_a_question_ends_nothing",
            f"{POLL}::a_task_unknown_several_times_over_minutes_is_lost_with_its_amount",
        ),
        row(
            "D4",
            "It never finishes",
            "asked to stop and closed at the deadline",
            "retake/steps/poll_waits::the_deadline_ends_an_edit_that_never_finishes",
            "retake/steps/poll_waits::an_edit_that_ends_at_the_deadline_is_asked_to_stop",
            "end_to_end/failures::an_edit_that_never_finishes_ends_at_the_deadline",
        ),
        row(
            "D5",
            "Finished without a link to a video",
            "asked again for a quarter of an hour, then a bad result that can be recovered",
            f"{POLL}::a_success_without_a_video_is_asked_again_for_a_quarter_of_an_hour",
        ),
        row(
            "D6",
            "The reason of a failure holds markup, links or a megabyte",
            "cut and cleaned",
            f"{CONTRACT}::a_failure_is_told_in_the_providers_words_without_links_or_markup",
        ),
        row(
            "D7",
            "Polls fail, are refused or answered by something else",
            "asked again, also past the deadline; shown, alarmed and told as it was answered",
            f"{POLL}::whatever_says_nothing_final_means_asking_again",
            f"{POLL}::a_refused_result_of_a_finished_edit_is_waited_for_past_the_deadline",
            f"{QUESTIONS}::a_question_refused_in_the_same_words_for_minutes_ends_the_edit_and_says_so",
            f"{POLL}::who_is_refused_until_the_patience_ends_is_told_what_was_answered",
            "end_to_end/odd_answers"
            "::an_account_that_is_locked_until_after_the_deadline_loses_nothing",
            "end_to_end/failures::polls_that_fail_do_not_fail_the_edit",
        ),
        row(
            "D8",
            "The key changes while an edit runs",
            "read again, and on it goes",
            f"{CONTRACT}_calls::a_key_that_changed_while_an_edit_ran_is_read_again",
        ),
        row(
            "D9",
            "The poll's function dies or hangs",
            "asked again; the edit is none the worse for it",
            SINGLES,
            SEEDS,
        ),
        row(
            "D10",
            "An execution with more events than its history can hold",
            "impossible by the number of polls; and the sweep would go on",
            "statemachine/waiting"
            "::the_longest_edit_by_the_template_s_defaults_stays_below_the_limit_of_events",
        ),
        row(
            "D11",
            "A status word, a link or an error comes in another form than documented",
            "read by its kind; of two videos the first, never a picture",
            f"{ANSWERS}::a_polls_answer_is_read_rightly",
            f"{CONTRACT}::of_two_videos_the_first_is_taken",
            f"{QUESTIONS}::a_link_beside_an_unknown_word_is_a_result_when_it_is_seen_again",
            "retake/providers/against_simulators::a_result_is_found_in_a_real_answers_shape",
        ),
        row(
            "D12",
            "The provider says that it is done and then refuses the result",
            "only a typed error of the model is its end; all else is asked again, and said",
            f"{FAL}::a_result_that_is_refused_is_known_to_be_there",
            f"{QUESTIONS}::a_result_that_is_not_there_says_both_halves_and_not_that_the_task_is_lost",
            f"{FAL}::a_models_error_is_final_at_once_where_only_the_model_can_have_said_it",
            f"{CONTRACT}::a_refused_question_is_told_with_its_status_and_words",
        ),
        row(
            "D13",
            "A failure that is the question's, or another task's",
            "counts only when it was said for minutes, and the edit is looked at once more",
            f"{QUESTIONS}::a_failure_that_names_no_task_counts_only_after_minutes",
            f"{ANSWERS}::a_polls_answer_is_read_rightly",
            "retake/steps/patient_recovery::an_end_that_nobody_was_sure_of_is_looked_at_once_more",
        ),
    ),
}
