"""The certificate authorities that https servers are checked against: read once by a process."""

from functools import cache
from ssl import SSLContext

import httpx


@cache
def authorities() -> SSLContext:
    """Give what `httpx.AsyncClient(verify=…)` needs. Without it each client reads the file again: some 50 ms of the loop.

    `SSL_CERT_FILE` or `SSL_CERT_DIR` replace the file of certifi, as httpx documents.
    """
    return httpx.create_ssl_context()
