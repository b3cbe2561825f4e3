"""The demo: a server and three boards, each in a process of its own, shown live. Leaves nothing behind."""
