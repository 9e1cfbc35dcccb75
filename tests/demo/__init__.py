"""`make demo`: site, worker, an emulator of Instagram and a mailbox on this machine, with a past to look at."""
