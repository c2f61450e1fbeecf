# The engine, which tests use too, and the program.
yc_module(sim PATH sim DEPENDS node-core SOURCES disk.c events.c liar.c links.c mining.c nodes.c puppets.c world.c)
