'use strict';
// What the Node interop tests share: a client library or a skip, a server of one's own, and a runner.
const { spawn } = require('node:child_process');
const assert = require('node:assert/strict');

const timeoutMs = 20000;

// The module, or exit 77 (skipped) where npm could not bring it.
function need(name) {
  try {
    return require(name);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    console.log(`skipped: no ${name} here`);
    process.exit(77);
  }
}

// A holdfast-server; port 0: the kernel chooses. It dies with this process.
async function startServer(shards, port = 0) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.env.HOLDFAST_SERVER, '--port', String(port),
    '--shards', String(shards)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.on('exit', resolve));
  let log = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      log += text;
      if (log.includes('Ready to accept connections')) resolve();
    });
    gone.then(() => reject(new Error(`the server did not start: ${log}`)));
  });
  const stop = async (signal) => {
    child.kill(signal);
    return gone;
  };
  return { port: Number(/Holdfast started .*\bport=(\d+)/.exec(log)[1]), shards, stop };
}

// Polls until condition() gives something true, and gives it back.
async function eventually(condition) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    assert.ok(Date.now() < end, 'it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

// The error that the promise is refused with.
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'expected an error reply' });
}

// Each test(server) with 1 and with 4 shards, by its name. A test may restart its server: server.restart().
async function run(tests) {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    for (const shards of [1, 4]) {
      let server = await startServer(shards);
      const handle = {
        shards,
        port: server.port,
        restart: async () => {
          await server.stop('SIGTERM');
          server = await startServer(shards, handle.port);
        },
      };
      const guard = setTimeout(() => {
        console.log(`FAILED  ${name} (shards ${shards}): no end after ${timeoutMs} ms`);
        process.exit(1);
      }, timeoutMs);
      try {
        await test(handle);
        console.log(`ok      ${name} (shards ${shards})`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED  ${name} (shards ${shards})\n`, error);
      }
      clearTimeout(guard);
      await server.stop('SIGKILL');
    }
  }
  process.exit(failed ? 1 : 0);
}

module.exports = { need, eventually, refusal, run };
