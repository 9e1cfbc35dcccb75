"""A mailbox for everybody: takes whatever mail it is sent and shows it on a page. For this machine alone."""
