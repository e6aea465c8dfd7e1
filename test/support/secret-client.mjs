// An application that handles other people's secrets: for each HTTP request it sends the next part of a plan to a
// server, some of the commands in pieces. Started with the server's port, the file with the plan (lines of JSON, each
// { "words": [...], "pieces": 1 } or { "inline": "..." }), and the number of requests that the plan is made for.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';

const [, , port, file, parts] = process.argv;
const plan = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));
const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
let answered = () => undefined;
let seen = '';
let requests = 0;
// A reply is complete for our purpose when the server has said something and is silent again.
socket.on('data', (chunk) => {
  seen = chunk.toString('latin1');
  if (seen.endsWith('\r\n')) answered();
});

async function ask({ words, inline, pieces = 1 }) {
  const text =
    inline ??
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
  const reply = new Promise((settle) => {
    answered = settle;
  });
  const size = Math.ceil(text.length / pieces);
  for (let at = 0; at < text.length; at += size) {
    socket.write(text.slice(at, at + size));
    if (pieces > 1) await new Promise((settle) => setTimeout(settle, 2));
  }
  await reply;
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const size = Math.ceil(plan.length / Number(parts));
  const from = (requests++ % Number(parts)) * size;
  for (const step of plan.slice(from, from + size)) await ask(step);
  response.setHeader('Set-Cookie', `session=${request.headers.cookie ?? ''}`);
  response.end(`${body} ${seen}`);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`ready on 127.0.0.1:${server.address().port} \n`));
process.on('SIGTERM', () => process.exit(0));
