"""Root certificates for AWS's clients, looked up by subject and not all parsed each time."""

from typing import Any

import certifi


def trust_by_subject(client: Any, folder: str | None) -> None:
    """Let a client check servers by a folder of hashed roots, if there is one.

    botocore knows one file of roots only, and hands it to each new connection, which parses all of
    it. Below that, urllib3 takes a folder as well; the one place between them has no public name.
    A file that the environment names (AWS_CA_BUNDLE) is left alone.
    """
    if folder is None:
        return
    session = client._endpoint.http_session
    set_up = session._setup_ssl_cert

    def by_subject(connection: Any, *given: Any) -> None:
        set_up(connection, *given)
        if connection.ca_certs == certifi.where():
            connection.ca_certs, connection.ca_cert_dir = None, folder

    session._setup_ssl_cert = by_subject
