"""`make bench`: measures the desk against floors and targets. Nothing else imports it."""
