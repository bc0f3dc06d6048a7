"""Reports of delivery as mail servers write them (RFC 3464), for tests."""

from uuid import UUID

TOKEN = UUID("0123456789abcdef0123456789abcdef")


def report(action: str = "failed", status: str = "5.1.1", to: str = "postmaster@loa.example.vn") -> bytes:
    lines = f"""From: Mail Delivery System <mailer-daemon@mx.example.vn>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="a-report"

--a-report
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--a-report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.vn
Arrival-Date: Mon, 23 Nov 2026 08:00:01 +0700

Final-Recipient: rfc822; dau.moi@stp.example.vn
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--a-report
Content-Type: text/rfc822-headers

Subject: =?utf-8?q?Nh=E1=BA=AFc_vi=E1=BB=87c?=

--a-report--
"""
    return lines.replace("\n", "\r\n").encode()
