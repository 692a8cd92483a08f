/**
 * Runs the emulator by itself: `node e2e/github/src/main.ts owner/name[@sha] …` prints one line of JSON
 * `{"url": …}` and serves until it is ended. `GET <url>/_emulator/state` is everything it knows.
 */
import { startEmulator } from './server.ts';

const repositories = process.argv.slice(2).map((argument) => {
  const [name = '', sha] = argument.split('@');
  return { name, ...(sha === undefined ? {} : { sha }) };
});
const emulator = await startEmulator({ repositories, log: (line) => process.stderr.write(`${line}\n`) });
process.stdout.write(`${JSON.stringify({ url: emulator.url })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void emulator.close().then(() => process.exit(0)));
}
