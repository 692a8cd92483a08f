// A model server for the tests of rollouts, started with `engine: command`: streams OpenAI completions, and
// misbehaves as its "weights" say, a JSON file: {"loop": share of looping answers, "error": share of 500s}.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port, modelPath] = process.argv.slice(2);
const { loop = 0, error = 0, dies = false } = JSON.parse(readFileSync(modelPath, 'utf8'));
if (dies) {
  process.stderr.write('no such layer in these weights\n');
  process.exit(3);
}

let asked = 0;
/** Every n-th request: shares without chance, so that tests say the same each time. */
const hits = (share) => Math.floor(asked * share) > Math.floor((asked - 1) * share);

createServer(async (request, response) => {
  if (request.url === '/health') return response.end('{}');
  await new Promise((resolve) => request.resume().on('end', resolve));
  asked += 1;
  if (hits(error)) {
    response.writeHead(500, { 'content-type': 'application/json' });
    return response.end('{"error":{"message":"out of memory"}}');
  }
  const words = hits(loop)
    ? Array(60).fill(' Paris is the capital of France.')
    : [' Paris', ' is', ' nice', '.'];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [index, text] of words.entries()) {
    if (index < 2) await new Promise((resolve) => setTimeout(resolve, 1 + 4 * Math.random()));
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, text, finish_reason: null }] })}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}).listen(Number(port), '127.0.0.1');
