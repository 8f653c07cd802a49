"""Where a stack on this machine says that it is."""

from local.emulator.running_stack import Address


def an_address(pid: int) -> Address:
    return Address(
        endpoint_url="http://127.0.0.1:1",
        region="us-east-1",
        inbox_bucket="inbox",
        inbox_prefix="",
        results_bucket="results",
        table_name="table",
        topic_arn="arn",
        state_machine_arn="arn",
        api_url="http://127.0.0.1:1/_aws/execute-api/retake/v1",
        providers={"novita": "http://127.0.0.1:2/novita"},
        simulator_url="http://127.0.0.1:2",
        pid=pid,
        links_secret="arn",
        board_secret="arn",
        board_url="http://127.0.0.1:3",
    )
