"""fleetsim: the real agent on simulated ground: flash whose power fails, boards, networks."""
