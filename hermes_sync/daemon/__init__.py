"""The daemon: passes in turn and the listener, in two processes under a supervisor (interface 1).

The supervisor (`supervisor`) is small, has one thread and does nothing else, so that it is always there to be told to
stop. Under it works the process that runs passes (`work`, `runner`): it holds the daemon's lease, or stands by while
another daemon does. The listener is forked from that one, so that both share the memory of what they import; it
answers while a pass runs. The database is the only wire between the two: what the listener leaves there, the runner
sees within a second.
"""
