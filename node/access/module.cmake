yc_module(node-access PATH node/access DEPENDS base sys crypto consensus formats net-transport
  SOURCES setup.c place.c client.c)
