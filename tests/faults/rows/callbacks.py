"""Rows: the provider calls back."""

from tests.faults.rows.row import SEEDS, SINGLES, row

CALLBACK = "retake/steps/callback"
DOOR = "functions/callback"
UNCERTAIN = "retake/steps/reconcile"

ROWS = {
    "F. The provider calls back": (
        row(
            "F1",
            "The same call many times",
            "one flag, answered alike",
            f"{CALLBACK}::a_call_that_comes_again_changes_nothing_more",
        ),
        row(
            "F2",
            "Forged in any way",
            "refused, no trace, no call of ours",
            f"{DOOR}::a_forged_call_is_refused_without_a_trace",
            "retake/providers/fal_signature::no_made_up_webhook_is_believed",
        ),
        row(
            "F3",
            "Signed by the provider, for another account or task",
            "refused",
            f"{DOOR}::without_our_user_id_a_foreign_account_still_cannot_speak_of_our_task",
            "retake/steps/refused_callbacks::a_call_about_another_task_is_refused",
        ),
        row(
            "F4",
            "A genuine call again, within and after five minutes",
            "one question too many, or refused",
            f"{DOOR}::a_replay_within_five_minutes_is_answered_and_asks_once_more",
            "retake/providers/fal_signature::a_clock_may_be_five_minutes_off",
        ),
        row(
            "F5",
            "It comes before the submit's answer is on record",
            "noted, and adopted once the provider confirms it",
            f"{CALLBACK}::a_call_before_the_submits_answer_lets_a_lost_answer_be_found",
            SEEDS,
        ),
        row(
            "F6",
            "It comes after the end, or about an earlier attempt",
            "answered, nothing changes",
            f"{CALLBACK}::a_call_after_the_end_is_answered_and_changes_nothing",
            f"{CALLBACK}::a_late_call_about_an_earlier_attempt_is_answered_and_changes_nothing",
        ),
        row(
            "F7",
            "Its proof belongs to another edit, attempt or provider",
            "refused",
            "retake/domain/signed_links::a_token_proves_nothing_about_anything_else",
        ),
        row(
            "F8",
            "It claims what is not true, or brings a link",
            "only an authenticated question decides; no link of it is followed",
            f"{CALLBACK}::a_task_the_provider_does_not_know_is_not_adopted",
            "retake/providers/novita::an_event_claims_what_its_payload_says_without_its_link",
        ),
        row(
            "F9",
            "A giant, odd or unreadable body",
            "refused unread",
            "retake/steps/refused_callbacks::a_giant_body_is_refused_unread",
            "retake/providers/hostile_answers::no_callback_does_more_than_be_refused",
        ),
        row(
            "F10",
            "A flood",
            "throttled at the gateway; signing keys fetched once in five minutes",
            "template/api::a_flood_is_turned_away_before_it_reaches_a_function",
            f"{DOOR}::a_flood_of_all_of_them_fetches_fals_keys_once_in_five_minutes",
        ),
        row(
            "F11",
            "The signing keys cannot be had",
            "nothing is believed, the sender is asked to come again",
            f"{DOOR}::while_fals_keys_cannot_be_had_the_sender_is_asked_to_come_again",
        ),
        row(
            "F12",
            "All calls are lost",
            "polls find the result",
            SEEDS,
            f"{UNCERTAIN}::a_lost_submit_is_found_in_the_providers_list_by_its_own_mark",
        ),
        row(
            "F13",
            "It comes between a poll and the state's waiting, or while the answer is still no",
            "no wake-up is lost, and no question is asked in circles",
            f"{CALLBACK}::a_call_before_the_token_is_stored_keeps_the_state_from_waiting",
            f"{CALLBACK}::a_call_during_a_poll_is_not_swallowed_by_it",
            SEEDS,
        ),
        row(
            "F14",
            "The waiting state is over already",
            "settled",
            "retake/aws/step_functions::a_wait_that_is_over_needs_no_waking",
        ),
        row(
            "F15",
            "The proof in the path gets into a log",
            "no log of the gateway holds a path; none of ours a token",
            "template/api::no_log_of_the_gateway_holds_a_path_a_query_a_header_or_a_body",
            SINGLES,
        ),
        row(
            "F16",
            "A provider cannot reach the door from where it is",
            "polls find the result",
            cloud="make demo against the deployed stack, then look for `callback` in its log",
        ),
    ),
}
