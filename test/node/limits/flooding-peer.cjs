// A container that attacks a node, run by memory-under-flood.engine.test.ts. It waits for one line of JSON
// on port 3000, `{"target": ADDRESS, "dead": [ADDRESS, ...]}`, and does everything in here at once from then on.
const { connect, createServer } = require('node:net');

const IDLE = 50;
const LINKS = 3;
/** Each sends one kind of flood; every other one also has a slow reader and an unfinished message. */
const NUMBER = Number((process.env.DEVNET_NAME ?? '').replace(/\D/g, ''));
const SLOW = NUMBER % 2;
const UNFINISHED = NUMBER % 2;
const FIRST_LINK = 4_000;

const message = (message_type, payload) => `${JSON.stringify({ message_type, payload })}\n\n`;

/** Connects, and reconnects after a pause whenever the connection ends. */
function keep(host, start, after = 1_000) {
  const socket = connect({ host, port: 3000 });
  socket.on('error', () => {});
  socket.on('connect', () => start(socket));
  socket.on('close', () => setTimeout(() => keep(host, start, after), after));
}

/** Writes what `make` returns for as long as the other end reads. */
function pour(socket, make) {
  const write = () => {
    for (let some = 0; some < 20 && !socket.destroyed; some++) if (!socket.write(make())) return;
    setImmediate(write);
  };
  socket.on('drain', write);
  write();
}

function attack({ target, dead }) {
  const large = 'x'.repeat(1_000_000);
  let sent = 0;
  const gossip = (size) =>
    message('gossip', { id: `${process.pid}${Math.random()}${sent++}`, data: large.slice(0, size) });

  for (let count = 0; count < IDLE; count++) setTimeout(() => keep(target, () => {}), count * 150);
  // Requests as much as is allowed, and reads nothing.
  for (let count = 0; count < SLOW; count++) {
    keep(target, (socket) => {
      socket.pause();
      pour(socket, () => message('echo', large));
    });
  }
  // The largest message allowed, without its end.
  for (let count = 0; count < UNFINISHED; count++) {
    keep(target, (socket) => socket.write(message('echo', large.repeat(2).slice(0, 1_048_000)).slice(0, -4)));
  }
  const floods = [() => message('ping', 1).repeat(500), () => gossip(1_000).repeat(50), () => gossip(500_000)];
  keep(target, (socket) => {
    socket.resume();
    pour(socket, floods[NUMBER % floods.length]);
  });
  // Peers that do not exist, and peers that say hello and then never read.
  keep(target, (socket) => {
    socket.resume();
    for (let port = 1; port <= 60; port++) socket.write(message('add_peer', port));
    for (const host of dead) socket.write(message('add_peer', `${host}:3000`));
    for (let count = 0; count < LINKS; count++) socket.write(message('add_peer', FIRST_LINK + count));
    const more = setInterval(() => socket.write(message('add_peer', FIRST_LINK + (sent++ % 500))), 100);
    socket.on('close', () => clearInterval(more));
  });
  for (let count = 0; count < LINKS; count++) {
    const listen = FIRST_LINK + count;
    createServer((socket) => {
      socket.on('error', () => {});
      socket.write(message('hello', { name: `stuck-${listen}`, listen, id: `${listen}${Math.random()}` }));
      socket.pause();
    }).listen(listen);
  }
}

let attacking = false;
createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (chunk) => {
    const said = JSON.parse(String(chunk));
    if (said.target !== undefined && !attacking) {
      attacking = true;
      attack(said);
    }
    socket.end();
  });
}).listen(3000);
