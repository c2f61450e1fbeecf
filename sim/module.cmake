# The engine and the scenarios, which tests use too, and the program.
yc_module(sim PATH sim DEPENDS node-core
  SOURCES
    chance.c
    checks.c
    disk.c
    events.c
    fleet.c
    journal.c
    liar.c
    links.c
    mining.c
    nodes.c
    puppets.c
    plot.c
    report.c
    run.c
    scenarios.c
    scenarios_mining.c
    scenarios_peers.c
    scenarios_spends.c
    scenarios_time.c
    world.c)
yc_program(ycoin-sim NO_INSTALL PATH sim DEPENDS sim SOURCES main.c)
