/** What a bundle's role `ollama-server` does, from the sources. */
import { serveOllama } from '../../src/engines/servers/ollama-server.ts';

await serveOllama(process.argv.slice(2).filter((word) => !word.startsWith('--role=')));
