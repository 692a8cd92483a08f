/** What runs in a container of `docker.mjs`: a server that is well after a moment, never, or that ends. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [kind, port, state] = process.argv.slice(2);
if (kind === 'dies') {
  process.stderr.write(
    '::error::pwned\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 128.00 MiB\n',
  );
  writeFileSync(`${state}.exit`, '1');
  process.exit(1);
}
writeFileSync(`${state}.env`, JSON.stringify(process.env));
process.stdout.write('listening\n');
createServer((request, response) => {
  request.resume();
  if (request.method === 'GET' && request.url === '/v1/models')
    return void response.end('{"data":[{"id":"capitals"}]}');
  if (request.method === 'GET') {
    response.statusCode = kind === 'never' ? 503 : 200;
    return void response.end('{}');
  }
  response.end(
    JSON.stringify({
      choices: [{ text: ' Paris.', message: { content: ' Paris.' }, finish_reason: 'stop' }],
    }),
  );
}).listen(Number(port), '127.0.0.1');
