"""Lays a page out as a PDF in a process of its own: HTML comes in by stdin, the PDF leaves by stdout.

WeasyPrint takes some 100 MB and seconds of a processor, so that the service never imports it. It needs the library Pango, which
no package of Python brings; without it this process ends with `NO_LIBRARY`.
"""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

NO_LIBRARY = 3
ON_ONE_PAGE = "--on-one-page"
SIZES = (9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6)  # points of the letters, of which the largest is taken that fits
MEMORY_BYTES = 2 << 30
PROCESSOR_SECONDS = 90


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    os.nice(10)  # answers of the service come first
    with suppress(OSError):  # where memory runs out, this process ends and not the service
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        from weasyprint import CSS, HTML, URLFetcher  # type: ignore[import-untyped]  # noqa: PLC0415  it may fail, which has a meaning of its own
    except (ImportError, OSError) as error:  # OSError: Pango is not there
        sys.stderr.write(str(error))
        sys.exit(NO_LIBRARY)
    page = sys.stdin.buffer.read().decode()
    nothing = URLFetcher(allowed_protocols=())  # the page holds all that it shows
    made = HTML(string=page, url_fetcher=nothing)
    if ON_ONE_PAGE not in sys.argv:
        made.write_pdf(sys.stdout.buffer)
        return
    for size in SIZES:
        laid_out = made.render(stylesheets=[CSS(string=f"html {{ font-size: {size}pt }}")])
        if len(laid_out.pages) == 1:
            break
    laid_out.write_pdf(sys.stdout.buffer)


if __name__ == "__main__":
    main()
