yc_module(node-access PATH node/access DEPENDS base sys crypto consensus formats net-transport SOURCES place.c client.c)
