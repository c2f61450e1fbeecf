'use strict';
// A bcoin node in memory on Bitcoin's regtest, led by lines of JSON:
//   {"connect": true} to the one peer that is named
//   {"mine": N}      blocks of its own                {"tip": true}     height and hash
//   {"tx": "hex"}    a transaction to take and relay  {"pool": true}    the txids in its mempool
// Each is answered by one line: {"ok": …} or {"error": "…"}.
//
// usage: NODE_PATH=FOLDER/node_modules NODE_BACKEND=js node bcoin_node.js HOST:PORT HTTP_PORT
const Module = require('module');
const load = Module._load;
// The store is in memory: LevelDB's addon, which npm may not have built, is not needed.
Module._load = (name, ...rest) => (name === 'leveldown' ? class {} : load.call(Module, name, ...rest));
const bcoin = require('bcoin');

const [peer, httpPort] = process.argv.slice(2);
const node = new bcoin.FullNode({
  network: 'regtest', memory: true, listen: false, only: [peer], httpPort: Number(httpPort), noAuth: true, httpHost: '127.0.0.1',
});

const shown = hash => Buffer.from(typeof hash === 'string' ? Buffer.from(hash, 'hex') : hash).reverse().toString('hex');

const commands = {
  async connect() {
    await node.connect();
    node.startSync();
    return true;
  },
  async mine(count) {
    node.miner.addAddress(bcoin.Address.fromHash(Buffer.alloc(20, 1)));
    for (let i = 0; i < count; i++)
      await node.chain.add(await node.miner.mineBlock());
    return commands.tip();
  },
  async tip() {
    return {height: node.chain.tip.height, hash: shown(node.chain.tip.hash)};
  },
  async tx(hex) {
    await node.relay(bcoin.TX.fromRaw(hex, 'hex'));
    return true;
  },
  async pool() {
    return node.mempool.getSnapshot().map(shown);
  },
};

async function answer(line) {
  try {
    const [name, argument] = Object.entries(JSON.parse(line))[0];
    return {ok: await commands[name](argument)};
  } catch (e) {
    return {error: String(e.message)};
  }
}

(async () => {
  await node.open();
  console.log(JSON.stringify({ok: 'ready'}));
  const lines = require('readline').createInterface({input: process.stdin});
  let before = Promise.resolve(); // one at a time, in their order
  lines.on('line', (line) => {
    before = before.then(async () => console.log(JSON.stringify(await answer(line))));
  });
  lines.on('close', () => process.exit(0));
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
