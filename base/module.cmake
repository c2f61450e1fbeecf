yc_module(base PATH base PURE
  SOURCES result.c arena.c buf.c hex.c u256.c siphash.c spread.c map.c random.c log.c fs.c progress.c)
