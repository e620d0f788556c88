"""Arguments become messages, and answers become values. Pure: no I/O, no state, and nothing from the layers above."""
