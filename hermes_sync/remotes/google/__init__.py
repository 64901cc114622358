"""Google Calendar: the mailboxes of the admins, read and written through a service account (facts 10)."""
