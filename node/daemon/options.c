#include "node/daemon/options.h"

#define GENERAL    "Options:"
#define CHAIN      "Chain selection options:"
#define CONNECTION "Connection options:"
#define RELAY      "Node relay options:"
#define BLOCKS     "Block creation options:"
#define RPC        "RPC server options:"
#define DEBUGGING  "Debugging/Testing options:"

#define FLAG YC_OPTION_FLAG
#define INT  YC_OPTION_INT
#define TEXT YC_OPTION_TEXT
#define LIST YC_OPTION_LIST
#define NET  YC_OPTION_NETWORK_ONLY
#define DBG  YC_OPTION_DEBUG
#define HIDE YC_OPTION_HIDDEN
#define SEC  YC_OPTION_SECRET

/* Hidden options are those that tools written for Bitcoin Core pass and that change nothing here: what they switch off
 * does not exist, or is never on. */
static const struct yc_option table[] = {
    {"help", FLAG, 0, NULL, NULL, GENERAL, "Print this help and exit (also -h or -?)"},
    {"h", FLAG, HIDE, NULL, NULL, GENERAL, NULL},
    {"?", FLAG, HIDE, NULL, NULL, GENERAL, NULL},
    {"help-debug", FLAG, 0, NULL, NULL, GENERAL, "Print help with debugging options and exit"},
    {"version", FLAG, 0, NULL, NULL, GENERAL, "Print the version and exit"},
    {"datadir", TEXT, 0, "=<dir>", "~/.ycoin", GENERAL, "The data directory"},
    {"conf", TEXT, YC_OPTION_COMMAND_LINE, "=<file>", "ycoin.conf", GENERAL,
     "The configuration file; a relative path is one in the data directory"},
    {"includeconf", LIST, 0, "=<file>", NULL, GENERAL, "Another configuration file, relative to the data directory"},
    {"daemon", FLAG, 0, NULL, "0", GENERAL, "Run in the background"},
    {"daemonwait", FLAG, 0, NULL, "0", GENERAL, "Run in the background, but return only when the node is up"},
    {"pid", TEXT, 0, "=<file>", "ycoind.pid", GENERAL, "Where the process number is written"},
    {"blocksdir", TEXT, 0, "=<dir>", "<chain folder>/blocks", GENERAL, "Where block files are kept"},
    {"dbcache", INT, 0, "=<MiB>", "450", GENERAL, "Memory for coins, in MiB (4 to 65536)"},
    {"par", INT, 0, "=<n>", "0", GENERAL,
     "Threads that check scripts: 0 = one for each processor, <0 = leave so many free"},
    {"assumevalid", TEXT, NET, "=<hash>", NULL, GENERAL,
     "Do not run the scripts of this block and of its ancestors (0: run all); everything else is checked"},
    {"minimumchainwork", TEXT, NET | DBG, "=<hex>", NULL, GENERAL,
     "Least work that a chain must have to be taken for the one"},
    {"maxmempool", INT, 0, "=<MB>", "300", GENERAL, "Memory for the pool of waiting transactions, in MB (5 to 65536)"},
    {"mempoolexpiry", INT, 0, "=<hours>", "336", GENERAL, "Drop transactions that waited longer (1 to 8760)"},
    {"persistmempool", FLAG, 0, NULL, "1", GENERAL, "Save the pool at the end and load it at the start"},
    {"settings", TEXT, HIDE, NULL, NULL, GENERAL, NULL},
    {"uacomment", LIST, 0, "=<text>", NULL, GENERAL, "Add a comment to the user agent"},

    {"chain", TEXT, 0, "=<name>", "main", CHAIN,
     "Use the chain of this name: main, test, regtest, or that of -chainfile"},
    {"chainfile", TEXT, 0, "=<file>", NULL, CHAIN, "Read the chain's rules from a file (chains/ has examples)"},
    {"regtest", FLAG, 0, NULL, NULL, CHAIN, "Same as -chain=regtest: a chain of one's own, blocks at once"},
    {"test", FLAG, 0, NULL, NULL, CHAIN, "Same as -chain=test"},
    {"testnet", FLAG, HIDE, NULL, NULL, CHAIN, NULL},
    {"testnet4", FLAG, HIDE, NULL, NULL, CHAIN, NULL},
    {"signet", FLAG, HIDE, NULL, NULL, CHAIN, NULL},
    {"launch", FLAG, 0, NULL, "0", CHAIN,
     "Begin a chain: give templates and relay transactions though the tip is old and no peer is known"},
    {"mkgenesis", FLAG, YC_OPTION_COMMAND_LINE, NULL, NULL, CHAIN,
     "Mine the genesis block of -chainfile, print the file with it, and exit"},
    {"mkchain", TEXT, YC_OPTION_COMMAND_LINE, "=<name>", NULL, CHAIN,
     "Print the chain file of a new network of this name, its genesis mined, and exit"},

    {"connect", LIST, NET, "=<ip>", NULL, CONNECTION, "Connect to these nodes only; -connect=0 or -noconnect: to none"},
    {"addnode", LIST, NET, "=<ip>", NULL, CONNECTION, "Keep a connection to this node as well"},
    {"seednode", LIST, 0, "=<ip>", NULL, CONNECTION, "Ask this node for addresses, then disconnect"},
    {"listen", FLAG, 0, NULL, "1 if no -connect", CONNECTION, "Accept connections"},
    {"bind", LIST, NET, "=<addr>[:<port>]", NULL, CONNECTION, "Listen there (IPv6 in brackets: [::1]:17333)"},
    {"whitelist", LIST, HIDE, NULL, NULL, CONNECTION, NULL},
    {"port", INT, NET, "=<port>", "the chain's", CONNECTION, "Listen on this port"},
    {"maxconnections", INT, 0, "=<n>", "125", CONNECTION, "Keep at most so many connections (0 to 1000)"},
    {"maxreceivebuffer", INT, DBG, "=<kB>", "65536", CONNECTION,
     "Memory for received bytes of all peers together, in kB"},
    {"maxsendbuffer", INT, DBG, "=<kB>", "1000", CONNECTION,
     "Bytes waiting for one peer before it is served no more, in kB"},
    {"timeout", INT, DBG, "=<ms>", "5000", CONNECTION, "Give a connection attempt up after this"},
    {"peertimeout", INT, DBG, "=<s>", "60", CONNECTION, "Drop a peer whose handshake takes longer"},
    {"dnsseed", FLAG, 0, NULL, "1", CONNECTION, "Ask the chain's DNS seeds for addresses when few are known"},
    {"fixedseeds", FLAG, 0, NULL, "1", CONNECTION, "Use the chain's fixed seeds when no other address is known"},
    {"networkactive", FLAG, 0, NULL, "1", CONNECTION, "Take part in the network at all"},
    {"discover", FLAG, HIDE, NULL, NULL, CONNECTION, NULL},
    {"dns", FLAG, HIDE, NULL, NULL, CONNECTION, NULL},
    {"forcednsseed", FLAG, HIDE, NULL, NULL, CONNECTION, NULL},
    {"listenonion", FLAG, HIDE, NULL, NULL, CONNECTION, NULL},
    {"natpmp", FLAG, HIDE, NULL, NULL, CONNECTION, NULL},
    {"upnp", FLAG, HIDE, NULL, NULL, CONNECTION, NULL},
    {"v2transport", FLAG, HIDE, NULL, NULL, CONNECTION, NULL},

    {"blocksonly", FLAG, 0, NULL, "0", RELAY, "Neither take nor ask for transactions from peers"},
    {"minrelaytxfee", TEXT, 0, "=<coins/kvB>", "0.000001", RELAY, "Least fee rate at which a transaction is relayed"},
    {"incrementalrelayfee", TEXT, DBG, "=<coins/kvB>", "0.000001", RELAY, "Step of the pool's least fee rate"},
    {"dustrelayfee", TEXT, DBG, "=<coins/kvB>", "0.00003", RELAY, "Fee rate that defines dust"},
    {"acceptnonstdtxn", FLAG, DBG, NULL, "0", RELAY, "Relay unusual transactions (test chains only)"},
    {"datacarriersize", INT, 0, "=<n>", "100000", RELAY,
     "Largest data-carrying output script that is relayed, in bytes"},
    {"permitbaremultisig", FLAG, 0, NULL, "1", RELAY, "Relay bare multisig outputs"},
    {"bytespersigop", INT, DBG, "=<n>", "20", RELAY, "Bytes that a signature operation counts for in fee rates"},
    {"limitancestorcount", INT, DBG, "=<n>", "64", RELAY,
     "Most transactions in the pool that one may rest on, itself included"},
    {"limitdescendantcount", INT, DBG, "=<n>", "64", RELAY,
     "Most transactions in the pool that may rest on one, itself included"},
    {"limitancestorsize", INT, DBG, "=<kB>", "101", RELAY, "Their size in all, in kB"},
    {"limitdescendantsize", INT, DBG, "=<kB>", "101", RELAY, "Their size in all, in kB"},

    {"blockmaxweight", INT, 0, "=<n>", "4000000", BLOCKS, "Heaviest block that a template makes"},
    {"blockreservedweight", INT, 0, "=<n>", "8000", BLOCKS,
     "Of which this much is left for the header and the coinbase"},
    {"blockmintxfee", TEXT, 0, "=<coins/kvB>", "0.00000001", BLOCKS, "Least fee rate that a template takes"},
    {"coinbaseaddress", TEXT, NET, "=<addr>", NULL, BLOCKS,
     "Offer a whole coinbase that pays this address to miners (coinbasetxn)"},

    {"server", FLAG, 0, NULL, "1", RPC, "Answer JSON-RPC"},
    {"rpcbind", LIST, NET, "=<addr>[:<port>]", "127.0.0.1 and ::1", RPC,
     "Answer there; other than loopback needs -rpcallowip too"},
    {"rpcport", INT, NET, "=<port>", "the chain's", RPC, "Answer on this port"},
    {"rpcuser", TEXT, SEC, "=<user>", NULL, RPC, "User name"},
    {"rpcpassword", TEXT, SEC, "=<pw>", NULL, RPC, "Password; without one, the cookie file holds both"},
    {"rpcauth", LIST, SEC, "=<user>:<salt>$<hash>", NULL, RPC,
     "User name and HMAC-SHA-256 of the password under the salt"},
    {"rpccookiefile", TEXT, 0, "=<file>", ".cookie", RPC,
     "Where the cookie is written; a relative path is one in the chain's folder"},
    {"rpcallowip", LIST, 0, "=<ip>", "loopback", RPC, "Let this address call (an address, or network/bits)"},
    {"rpcallowhost", LIST, 0, "=<name>", "localhost", RPC,
     "Host name by which clients may reach this server; addresses it answers on are always allowed"},
    {"rpcthreads", INT, 0, "=<n>", "4", RPC, "Threads that serve calls (1 to 64)"},
    {"rpcworkqueue", INT, DBG, "=<n>", "64", RPC, "Calls that may wait (1 to 65536)"},
    {"rpcservertimeout", INT, DBG, "=<s>", "30", RPC, "Drop a client that takes longer to send a call"},
    {"rpcdoccheck", FLAG, HIDE, NULL, NULL, RPC, NULL},

    {"debug", LIST, 0, "=<category>", NULL, DEBUGGING, "Log more: net, mempool, rpc, validation … or all"},
    {"debugexclude", LIST, 0, "=<category>", NULL, DEBUGGING, "Log this category no more; wins over -debug"},
    {"printtoconsole", FLAG, 0, NULL, "1 without -daemon", DEBUGGING, "Log to standard output as well"},
    {"debuglogfile", TEXT, 0, "=<file>", "debug.log", DEBUGGING, "The log file; -nodebuglogfile: none"},
    {"logtimestamps", FLAG, DBG, NULL, "1", DEBUGGING, "Begin log lines with the time"},
    {"logtimemicros", FLAG, DBG, NULL, "0", DEBUGGING, "With microseconds"},
    {"logthreadnames", FLAG, DBG, NULL, "0", DEBUGGING, "With the thread's name"},
    {"logratelimit", FLAG, DBG, NULL, "1", DEBUGGING, "Limit what one kind of line may write in an hour"},
    {"loglevelalways", FLAG, DBG, NULL, "0", DEBUGGING, "With the category and level, always"},
    {"shrinkdebugfile", FLAG, 0, NULL, "1 without -debug", DEBUGGING, "Shorten the log file at start"},
    {"loglevel", LIST, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"logips", FLAG, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"logsourcelocations", FLAG, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"mocktime", INT, DBG, "=<s>", "0", DEBUGGING, "Hold the wall clock at this time"},
    {"maxtipage", INT, DBG, "=<s>", "86400", DEBUGGING,
     "A tip older than this means that the node is still catching up"},
    {"checkblockindex", INT, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"checkmempool", INT, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"checkblocks", INT, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"checklevel", INT, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"disablewallet", FLAG, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"keypool", INT, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"fallbackfee", TEXT, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"unsafesqlitesync", FLAG, HIDE, NULL, NULL, DEBUGGING, NULL},
    {"prevoutfetchthreads", INT, HIDE, NULL, NULL, DEBUGGING, NULL},
};

const struct yc_options_program yc_daemon_program = {"ycoind", table, sizeof table / sizeof table[0],
                                                     YC_POSITIONALS_NONE};
