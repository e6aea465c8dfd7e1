// Opens COUNT connections to PORT, a hundred at a time, sends PING on each, prints what came back as one line of
// JSON, and holds them until it is ended: node many-clients.mjs PORT COUNT
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const AT_ONCE = 100;
const seen = { pong: 0, refused: 0, other: 0 };

function one() {
  return new Promise((settle) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    const end = (what) => {
      seen[what]++;
      socket.removeAllListeners('close');
      socket.on('error', () => {});
      settle();
    };
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text === '+PONG\r\n') end('pong');
    });
    socket.on('error', () => {});
    socket.on('close', () =>
      end(text.startsWith('-ERR max number of clients reached') ? 'refused' : 'other'),
    );
  });
}

let left = count;
async function lane() {
  while (left-- > 0) await one();
}
await Promise.all(Array.from({ length: AT_ONCE }, lane));
process.stdout.write(`${JSON.stringify(seen)}\n`);
setInterval(() => {}, 60_000);
