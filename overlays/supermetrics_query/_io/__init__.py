"""What performs effects: the only room that opens sockets, sleeps, reads clocks and starts threads."""
